"""`bulltui jobs errors` on a real server, with real errors."""

import json
import os
import re
import signal
import time

from redis import Redis

from bulltui.domain.text import exact
from tests.cli.desk import Desk
from tests.errors.filling import fill_failed


def test_groups_and_the_jobs_of_one(desk: Desk, raw: Redis) -> None:
    families = fill_failed(raw, 1_000)
    groups = desk("jobs", "errors", "payments", "--limit", "9999", "-o", "json").json
    assert sum(group["count"] for group in groups) == 1_000
    ids = desk("jobs", "errors", "payments", "--group", groups[0]["key"], "--ids").out.split()
    assert len(ids) == groups[0]["count"]
    assert len({families[one] for one in ids}) == 1


def test_a_group_is_retried_and_the_others_stay(desk: Desk, raw: Redis) -> None:
    families = fill_failed(raw, 500)
    group = desk("jobs", "errors", "payments", "-o", "json").json[0]
    done = desk("jobs", "errors", "payments", "--group", group["key"], "--then", "retry", "--yes", "-o", "json")
    assert (done.code, done.json["done"]) == (0, group["count"])
    retried = {exact(one) for one in raw.lrange("bull:payments:wait", 0, -1)}
    assert len(retried) == group["count"]
    assert len({families[one] for one in retried}) == 1
    assert raw.zcard("bull:payments:failed") == 500 - group["count"]


def test_ctrl_c_tells_what_is_known_so_far(desk: Desk, raw: Redis) -> None:
    fill_failed(raw, 20_000)
    with desk.running("jobs", "errors", "payments", "-o", "jsonl", "--limit", "9999") as process:
        deadline = time.monotonic() + 20
        while not _looking(raw):
            assert time.monotonic() < deadline
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 3
    known = [json.loads(line)["count"] for line in out.splitlines()]
    assert 0 < sum(known) < 20_000
    assert re.fullmatch(r"Stopped: these are the errors of [\d,]+ of 20,000 failed jobs.\n", str(err, "utf-8"))


def _looking(raw: Redis) -> bool:
    """Whether several looks were taken."""
    stats = raw.info("commandstats")
    return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha_ro", "eval_ro")) >= 4
