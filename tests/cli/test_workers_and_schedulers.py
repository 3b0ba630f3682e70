"""`bulltui workers` and `bulltui schedulers`."""

from dataclasses import replace

import pytest

from bulltui.cli import schedulers
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.jsontext import Parsed
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.worker import Client
from tests.cli.conftest import Run
from tests.cli.fakes import NOW, FakeReader

CLIENT = Client(7, "bull:cGF5bWVudHM=:w:pay-1", "10.0.0.7:5555", 252, 1, "bzpopmin", "ioredis 5")
NIGHTLY = Scheduler(
    "nightly",
    NOW + 60_000,
    name="report",
    pattern="0 3 * * *",
    timezone="Europe/Berlin",
    limit=10,
    iterations=4,
    template_data=Parsed('{"a":1}', {"a": 1}),
    template_opts={"attempts": 2},
)


def test_workers(run: Run, store: FakeReader) -> None:
    store.connections = [CLIENT, replace(CLIENT, id=8, name="bull:mail.bulk"), replace(CLIENT, name="other")]
    lines = run("workers", "list").out.splitlines()
    assert lines[0].split() == ["QUEUE", "WORKER", "ADDRESS", "CONNECTED", "IDLE", "LAST", "COMMAND", "LIBRARY"]
    assert " ".join(lines[1].split()) == "mail.bulk (no name) 10.0.0.7:5555 4m 12s 1s bzpopmin ioredis 5"
    assert " ".join(lines[2].split()) == "payments pay-1 10.0.0.7:5555 4m 12s 1s bzpopmin ioredis 5"
    assert run("workers", "list", "payments", "-o", "json").json == [
        {
            "queue": "payments",
            "prefix": "bull",
            "name": "pay-1",
            "client": 7,
            "address": "10.0.0.7:5555",
            "ageSeconds": 252,
            "idleSeconds": 1,
            "command": "bzpopmin",
            "library": "ioredis 5",
        }
    ]
    assert run("workers", "list", "-o", "csv").out.splitlines()[0].startswith("queue,prefix,name")


def test_no_workers(run: Run) -> None:
    assert run("workers", "list").err == "No worker is connected to any of the 2 queues.\n"
    ended = run("workers", "list", "payments", "-o", "json")
    assert (ended.code, ended.json, ended.err) == (0, [], "No worker is connected to payments.\n")


def test_workers_where_the_server_does_not_tell(run: Run, store: FakeReader) -> None:
    store.clients_error = NotAllowedError("Workers cannot be seen.", hint="Grant it.")
    ended = run("workers", "list")
    assert (ended.code, ended.out, ended.err) == (5, "", "bulltui: Workers cannot be seen. Grant it.\n")


def test_schedulers(run: Run, store: FakeReader) -> None:
    store.scheduled = [
        NIGHTLY,
        Scheduler("ping", NOW - 300_000, name="ping", every_ms=15_000),
        Scheduler("old", NOW + 5, name="old", every_ms=60_000, legacy=True),
        Scheduler("dead", NOW + 5, every_ms=60_000, armed=False),
    ]
    lines = run("schedulers", "list", "payments").out.splitlines()
    assert lines[0].split() == ["ID", "JOB", "EVERY", "NEXT", "AT", "RUNS", "STATUS"]
    assert "0 3 * * * Europe/Berlin  in 1m 00s" in lines[1]
    assert lines[1].endswith("4/10  ok")
    assert lines[2].endswith("overdue by 5m 00s")
    assert lines[3].endswith("legacy: BullMQ 6 refuses it")
    assert lines[4].endswith("dead: the job of its next run is gone")
    assert run("schedulers", "list", "payments", "-o", "json").json[0] == {
        "id": "nightly",
        "name": "report",
        "queue": "payments",
        "prefix": "bull",
        "next": NOW + 60_000,
        "every": None,
        "pattern": "0 3 * * *",
        "tz": "Europe/Berlin",
        "limit": 10,
        "startDate": None,
        "endDate": None,
        "offset": None,
        "iterationCount": 4,
        "armed": True,
        "legacy": False,
        "template": {"data": {"a": 1}, "opts": {"attempts": 2}},
    }
    assert run("schedulers", "list", "payments", "-o", "csv").out.splitlines()[2].split(",")[5] == "15000"


def test_many_schedulers_are_read_by_pages(run: Run, store: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedulers, "A_READ", 2)
    store.scheduled = [replace(NIGHTLY, id=str(number)) for number in range(5)]
    found = run("schedulers", "list", "payments", "-o", "json").json
    assert [scheduler["id"] for scheduler in found] == list("01234")


def test_no_schedulers(run: Run) -> None:
    ended = run("schedulers", "list", "payments")
    assert (ended.code, ended.out, ended.err) == (0, "", "This queue has no schedulers.\n")
