"""`bulltui queues`."""

import csv
import io
from dataclasses import replace

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import Node
from bulltui.domain.worker import Client
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, SURE_V5, FakeReader, Opened

GOLDEN = {
    "name": "payments",
    "prefix": "bull",
    "layout": {"name": "v5", "sure": True, "evidence": ["meta.version is bullmq:5.81.5", "a marker"]},
    "version": "bullmq:5.81.5",
    "paused": False,
    "counts": {
        "waiting": 12,
        "active": 2,
        "prioritized": 1,
        "delayed": 3,
        "waiting-children": 0,
        "completed": 98000,
        "failed": 5,
        "paused": 0,
    },
    "concurrency": 10,
    "rateLimit": {"max": 100, "duration": 1000, "used": 100, "ttl": 400, "limited": True},
    "workers": 1,
    "rates": {"added": None, "finished": 9.0, "failed": 2.0, "estimated": False},
    "schedulers": 2,
    "oldestWaitingAt": NOW - 252_000,
    "faults": [],
}


def _with_life(store: FakeReader) -> None:
    store.connections = [Client(7, "bull:cGF5bWVudHM=:w:pay-1", "10.0.0.7:5555", 60, 1, "bzpopmin", "ioredis 5")]
    store.kept_series = {PAYMENTS: (MetricSeries(90, NOW, 83, (7, 8)), MetricSeries(12, NOW, 10, (2, 0)))}


def test_json_is_stable(run: Run, store: FakeReader) -> None:
    _with_life(store)
    ended = run("queues", "list", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    assert [queue["name"] for queue in ended.json] == ["mail.bulk", "payments"]
    assert ended.json[1] == GOLDEN
    assert ended.json[0]["rateLimit"] is None
    assert ended.json[0]["version"] is None


def test_queues_of_one_node_of_a_cluster_are_said_to_be_some(run: Run, store: FakeReader) -> None:
    store.info = replace(store.info, mode="cluster")
    for queues in (dict(store.queues), {}):
        store.queues = queues
        ended = run("queues", "list")
        assert ended.code == 0
        assert "one node of a Redis Cluster" in ended.err
        assert "redis+cluster://" in ended.err
    store.info = replace(store.info, nodes=(Node("10.0.0.1:6379", "primary"),))
    assert "one node" not in run("queues", "list").err


def test_json_lines_are_one_document_a_line(run: Run) -> None:
    ended = run("queues", "list", "-o", "jsonl")
    assert [line[:16] for line in ended.out.splitlines()] == ['{"name":"mail.bu', '{"name":"payment']


def test_the_table_is_plain_when_piped(run: Run, store: FakeReader) -> None:
    _with_life(store)
    lines = run("queues", "list").out.splitlines()
    assert lines[0].split() == [
        *("NAME", "STATUS", "WAITING", "ACTIVE", "PRIORITIZED", "DELAYED", "CHILDREN"),
        *("COMPLETED", "FAILED", "WORKERS", "LAYOUT"),
    ]
    # Jobs of a paused list are waiting ones.
    assert " ".join(lines[1].split()) == "mail.bulk paused, no workers 88000 0 0 0 0 0 0 0 unknown ?"
    assert " ".join(lines[2].split()) == "payments limited 12 2 1 3 0 98000 5 1 BullMQ 5"
    assert "\x1b" not in "".join(lines)


def test_sorting(run: Run) -> None:
    assert [queue["name"] for queue in run("queues", "list", "--sort", "failed", "-o", "json").json] == [
        "payments",
        "mail.bulk",
    ]


def test_csv(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("queues", "list", "-o", "csv").out)))
    assert rows[0]["name"] == "mail.bulk"
    assert (rows[0]["isPaused"], rows[0]["paused"]) == ("true", "88000")
    assert rows[1]["oldestWaitingAt"] == str(NOW - 252_000)


def test_globs(run: Run) -> None:
    assert [q["name"] for q in run("queues", "list", "-q", "*", "-q", "!mail.*", "-o", "json").json] == ["payments"]


def test_several_prefixes_show_the_whole_key(run: Run, store: FakeReader) -> None:
    other = QueueRef("app:prod", "payments")
    store.queues[other] = Queue(other, Counts(), SURE_V5)
    out = run("queues", "list", "-p", "auto").out
    assert "app:prod:payments" in out
    assert "bull:payments" in out


def test_forbidden_client_list_is_told_beside(run: Run, store: FakeReader) -> None:
    store.clients_error = NotAllowedError("Workers cannot be seen: CLIENT LIST is off.")
    ended = run("queues", "list", "-o", "json")
    assert ended.json[0]["workers"] is None
    assert ended.err == "Workers are not known: Workers cannot be seen: CLIENT LIST is off.\n"
    assert "?" in run("queues", "list").out.splitlines()[2]


def test_an_empty_database(run: Run, store: FakeReader) -> None:
    store.queues = {}
    ended = run("queues", "list", "-o", "json")
    assert (ended.code, ended.json) == (0, [])
    assert "this database is empty" in ended.err
    assert "database number" in ended.err
    table = run("queues", "list")
    assert (table.code, table.out) == (0, "")
    assert "this database is empty" in table.err


def test_nothing_under_the_prefix_names_others(run: Run, store: FakeReader) -> None:
    store.queues, store.other_prefixes = {}, ("shop", "app:prod")
    ended = run("queues", "list", "-p", "bul")
    assert ended.code == 0
    assert "under the prefix bul" in ended.err
    assert "There are queues under: shop, app:prod. Use --prefix NAME or --prefix auto." in ended.err


def test_nothing_fits_the_globs(run: Run) -> None:
    ended = run("queues", "list", "-q", "nope*", "-o", "csv")
    assert ended.out.startswith("name,prefix")
    assert "that fit nope*" in ended.err


def test_show(run: Run, store: FakeReader) -> None:
    _with_life(store)
    out = run("queues", "show", "payments").out
    for text in (
        "payments  limited\n  Moving: 13 jobs wait, about 9 finish a minute, 1m 26s to go.\n",
        "  layout        BullMQ 5\n                meta.version is bullmq:5.81.5\n                a marker",
        "  workers       1",
        "  concurrency   10 in all",
        "  rate limit    100 jobs in 1.0s, 100 started in this window, 0.4s left, workers wait now",
        "  schedulers    2",
        "  next job      added 4m 12s ago",
        "  failed                      5",
        "last minute 7, most 8",
    ):
        assert text in out, text


def test_show_as_json_has_metrics(run: Run, store: FakeReader) -> None:
    _with_life(store)
    document = run("queues", "show", "payments", "-o", "json").json
    metrics, verdict = document.pop("metrics"), document.pop("verdict")
    assert document == GOLDEN
    assert verdict["cause"] == "moving"
    assert verdict["causes"] == ["moving", "rate-limited"]
    assert verdict["verdict"].startswith("Moving: 13 jobs wait, about 9 finish a minute")
    assert verdict["sure"] is True
    assert metrics["completed"]["count"] == 90
    assert len(metrics["completed"]["perMinute"]) == 60
    assert metrics["completed"]["perMinute"][-2:] == [8, 7]


def test_show_without_metrics_says_so(run: Run) -> None:
    assert "not kept" in run("queues", "show", "mail.bulk").out
    assert run("queues", "show", "mail.bulk", "-o", "json").json["metrics"] is None


def test_show_a_queue_in_trouble(run: Run, store: FakeReader) -> None:
    store.queues[MAIL] = replace(store.queues[MAIL], faults=("wait",))
    out = run("queues", "show", "mail.bulk").out
    assert "mail.bulk  fault, paused, no workers" in out
    assert "wait is of a type that no BullMQ queue has" in out
    assert "none: nothing of what waits will run" in out


def test_no_such_queue_names_near_ones(run: Run) -> None:
    ended = run("queues", "show", "paymets")
    assert ended.code == 4
    assert ended.err == "bulltui: There is no queue 'paymets'. Did you mean payments?\n"
    as_json = run("queues", "show", "paymets", "-o", "json")
    assert as_json.code == 4
    assert as_json.out == ""
    assert as_json.error == {
        "code": "not-found",
        "message": "There is no queue 'paymets'.",
        "hint": "Did you mean payments?",
    }


def test_the_whole_key_is_a_name_too(run: Run) -> None:
    assert run("queues", "show", "bull:payments", "-o", "json").json["name"] == "payments"


def test_the_connection_is_closed(run: Run, opened: Opened) -> None:
    run("queues", "list")
    assert opened.reader.closed
