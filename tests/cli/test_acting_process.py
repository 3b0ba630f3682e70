"""Changes on a real server by processes of their own: all that can come between, and what is said of it."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.__main__ import main
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.text import exact
from tests.cli.conftest import ENVIRONMENT, Ended
from tests.conftest import PASSWORD, url_for

COMMAND = (sys.executable, "-m", "bulltui")
NOW = 1_750_000_000_000
USERS = (
    f"user reader on >{PASSWORD} ~* &* +@all -@write",
    f"user half on >{PASSWORD} ~* &* +@all -xadd",
    f"user scriptless on >{PASSWORD} ~* &* +@all -@scripting",
)


def fill(raw: Redis, jobs: int = 3, queue: str = "payments") -> None:
    """A queue of failed jobs."""
    pipeline = raw.pipeline()
    pipeline.hset(f"bull:{queue}:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
    pipeline.set(f"bull:{queue}:id", jobs)
    for number in range(1, jobs + 1):
        fields: dict[Any, Any] = {
            "name": "charge",
            "data": f'{{"order":{number}}}',
            "opts": '{"attempts":1}',
            "atm": "1",
        }
        fields |= {"timestamp": NOW - 9000, "processedOn": NOW - 5000, "finishedOn": NOW - 1000 + number}
        fields |= {"failedReason": "no", "stacktrace": "[]", "delay": "0", "priority": "0", "ats": "1"}
        pipeline.hset(f"bull:{queue}:{number}", mapping=fields)
        pipeline.zadd(f"bull:{queue}:failed", {str(number): NOW - 1000 + number})
    pipeline.execute()


class Desk:
    """Calls on one server, with one folder for what is written down: in this process, or in one of their own."""

    def __init__(self, url: str, folder: Path, captured: pytest.CaptureFixture[bytes]) -> None:
        self.url = url
        self.env = {"BULLTUI_STATE_DIR": str(folder), "BULLTUI_URL": url, "XDG_CONFIG_HOME": "/nowhere"}
        self._captured = captured

    def __call__(self, *argv: str, **more: str) -> Ended:
        self._captured.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (self.env | more).items():
                patch.setenv(name, value)
            code = main(argv)
        out, err = self._captured.readouterr()
        return Ended(code, out.decode(), err.decode())

    @contextmanager
    def running(self, *argv: str) -> Iterator[subprocess.Popen[bytes]]:
        """A call in a process of its own that takes its time."""
        with subprocess.Popen(
            [*COMMAND, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**ENVIRONMENT, **self.env}
        ) as process:
            yield process
            process.kill()


@pytest.fixture
def desk(server: EmbeddedServer, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Desk:
    return Desk(url_for(server), tmp_path, capfdbinary)


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    """A server with users who may not do everything."""
    with EmbeddedServer(config=USERS) as running:
        yield running


def waiting(raw: Redis) -> int:
    return int(raw.llen("bull:payments:wait"))


def until(raw: Redis, jobs: int) -> None:
    """Waits until so many jobs were retried."""
    deadline = time.monotonic() + 20
    while waiting(raw) < jobs:
        assert time.monotonic() < deadline
        time.sleep(0.01)


SLOW = ("queues", "retry-all", "payments", "--rate", "100", "--yes", "-o", "json")
"""A change that can be met in the middle."""


def contents(raw: Redis) -> dict[Any, Any]:
    """All keys as they mean, but for the stream of events, what wakes workers, and a counter of priorities."""
    found: dict[Any, Any] = {}
    for key in raw.keys("*"):
        if exact(key).endswith((":marker", ":pc")):
            continue
        match raw.type(key):
            case b"hash":
                found[key] = raw.hgetall(key)
            case b"zset":
                found[key] = raw.zrange(key, 0, -1, withscores=True)
            case b"list":
                found[key] = raw.lrange(key, 0, -1)
            case b"string":
                found[key] = raw.get(key)
    return found


WRITING = {"hset", "hdel", "set", "del", "unlink", "incr", "expire", "pexpire", "rename"} | {
    *(
        "lpush",
        "rpush",
        "lrem",
        "lpop",
        "rpop",
        "rpoplpush",
        "zadd",
        "zrem",
        "zpopmin",
        "xadd",
        "xtrim",
        "sadd",
        "srem",
    ),
}


def writes(raw: Redis) -> set[str]:
    """The commands that changed something since the statistics were reset, within scripts too."""
    return {name.removeprefix("cmdstat_") for name in raw.info("commandstats")} & WRITING


def test_done_partly_missing_and_nothing(desk: Desk, raw: Redis) -> None:
    fill(raw)
    done = desk("jobs", "retry", "payments", "1", "-y")
    assert (done.code, done.out, done.err) == (0, "1 job retried.\n", "")
    partly = desk("jobs", "retry", "payments", "1", "2", "9", "-y", "-o", "json")
    assert (partly.code, partly.json["outcome"], partly.json["done"]) == (3, "partly", 1)
    assert partly.json["skipped"] == {"wrong-state": 1, "missing": 1}
    missing = desk("jobs", "retry", "payments", "9", "-y")
    assert (missing.code, missing.out) == (4, "")
    assert missing.err == "bulltui: No job was retried. 1 skipped: not there any more (9).\n"
    nothing = desk("queues", "promote-all", "payments", "-y")
    assert (nothing.code, nothing.out) == (0, "Nothing to do: there is no such job.\n")
    assert raw.lrange("bull:payments:wait", 0, -1) == [b"2", b"1"]


def test_a_locked_job_is_refused(desk: Desk, raw: Redis) -> None:
    fill(raw)
    raw.set("bull:payments:1:lock", "token")
    ended = desk("jobs", "remove", "payments", "1", "-y", "-o", "json")
    assert (ended.code, ended.json["outcome"], ended.json["skipped"]) == (1, "refused", {"locked": 1})
    assert ended.error["code"] == "refused"
    assert raw.exists("bull:payments:1")


@pytest.mark.parametrize(
    "words", ["jobs retry payments 1", "queues obliterate payments", "jobs add payments x", "undo 1"]
)
def test_a_dry_run_writes_nothing(desk: Desk, raw: Redis, words: str) -> None:
    fill(raw)
    desk("jobs", "remove", "payments", "3", "-y")
    raw.config_resetstat()
    ended = desk(*words.split(), "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("Nothing was changed: this is a dry run.\n")
    read_only = desk(*words.split(), "--dry-run", "-o", "json", BULLTUI_READ_ONLY="1")
    assert read_only.json["refused"]
    assert writes(raw) == set()


def test_nothing_happens_without_a_yes_or_where_all_is_read_only(desk: Desk, raw: Redis) -> None:
    fill(raw)
    raw.config_resetstat()
    unasked = desk("jobs", "retry", "payments", "1")
    assert (unasked.code, unasked.out) == (2, "")
    assert "Say --yes" in unasked.err
    for refused in (
        desk("jobs", "retry", "payments", "1", "-y", "--read-only"),
        desk("queues", "pause", "payments", "-y", BULLTUI_READ_ONLY="true"),
    ):
        assert (refused.code, refused.out) == (5, "")
        assert refused.err.startswith("bulltui: Nothing is changed here: read-only.")
    assert writes(raw) == set()


def test_a_server_that_is_not_there(desk: Desk) -> None:
    ended = desk("jobs", "retry", "payments", "1", "-y", "-o", "json", "-u", "redis://127.0.0.1:1")
    assert (ended.code, ended.out, ended.error["code"]) == (6, "", "refused")


@pytest.mark.parametrize("user", ["reader", "half", "scriptless"])
@pytest.mark.parametrize(
    "words", ["jobs retry payments 1", "jobs remove payments 1", "queues pause payments", "jobs add payments x"]
)
def test_a_user_who_may_not(
    guarded: EmbeddedServer, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], user: str, words: str
) -> None:
    with Redis(port=guarded.port) as raw:
        raw.flushall()
        fill(raw)
        before = contents(raw)
        ended = Desk(url_for(guarded, user), tmp_path, capfdbinary)(*words.split(), "-y")
        assert (ended.code, ended.out) == (5, "")
        assert "may not" in ended.err or "does not let" in ended.err
        assert contents(raw) == before


def test_removed_and_brought_back(desk: Desk, raw: Redis) -> None:
    fill(raw)
    before = contents(raw)
    ended = desk("jobs", "remove", "payments", "--all", "--state", "failed", "-y", "--reason", "a test")
    assert ended.out == "3 jobs removed. `bulltui undo 1` takes that back.\n"
    assert not raw.exists("bull:payments:1")
    assert desk("undo", "-y").code == 0
    assert contents(raw) == before
    again = desk("undo", "-y")
    assert (again.code, again.out) == (4, "")
    undone, removed = desk("audit", "-o", "json").json
    assert (undone["action"], undone["undoes"], removed["action"], removed["reason"]) == (
        "undo",
        1,
        "remove-all",
        "a test",
    )
    assert removed["queues"] == ["bull:payments"]


def test_resume_is_exactly_what_was_paused_from_here(desk: Desk, raw: Redis) -> None:
    for queue in ("payments", "mail", "other"):
        fill(raw, 1, queue)
    raw.hset("bull:other:meta", "paused", "1")
    assert desk("queues", "pause", "--all", "-q", "!mail", "-y").code in (0, 3)
    assert raw.hexists("bull:payments:meta", "paused")
    resumed = desk("queues", "resume", "--mine", "-y", "-o", "json").json
    assert (resumed["queues"], resumed["done"]) == (["bull:payments"], 1)
    assert raw.hexists("bull:other:meta", "paused")


def test_a_new_job(desk: Desk, raw: Redis) -> None:
    fill(raw, 0)
    words = ("jobs", "add", "payments", "charge", "--data", '{ "order": 1.50 }', "--id", "order-17", "--attempts", "3")
    ended = desk(*words, "-y", "-o", "json")
    assert (ended.code, ended.json["ids"]) == (0, ["order-17"])
    assert raw.hget("bull:payments:order-17", "data") == b'{"order":1.50}'
    assert json.loads(raw.hget("bull:payments:order-17", "opts") or "") == {"attempts": 3, "jobId": "order-17"}
    assert raw.lrange("bull:payments:wait", 0, -1) == [b"order-17"]
    again = desk(*words, "-y", "-o", "json")
    assert (again.code, again.json["skipped"]) == (1, {"exists": 1})


def test_hostile_ids_and_names(desk: Desk, raw: Redis) -> None:
    queue = b"bull:pay\x1b[31m\xff"
    job_id = b"a:\x1b]0;x\x07:\xff\xe2\x80\xae"
    raw.hset(queue + b":meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
    raw.hset(queue + b":" + job_id, mapping={"name": b"\xff", "data": b"\xff{", "opts": "{}", "timestamp": "1"})
    raw.zadd(queue + b":failed", {job_id: 5})
    name = os.fsdecode(queue.removeprefix(b"bull:"))
    done = desk("jobs", "remove", name, os.fsdecode(job_id), "99\x1b[2J", "-y")
    assert done.code == 3
    assert not raw.exists(queue + b":" + job_id)
    for ended in (done, desk("undo", "list"), desk("audit"), desk("undo", "--dry-run"), desk("undo", "-y")):
        assert ended.code in (0, 3)
        assert not set(ended.out + ended.err) & set("\x1b\x07\u202e\udcff")
    assert raw.hget(queue + b":" + job_id, "data") == b"\xff{"
    assert raw.zscore(queue + b":failed", job_id) == 5


# --- every command


def scene(raw: Redis) -> None:
    """A queue with something for every action: failed 1 to 3, delayed 4, waiting 5, stalled 6, a parent 8 whose child 9
    waits, a scheduler, and keys of deduplication and of a rate limit."""
    fill(raw)
    job: dict[Any, Any] = {
        "name": "charge",
        "data": "{}",
        "opts": '{"attempts":1}',
        "timestamp": NOW,
        "delay": "0",
        "priority": "0",
    }
    for number in (4, 5, 6, 8, 9):
        raw.hset(f"bull:payments:{number}", mapping=dict(job))
    raw.set("bull:payments:id", 9)
    raw.hset("bull:payments:4", "delay", "3600000")
    raw.zadd("bull:payments:delayed", {"4": (NOW + 3_600_000) * 4096})
    raw.rpush("bull:payments:wait", "9", "5")
    raw.rpush("bull:payments:active", "6")
    raw.zadd("bull:payments:waiting-children", {"8": NOW})
    raw.sadd("bull:payments:8:dependencies", "bull:payments:9")
    raw.hset(
        "bull:payments:9", mapping={"parentKey": "bull:payments:8", "parent": '{"id":"8","queueKey":"bull:payments"}'}
    )
    raw.zadd("bull:payments:repeat", {"nightly": NOW + 60_000})
    raw.hset("bull:payments:repeat:nightly", mapping={"name": "report", "every": "60000", "ic": "1"})
    run = f"repeat:nightly:{NOW + 60_000}"
    raw.hset(f"bull:payments:{run}", mapping={**job, "rjk": "nightly", "delay": "60000"})
    raw.zadd("bull:payments:delayed", {run: (NOW + 60_000) * 4096})
    raw.set("bull:payments:de:once", "5")
    raw.set("bull:payments:limiter", "9", px=3_600_000)
    raw.xadd("bull:payments:events", {"event": "added", "jobId": "5"})


EVERY = (
    ("jobs retry payments 1 2 --reset-attempts", "2 jobs retried."),
    ("jobs remove payments 1 2", "2 jobs removed."),
    ("jobs remove payments 8 --children", "1 job removed."),
    ("jobs promote payments 4", "1 job promoted."),
    ("jobs duplicate payments 1", "1 job duplicated as 10."),
    ("jobs replay payments 1 --data [7] --name other", "1 job replayed. `bulltui undo 1`"),
    ("jobs replay payments 1 --data [7] --copy", "1 job replayed as 10."),
    ("jobs add payments charge --priority 3", "1 job added as 10."),
    ("jobs reprioritize payments 5 --priority 3", "1 job reprioritized."),
    ("jobs reschedule payments 4 --in 10m", "1 job rescheduled."),
    ("jobs update-data payments 5 --data [7]", "1 job given other data."),
    ("jobs add-log payments 5 --line hello", "1 job given a log line."),
    ("jobs release payments 6", "1 job released."),
    ("jobs fail payments 6 --message lost", "1 job failed by hand."),
    ("jobs remove-children payments 8", "1 job freed of unprocessed children."),
    ("queues pause payments", "1 queue paused."),
    ("queues drain payments --delayed", "3 jobs drained. 1 skipped: the next run of a scheduler"),
    ("queues clean payments --state failed --older-than 1h", "3 jobs cleaned away."),
    ("queues retry-all payments --limit 2", "2 jobs retried."),
    ("queues promote-all payments --scheduled", "2 jobs promoted."),
    ("queues obliterate payments --force", "payments obliterated, with "),
    ("queues concurrency payments 5", "1 queue given another concurrency."),
    ("queues limit payments --max 100 --per 1s", "1 queue given another rate limit."),
    ("queues clear-rate-limit payments", "1 queue freed of the running rate limit."),
    ("queues remove-deduplication payments once", "1 queue freed of a deduplication key."),
    ("queues trim-events payments --keep 0", "1 queue trimmed."),
    ("schedulers trigger payments nightly", "1 scheduler triggered as "),
    ("schedulers remove payments nightly", "1 scheduler removed."),
)


@pytest.mark.parametrize(("words", "text"), EVERY, ids=[words for words, _ in EVERY])
def test_every_command_on_a_real_queue(desk: Desk, raw: Redis, words: str, text: str) -> None:
    scene(raw)
    if "obliterate" in words:  # an active job without a lock is brought back to where a worker takes it from
        raw.delete("bull:payments:active", "bull:payments:6")
    before = contents(raw)
    said = desk(*words.split(), "--dry-run")
    assert (said.code, said.err, contents(raw)) == (0, "", before)
    ended = desk(*words.split(), "-y")
    assert (ended.code, ended.err) in ((0, ""), (3, ""))
    assert ended.out.startswith(text)
    assert contents(raw) != before or "trim" in words
    assert ("It can be undone" in said.out) is ("bulltui undo 1" in ended.out)
    if "bulltui undo 1" in ended.out:
        undone = desk("undo", "-y")
        assert (undone.code, undone.err) == (0, "")
        assert contents(raw) == before


# --- in the middle


def test_ctrl_c_in_the_middle(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    with desk.running(*SLOW) as process:
        until(raw, 20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    document = json.loads(out)
    assert (process.returncode, err) == (3, b"")
    assert (document["outcome"], document["cancelled"]) == ("partly", True)
    assert document["done"] == waiting(raw) < 1000
    assert document["done"] + document["left"] == 1000
    assert desk("audit", "-o", "json").json[0]["done"] == document["done"]


def test_a_hang_up_in_the_middle_is_written_down(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    with desk.running(*SLOW) as process:
        until(raw, 20)
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 3
    assert desk("audit", "-o", "json").json[0]["done"] == waiting(raw)


def test_under_nohup_a_hang_up_is_nothing(desk: Desk, raw: Redis) -> None:
    fill(raw, 60)
    words = ["nohup", *COMMAND, *SLOW]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**ENVIRONMENT, **desk.env}
    ) as process:
        until(raw, 5)
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 0
    assert waiting(raw) == 60


def test_killed_in_the_middle(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    with desk.running(*SLOW) as process:
        until(raw, 20)
        process.kill()
        process.wait(10)
    done = waiting(raw)
    assert done + raw.zcard("bull:payments:failed") == 1000
    told = desk("jobs", "retry", "payments", "1000", "-y")
    assert told.code == 0
    assert "An earlier retry-all on bull:payments by" in told.err
    assert "was cut off in the middle" in told.err
    assert desk("jobs", "retry", "payments", "999", "-y").err == ""
    cut_off = desk("audit", "-o", "json").json[-1]
    assert (cut_off["action"], cut_off["outcome"], cut_off["interrupted"]) == ("retry-all", None, True)


def test_the_server_dies_in_the_middle(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with EmbeddedServer() as doomed:
        raw = Redis(port=doomed.port)
        fill(raw, 1000)
        desk = Desk(url_for(doomed), tmp_path, capfdbinary)
        with desk.running(*SLOW) as process:
            until(raw, 20)
            raw.shutdown(nosave=True, force=True, now=True)
            out, err = process.communicate(timeout=30)
        raw.close()
    document = json.loads(out)
    assert process.returncode == 3
    assert document["done"] >= 20
    assert document["done"] + document["unsure"] + document["left"] == 1000
    assert json.loads(err)["error"]["message"] == document["error"]["message"]


# --- on a terminal


class Terminal:
    """A call on a terminal, and a person at it."""

    def __init__(self, desk: Desk, *argv: str) -> None:
        self._leader, follower = pty.openpty()
        environment = {**ENVIRONMENT, **desk.env, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
        self.process = subprocess.Popen(
            [*COMMAND, *argv], stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True
        )
        os.close(follower)
        self.shown = ""

    def see(self, text: str, within: float = 20) -> None:
        """Waits until something is shown."""
        deadline = time.monotonic() + within
        while text not in self.shown:
            assert self._read(deadline), self.shown

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], max(0.0, deadline - time.monotonic()))
        try:
            chunk = os.read(self._leader, 65536) if ready else b""
        except OSError:  # the process has closed the terminal
            chunk = b""
        self.shown += chunk.decode().replace("\r\n", "\n")
        return bool(chunk)

    def type(self, text: str) -> None:
        """Types."""
        os.write(self._leader, text.encode())

    def end(self) -> int:
        """The exit code."""
        while self._read(time.monotonic() + 20):
            pass
        os.close(self._leader)
        return self.process.wait(10)


def test_asked_on_a_terminal(desk: Desk, raw: Redis) -> None:
    fill(raw)
    terminal = Terminal(desk, "queues", "drain", "payments")
    terminal.see("Type payments to do it: ")
    terminal.type("no\n")
    assert terminal.end() == 1
    assert "Nothing was changed." in terminal.shown
    terminal = Terminal(desk, "jobs", "retry", "payments", "1")
    terminal.see("Do it? [y/N] ")
    terminal.type("\x03")  # Ctrl+C
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert waiting(raw) == 0
    terminal = Terminal(desk, "jobs", "retry", "payments", "1")
    terminal.see("Do it? [y/N] ")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert terminal.shown.endswith("1 job retried.\n")


def test_progress_on_a_terminal_and_ctrl_c_twice(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    terminal = Terminal(desk, "queues", "retry-all", "payments", "--rate", "20", "-y")
    terminal.see("of 1,000, ")
    assert "\rRetrying: " in terminal.shown
    assert "Ctrl+C stops." in terminal.shown
    os.kill(terminal.process.pid, signal.SIGINT)
    assert terminal.end() == 3
    assert "\r\x1b[K" in terminal.shown
    assert "jobs retried. Stopped, " in terminal.shown


def test_ctrl_c_twice_ends_at_once(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Even while the server answers nothing."""
    with EmbeddedServer() as server, Redis(port=server.port) as raw:
        fill(raw, 1000)
        desk = Desk(url_for(server), tmp_path, capfdbinary)
        with desk.running(*SLOW) as process:
            until(raw, 20)
            server.pause()
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
            assert time.monotonic() - started < 2
            server.resume()
        assert (process.returncode, out) == (130, b"")
        assert b"Ended at once" in err
