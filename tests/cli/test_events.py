"""`bulltui events`."""

import asyncio
import csv
import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from redis import Redis

from bulltui.__main__ import main
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.event import Gap
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import QueueRef
from bulltui.services.clock import SystemClock
from tests.cli.conftest import ENVIRONMENT, Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, FakeReader, Opened
from tests.conftest import url_for

MINUTE = 60_000


@pytest.fixture
def _events(opened: Opened) -> None:
    """Eight events of two queues, a second after each other."""
    told: tuple[tuple[QueueRef, str, str, dict[str, str]], ...] = (
        (PAYMENTS, "added", "1", {"name": "charge"}),
        (PAYMENTS, "active", "1", {"prev": "waiting"}),
        (MAIL, "added", "9", {"name": "welcome"}),
        (PAYMENTS, "failed", "1", {"failedReason": "no money\nat all", "prev": "active"}),
        (PAYMENTS, "retries-exhausted", "1", {"attemptsMade": "3"}),
        (MAIL, "completed", "9", {"returnvalue": '{"sent":true}', "prev": "active"}),
        (PAYMENTS, "delayed", "2", {"delay": str(NOW + MINUTE)}),
        (MAIL, "drained", "", {}),
    )
    for number, (ref, kind, job, fields) in enumerate(told):
        opened.events.time_ms = NOW + number * 1_000
        opened.events.write(ref, kind, job, **fields)


def words(out: str) -> list[list[str]]:
    """The lines without date and time."""
    return [line.split()[2:] for line in out.splitlines()]


@pytest.mark.usefixtures("_events")
def test_the_newest_of_all_queues_by_time(run: Run) -> None:
    assert words(run("events", "--no-follow").out) == [
        ["payments", "added", "1", "charge"],
        ["payments", "active", "1"],
        ["mail.bulk", "added", "9", "welcome"],
        ["payments", "failed", "1", "no", "money"],
        ["payments", "retries-exhausted", "1", "after", "3", "attempts"],
        ["mail.bulk", "completed", "9", '{"sent":true}'],
        ["payments", "delayed", "2", "due", "in", "54s"],
        ["mail.bulk", "drained", "-"],
    ]
    assert [line[1] for line in words(run("events", "--no-follow", "-n", "2").out)] == ["delayed", "drained"]


@pytest.mark.usefixtures("_events")
def test_of_one_queue_its_name_is_not_repeated(run: Run) -> None:
    assert words(run("events", "mail.bulk", "--no-follow").out)[0] == ["added", "9", "welcome"]


@pytest.mark.usefixtures("_events")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--kind", "failed,completed"), ["failed", "completed"]),
        (("--kind", "failed", "--kind", "drained"), ["failed", "drained"]),
        (("--job", "9"), ["added", "completed"]),
        (("--grep", "MONEY"), ["failed"]),
        (("--grep", "9"), ["added", "completed"]),
        (("--kind", "added", "-n", "1"), ["added"]),
        (("-n", "3"), ["completed", "delayed", "drained"]),
        (("-n", "0"), []),
        (("--since", f"{NOW + 5_000}-1"), ["delayed", "drained"]),
        (("--since", f"{NOW + 4_999}"), ["completed", "delayed", "drained"]),
        (("--since", "2500ms"), ["completed", "delayed", "drained"]),
        (("--count", "2"), ["added", "active"]),
        (("--exit-on", "failed"), ["added", "active", "added", "failed"]),
        (("--exit-on", "added", "--count", "2"), ["added", "active", "added"]),
    ],
)
def test_which_events(run: Run, options: Sequence[str], expected: list[str]) -> None:
    out = run("events", "--no-follow", *options, "-o", "jsonl").out
    assert [json.loads(line)["event"] for line in out.splitlines()] == expected


@pytest.mark.usefixtures("_events")
def test_forms(run: Run) -> None:
    document = {
        "id": f"{NOW + 3_000}-2",
        "at": NOW + 3_000,
        "queue": "payments",
        "prefix": "bull",
        "event": "failed",
        "jobId": "1",
        "fields": {"failedReason": "no money\nat all", "prev": "active"},
        "cut": [],
    }
    assert run("events", "--no-follow", "--kind", "failed", "-o", "json").json == [document]
    rows = csv.DictReader(io.StringIO(run("events", "--no-follow", "--kind", "failed,drained", "-o", "csv").out))
    assert [(row["event"], row["jobId"], row["text"]) for row in rows] == [
        ("failed", "1", "no money"),
        ("drained", "", ""),
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--since", "1m", "-n", "3"), "do not go together"),
        (("-o", "json"), "A JSON array has an end"),
        (("--since", "soon"), "is no span of time"),
    ],
)
def test_what_does_not_fit_together(run: Run, options: Sequence[str], sentence: str) -> None:
    ended = run("events", *options)
    assert ended.code == 2
    assert sentence in ended.err


def test_what_is_missing_and_what_is_unknown_is_told_beside(run: Run, opened: Opened) -> None:
    event = opened.events.write(PAYMENTS, "completed", "1")
    opened.events.gaps = [Gap(PAYMENTS, "1-0", event.id, 12)]
    ended = run("events", "payments", "--no-follow", "--since", "1000000-0", "--kind", "compleded,completed")
    assert "No library writes events 'compleded'. Did you mean completed?" in ended.err
    assert "payments: 12 events were trimmed before they could be read." in ended.err
    assert len(ended.out.splitlines()) == 1


def test_bull_tells_nothing_and_that_is_said(run: Run, store: FakeReader) -> None:
    store.queues[MAIL] = replace(store.queues[MAIL], layout=LayoutVerdict(Layout.BULL, ("no events",)))
    ended = run("events", "--no-follow")
    assert (ended.code, ended.out) == (0, "")
    assert "mail.bulk: served by Bull, which keeps no events" in ended.err


def test_no_queues(run: Run, store: FakeReader) -> None:
    store.queues.clear()
    assert run("events", "--no-follow").err == "No queues.\n"
    assert run("events", "nope", "--no-follow").code == 4


def test_strangers_are_harmless(run: Run, opened: Opened) -> None:
    opened.events.write(PAYMENTS, "ev\x1b[2Jil", "\x1b]0;x\x07", note="\u202eabc\nd")
    out = run("events", "payments", "--no-follow").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert len(out.splitlines()) == 1


@contextmanager
def live(server: EmbeddedServer, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """`bulltui events` on the test's server, once it follows."""
    command = (sys.executable, "-m", "bulltui", "events", "-u", url_for(server), *words)
    with (
        Redis(port=server.port) as client,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**ENVIRONMENT, "LC_ALL": "C.UTF-8"}
        ) as process,
    ):
        deadline = time.monotonic() + 20
        while not any(one["cmd"] == "xread" for one in client.client_list()):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield process
        finally:
            process.kill()


def fill(raw: Redis) -> None:
    for name in ("mail", "pay"):
        raw.hset(f"bull:{name}:meta", "opts.maxLenEvents", "10000")


def test_live_until_the_next_failure(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    with live(server, "--exit-on", "failed", "-o", "jsonl") as process:
        raw.xadd("bull:mail:events", {"event": "completed", "jobId": "1"})
        raw.xadd("bull:pay:events", {"event": "failed", "jobId": "2", "failedReason": "boom"})
        out, err = process.communicate(timeout=10)
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["completed", "failed"]
    assert (process.returncode, err) == (0, "")


def test_a_queue_that_appears_is_followed(
    server: EmbeddedServer,
    raw: Redis,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    async def briefly(_: object, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.1))

    def appear() -> None:
        time.sleep(0.5)
        raw.xadd("bull:late:events", {"event": "added", "jobId": "first"})
        raw.hset("bull:late:meta", "opts.maxLenEvents", "10000")

    monkeypatch.setattr(SystemClock, "sleep", briefly)
    thread = threading.Thread(target=appear)
    thread.start()
    code = main(("events", "-u", url_for(server), "--count", "1", "-o", "jsonl"))
    thread.join()
    out, err = capfdbinary.readouterr()
    assert code == 0
    assert err == b"No queues yet; those that appear are followed.\n"
    assert json.loads(out)["jobId"] == "first"


def test_ctrl_c_ends_it(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    with live(server, "--count", "2") as process:
        raw.xadd("bull:mail:events", {"event": "added", "jobId": "1"})
        assert process.stdout is not None
        assert "added" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")


def test_a_closed_pipe_ends_it_quietly(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    with live(server) as process:
        assert process.stdout is not None
        process.stdout.close()
        for number in range(2):
            raw.xadd("bull:mail:events", {"event": "added", "jobId": str(number)})
            time.sleep(0.3)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert not process.stderr.read()


def test_a_server_that_goes_and_comes_back() -> None:
    with EmbeddedServer(config=["appendonly yes", "appendfsync always"]) as server, Redis(port=server.port) as raw:
        fill(raw)
        with live(server, "--count", "2", "-o", "csv") as process:
            raw.xadd("bull:mail:events", {"event": "added", "jobId": "1"})
            assert process.stdout is not None
            assert process.stdout.readline().startswith("id,")
            assert ",1," in process.stdout.readline()
            server.kill()
            time.sleep(0.5)
            server.restart()
            raw.xadd("bull:mail:events", {"event": "added", "jobId": "2"})
            out, err = process.communicate(timeout=20)
        assert ",2," in out
        assert "Trying again." in err
        assert "Following again, after" in err
