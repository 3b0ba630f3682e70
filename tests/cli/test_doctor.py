"""`bulltui doctor`."""

from dataclasses import replace
from typing import Any

from bulltui.domain.errors import NotAllowedError, UnreachableError
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.reads import Rights
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.server import Node
from bulltui.domain.worker import Client
from tests.cli.conftest import Ended, Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, SURE_V5, FakeReader


def found(ended: Ended) -> dict[str, Any]:
    return {check["check"]: check for check in ended.json["checks"]}


def _well(store: FakeReader) -> None:
    del store.queues[MAIL]
    store.connections = [Client(7, "bull:cGF5bWVudHM=", "10.0.0.7:5555")]


def test_all_is_well(run: Run, store: FakeReader) -> None:
    _well(store)
    ended = run("doctor")
    assert ended.code == 0
    assert ended.out.endswith("\nAll is well.\n")
    for text in (
        "ok    address       redis://fake:6379\n",
        "ok    reachable     An answer takes 0.2 ms, from 0.1 to 1.5 ms, in 20 tries.\n",
        "ok    server        valkey 8.1.4, standalone, protocol RESP3.\n",
        "ok    memory policy The memory policy is noeviction, as BullMQ needs it.\n",
        "ok    memory        47 MiB used, without a limit of its own.\n",
        "ok    role          This is a master.\n",
        "ok    rights        The user ops may run all that reading needs.\n",
        "ok    queues        1 queue under the prefix bull.\n",
        "ok    layouts       BullMQ 5: 1.\n",
        "meta.version is bullmq:5.81.5; a marker\n",
        "ok    workers       1 worker on 1 queue.\n",
    ):
        assert text in ended.out, text


def test_json(run: Run, store: FakeReader) -> None:
    _well(store)
    ended = run("doctor", "-o", "json")
    assert (ended.code, ended.json["ok"]) == (0, True)
    assert ended.json["checks"][0] == {
        "check": "address",
        "level": "ok",
        "message": "redis://fake:6379",
        "hint": "",
        "details": [],
    }
    assert run("doctor", "-o", "csv").out.startswith("check,level,message,hint\naddress,ok,")


def test_a_sick_server(run: Run, store: FakeReader) -> None:
    store.info = replace(
        store.info,
        software="redis",
        version="5.0.14",
        memory_policy="allkeys-lru",
        used_memory=95,
        max_memory=100,
        role="slave",
    )
    store.may = Rights("ops", ("LPOS", "CLIENT LIST"))
    store.scripts_allowed = False
    ended = run("doctor", "-o", "json")
    checks = found(ended)
    assert (ended.code, ended.json["ok"]) == (1, False)
    assert {name: check["level"] for name, check in checks.items()} == {
        "address": "ok",
        "reachable": "ok",
        "server": "warn",
        "memory policy": "bad",
        "memory": "bad",
        "role": "warn",
        "rights": "bad",
        "queues": "ok",
        "scripts": "warn",
        "layouts": "warn",
        "workers": "warn",
        "schedulers": "ok",
    }
    assert "noeviction" in checks["memory policy"]["hint"]
    assert checks["rights"]["hint"] == "ACL SETUSER ops +lpos +client|list"
    assert checks["layouts"]["details"] == ["mail.bulk: unknown? no version"]
    assert checks["workers"]["details"] == ["payments: 18 pending"]


def test_rights_that_only_help_are_no_disaster(run: Run, store: FakeReader) -> None:
    _well(store)
    store.may = Rights("ops", ("CLIENT LIST",))
    store.clients_error = NotAllowedError("Workers cannot be seen.")
    ended = run("doctor", "-o", "json")
    assert ended.code == 0
    assert found(ended)["rights"]["level"] == found(ended)["workers"]["level"] == "warn"


def test_queues_of_one_name_under_several_prefixes_are_told_apart(run: Run, store: FakeReader) -> None:
    other = QueueRef("shop", PAYMENTS.name)
    store.queues[other] = replace(store.queues[PAYMENTS], ref=other)
    details = found(run("doctor", "-p", "auto", "-o", "json"))["workers"]["details"]
    assert details == ["bull:payments: 18 pending", "shop:payments: 18 pending"]


def test_unreachable_is_exit_6(run: Run, store: FakeReader) -> None:
    store.error = UnreachableError("Nothing listens there.", hint="Start it.")
    ended = run("doctor")
    assert ended.code == 6
    assert "bad   reachable     Nothing listens there.\n                    Start it.\n" in ended.out
    assert run("doctor", "-o", "json").code == 6


def test_a_refused_password_is_exit_5(run: Run, store: FakeReader) -> None:
    store.error = NotAllowedError("The password is wrong.")
    assert run("doctor").code == 5


def test_one_node_of_a_cluster_is_not_taken_for_all(run: Run, store: FakeReader) -> None:
    store.info = replace(store.info, mode="cluster")
    server = found(run("doctor", "-o", "json"))["server"]
    assert server["level"] == "warn"
    assert "one node of a Redis Cluster" in server["message"]
    assert "redis+cluster://" in server["hint"]
    store.info = replace(store.info, nodes=(Node("10.0.0.1:6379", "primary"),))
    assert found(run("doctor", "-o", "json"))["server"]["level"] == "ok"


def test_a_certificate_that_is_not_looked_at_is_told(run: Run) -> None:
    for words in (("-u", "rediss://h", "--insecure"), ("-u", "rediss://h?ssl_cert_reqs=none")):
        check = found(run("doctor", "-o", "json", *words))["tls"]
        assert check["level"] == "warn"
        assert "not looked at" in check["message"]
        assert "--ca" in check["hint"]
    for url in ("rediss://h", "redis://h?ssl_cert_reqs=none"):
        assert "tls" not in found(run("doctor", "-o", "json", "-u", url))


def test_other_prefixes(run: Run, store: FakeReader) -> None:
    other = QueueRef("shop", "orders")
    store.queues = {other: Queue(other, Counts(), SURE_V5)}
    queues = found(run("doctor", "-o", "json"))["queues"]
    assert queues["level"] == "warn"
    assert queues["message"] == "No queues under the prefix bull; there are some under: shop (1)."
    everywhere = found(run("doctor", "-p", "auto", "-o", "json"))["queues"]
    assert everywhere["message"] == "1 queue under any prefix (shop (1))."


def test_legacy_and_dead_schedulers(run: Run, store: FakeReader) -> None:
    store.scheduled = [
        Scheduler("old", NOW, every_ms=1, legacy=True),
        Scheduler("dead", NOW, every_ms=1, armed=False),
    ]
    checks = [one for one in run("doctor", "-o", "json").json["checks"] if one["check"] == "schedulers"]
    assert [one["details"] for one in checks] == [["payments: 1 of 2"], ["payments: dead"]]
    assert "BullMQ 6 refuses" in checks[0]["message"]


def test_foreign_keys(run: Run, store: FakeReader) -> None:
    store.queues[PAYMENTS] = replace(store.queues[PAYMENTS], faults=("wait", "failed"))
    ended = run("doctor", "-o", "json")
    assert found(ended)["faults"]["details"] == ["bull:payments: wait, failed"]
    assert ended.code == 1
