"""Changes on a real server: done, in part, refused, brought back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli.desk import Desk, contents, fill
from tests.conftest import PASSWORD, url_for

USERS = (
    f"user reader on >{PASSWORD} ~* &* +@all -@write",
    f"user half on >{PASSWORD} ~* &* +@all -xadd",
    f"user scriptless on >{PASSWORD} ~* &* +@all -@scripting",
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    """A server with users who may not do everything."""
    with EmbeddedServer(config=USERS) as running:
        yield running


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


def test_a_queue_whose_layout_is_not_known_well_enough(desk: Desk, raw: Redis) -> None:
    """Paused, without a version, and its jobs where several majors would have them: the wrong guess loses jobs."""
    fill(raw)
    raw.hdel("bull:payments:meta", "version")
    for number in (1, 2, 3):  # fields that tell 4 from 5
        raw.hdel(f"bull:payments:{number}", "atm", "ats")
    raw.hset("bull:payments:meta", "paused", "1")
    raw.rpush("bull:payments:paused", "7")
    before = contents(raw)
    ended = desk("jobs", "retry", "payments", "1", "-y", "-o", "json")
    assert (ended.code, ended.out, ended.error["code"]) == (5, "", "layout")
    assert "`--layout v5`" in ended.error["hint"]
    assert contents(raw) == before
    assert desk("jobs", "retry", "payments", "1", "-y", "--layout", "v5").code == 0
    assert raw.lrange("bull:payments:paused", 0, -1) == [b"1", b"7"]
    assert not raw.exists("bull:payments:wait")


def test_a_queue_of_bull_is_not_changed(desk: Desk, raw: Redis) -> None:
    raw.hset("bull:old:1", mapping={"name": "__default__", "data": "{}", "opts": "{}", "timestamp": "1"})
    raw.zadd("bull:old:failed", {"1": 5})
    raw.set("bull:old:id", 1)
    ended = desk("jobs", "retry", "old", "1", "-y")
    assert ended.code == 5
    assert "old is a queue of Bull, not BullMQ: it can be looked at here, not changed." in ended.err


def test_a_profile_that_wants_a_reason(desk: Desk, raw: Redis, tmp_path: Path) -> None:
    fill(raw)
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.prod]\nurl = "{desk.url}"\nrequire_reason = true\n')
    words = ("jobs", "retry", "payments", "1", "-y", "--config", str(config), "--profile", "prod")
    ended = desk(*words, "-o", "json")
    assert (ended.code, ended.error["code"]) == (2, "no-reason")
    assert raw.zscore("bull:payments:failed", "1")
    assert desk(*words, "--reason", "they paid").code == 0


def test_more_than_can_be_saved(desk: Desk, raw: Redis, tmp_path: Path) -> None:
    fill(raw)
    raw.hset("bull:payments:2", "data", '"' + os.urandom(1_500_000).hex() + '"')
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.small]\nurl = "{desk.url}"\nundo_limit_mb = 1\n')
    words = ("jobs", "remove", "payments", "2", "-y", "--config", str(config), "--profile", "small")
    ended = desk(*words)
    assert (ended.code, ended.out) == (1, "")
    assert "more than the 1.0 MiB that are kept" in ended.err
    assert "--no-undo" in ended.err
    assert raw.exists("bull:payments:2")
    forgotten = desk(*words, "--no-undo")
    assert (forgotten.code, forgotten.out) == (0, "1 job removed.\n")
    assert desk("undo", "-y").code == 4
