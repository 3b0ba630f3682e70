"""`bulltui queues limits`: what people and programs read of it; tests/interop/test_limits.py tries what is measured."""

import asyncio
import csv
import io
from dataclasses import replace

from bulltui.domain.errors import NotAllowedError, UnreachableError
from bulltui.domain.queue import Counts, RateLimit
from bulltui.domain.worker import Client
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, FakeReader, Opened

FIELDS = {
    *("name", "prefix", "verdict", "sure", "sentence", "max", "duration", "used", "ttl", "limited"),
    *("limitPerMinute", "startedPerMinute", "startsMs", "addedPerMinute", "finishedPerMinute", "spanMs", "windows"),
    *("windowsFull", "limitedShare", "saturatedShare", "looks", "looksMs", "concurrency", "active", "waiting"),
    *("workers", "growthPerMinute", "drainsMs", "runP50", "runP95", "runs", "hourAgoP50", "hourAgoP95", "hourAgoRuns"),
}


def with_worker(store: FakeReader) -> None:
    store.connections = [Client(7, "bull:cGF5bWVudHM=:w:pay-1", "10.0.0.7:5555", 60, 1, "evalsha", "ioredis 5")]


def starting(opened: Opened, count: int = 20) -> None:
    """A job starts and ends each second of the last minute."""
    opened.events.time_ms = NOW
    for second in range(count, 0, -1):
        opened.events.time_ms = NOW - second * 1003
        for kind in ("active", "completed"):
            opened.events.write(PAYMENTS, kind, str(second))
    opened.events.time_ms = NOW


def test_one_in_full(run: Run, store: FakeReader, opened: Opened) -> None:
    with_worker(store)
    starting(opened)
    ended = run("queues", "limits", "payments")
    assert ended.code == 0, ended.err
    words = " ".join(ended.out.split())
    assert "payments rate limited" in words
    assert "rate limit 100 in 1.0s, which is 6.0k a minute" in words
    assert "window now 100 of 100 used, 0.4s left; workers wait" in words
    assert "concurrency 2 active of 10 at most" in words
    assert "workers 1 connected" in words
    assert "limited 100% of the time" in words
    assert "bulltui queues clear-rate-limit payments" in words
    assert "option `limiter`" not in words  # there is a global limit
    store.queues[PAYMENTS] = replace(store.queues[PAYMENTS], limit=RateLimit(used=3, ttl_ms=700))
    words = " ".join(run("queues", "limits", "payments").out.split())
    assert "rate limit of its workers: how many is not stored" in words
    assert "Limits that workers have by themselves (the option `limiter`) are not stored in Redis" in words


def test_programs_get_all_numbers(run: Run, store: FakeReader, opened: Opened) -> None:
    with_worker(store)
    starting(opened)
    one = run("queues", "limits", "payments", "-o", "json").json
    assert one.keys() == FIELDS | {"cause", "evidence", "steps"}
    assert (one["verdict"], one["cause"]) == ("rate-limited", "rate-limited")
    assert (one["max"], one["duration"], one["used"], one["ttl"], one["limited"]) == (100, 1000, 100, 400, True)
    assert one["limitPerMinute"] == 6000
    assert one["startedPerMinute"] == 60_000 / 1003
    every = run("queues", "limits", "-o", "json").json
    assert [(queue["name"], queue["verdict"]) for queue in every] == [
        ("mail.bulk", "paused"),
        ("payments", "rate-limited"),
    ]
    opened.events.news = asyncio.Event()  # each call has a loop of its own
    rows = list(csv.DictReader(io.StringIO(run("queues", "limits", "-o", "csv").out)))
    assert {*rows[0]} == FIELDS
    assert rows[1]["verdict"] == "rate-limited"


def test_only_queues_with_something_to_say_unless_all_are_wanted(run: Run, store: FakeReader, opened: Opened) -> None:
    with_worker(store)
    store.queues = {PAYMENTS: replace(store.queues[PAYMENTS], counts=Counts(), concurrency=None, limit=RateLimit())}
    ended = run("queues", "limits")
    assert "payments" not in ended.out
    assert "Nothing holds up any of 1 queue. --all shows them." in ended.err
    opened.events.news = asyncio.Event()  # each call has a loop of its own
    assert "idle" in run("queues", "limits", "--all").out
    store.queues = {}
    opened.events.news = asyncio.Event()
    assert "No queues" in run("queues", "limits").err


def test_what_cannot_be_read_is_reckoned_from_counts(run: Run, store: FakeReader, opened: Opened) -> None:
    opened.events.error = NotAllowedError("XREVRANGE is forbidden.")
    ended = run("queues", "limits", "payments", "-o", "json")
    assert ended.code == 0, ended.err
    assert ended.json["verdict"] == "no-workers"
    assert ended.json["startedPerMinute"] in (0, None)
    opened.events.news = asyncio.Event()
    assert run("queues", "limits", "-o", "json").code == 0
    opened.history.error = UnreachableError("The history cannot be read.")
    assert run("queues", "limits", "payments").code == 0


def test_wrong_spans_and_queues(run: Run, store: FakeReader) -> None:
    for wrong in ("1ms", "2h", "soon"):
        assert run("queues", "limits", "--for", wrong).code == 2
    assert run("queues", "limits", "nobody").code == 4
    assert store.queues[MAIL]
