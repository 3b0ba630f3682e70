"""Exports on a real server: interrupted, killed, hostile, and with little memory whatever their number."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.cli.conftest import ENVIRONMENT
from tests.cli.desk import COMMAND, Desk, fill
from tests.peak import peak_mb

JOBS = 6000


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def until_some_written(part: Path) -> None:
    deadline = time.monotonic() + 20
    while not part.exists() or part.stat().st_size < 100_000:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_ctrl_c_tells_how_to_go_on_and_it_goes_on(desk: Desk, raw: Redis, tmp_path: Path) -> None:
    fill(raw, JOBS)
    path, part = tmp_path / "x.jsonl", tmp_path / "x.jsonl.part"
    words = ("jobs", "export", "payments", "--state", "failed", "-f", str(path))
    with desk.running(*words) as process:
        until_some_written(part)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, path.exists()) == (3, b"", False)
    stopped, go_on = err.decode().splitlines()
    assert stopped.startswith("Stopped: ")
    assert f" of {JOBS:,} jobs examined, " in stopped
    assert go_on == f"What was written is in {part}; the same command with --resume goes on behind it."
    ended = desk(*words, "--resume")
    assert (ended.code, part.exists()) == (0, False)
    assert ended.err.startswith(f"{JOBS:,} jobs written to {path}, ")
    assert ids(path) == [str(number) for number in range(JOBS, 0, -1)]


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_killed_at_any_moment_it_goes_on(desk: Desk, raw: Redis, tmp_path: Path, form: str) -> None:
    fill(raw, JOBS)
    path, part = tmp_path / f"x.{form}", tmp_path / f"x.{form}.part"
    words = ("jobs", "export", "payments", "--find", "charge", "-f", str(path))
    with desk.running(*words) as process:
        until_some_written(part)
        process.kill()
        process.wait(10)
    with part.open("ab") as file:  # as if it had died within a line
        file.write(b'{"id":"torn')
    assert desk(*words, "--resume").code == 0
    if form == "csv":
        found = [row["id"] for row in csv.DictReader(path.read_text().splitlines())]
    else:
        found = ids(path) if form == "jsonl" else [job["id"] for job in json.loads(path.read_text())]
    assert found == [str(number) for number in range(JOBS, 0, -1)]


def test_a_reader_that_has_enough_is_no_error(desk: Desk, raw: Redis) -> None:
    fill(raw, 3000)
    export = [*COMMAND, "jobs", "export", "payments"]
    env = {**ENVIRONMENT, **desk.env}
    with (
        subprocess.Popen(export, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process,
        subprocess.Popen(["head", "-1"], stdin=process.stdout, stdout=subprocess.PIPE) as head,
    ):
        assert process.stdout is not None
        process.stdout.close()
        line, _ = head.communicate(timeout=20)
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(20)) == (b"", 0)
    assert json.loads(line)["id"] == "3000"


def test_strangers_text_is_harmless_and_comes_back(desk: Desk, raw: Redis, tmp_path: Path) -> None:
    fill(raw, 0, "payments")
    raw.hset("bull:other:meta", mapping={"opts.maxLenEvents": "1", "version": "bullmq:5.81.5"})
    odd = {
        "=1+1": '{"a":"=1+1","b":"\u202e\x7f","c":1.10}',
        "a:b:c": '"\\ud800"',
        "\x1b[2J": "[" * 200 + "]" * 200,
        "x" * 300: '{"🎉":null}',
    }
    for score, (job_id, data) in enumerate(odd.items()):
        fields: dict[Any, Any] = {"name": "\x1b]0;x\x07", "data": data, "timestamp": "5"}
        fields["opts"] = '{"attempts":3,"kl":2}'
        raw.hset(f"bull:payments:{job_id}", mapping=fields)
        raw.zadd("bull:payments:failed", {job_id: score})
    path = tmp_path / "x.jsonl"
    assert desk("jobs", "export", "payments", "-f", str(path)).code == 0
    assert not set(path.read_text()) & set("\x1b\x07\u202e\x7f")
    table = desk("jobs", "export", "payments", "--format", "csv", "--columns", "id,data.a").out
    assert not set(table) & set("\x1b\x07\u202e")
    assert ["'=1+1", "'=1+1"] in list(csv.reader(table.splitlines()))
    ended = desk("jobs", "add", "other", "--from", str(path), "--yes", "-o", "json")
    assert (ended.code, ended.json["done"]) == (0, 4)
    for new, (job_id, data) in zip(ended.json["ids"], reversed(odd.items()), strict=True):
        assert json.loads(raw.hget(f"bull:other:{new}", "data") or "") == json.loads(data), job_id
        assert raw.hget(f"bull:other:{new}", "name") == b"\x1b]0;x\x07"
        assert json.loads(raw.hget(f"bull:other:{new}", "opts") or "") == {"attempts": 3, "kl": 2}
    # A number and an escape are the same to the letter, not only in what they mean.
    assert raw.hget(f"bull:other:{ended.json['ids'][2]}", "data") == b'"\\ud800"'
    assert b'"c":1.10' in (raw.hget(f"bull:other:{ended.json['ids'][3]}", "data") or b"")


@pytest.mark.skipif(sys.platform == "win32", reason="memory is counted in another way there")
def test_many_jobs_take_no_more_memory_than_few(desk: Desk, raw: Redis, tmp_path: Path) -> None:
    def peak(jobs: int) -> float:
        fill(raw, jobs)
        words = [*COMMAND, "jobs", "export", "payments", "-f", str(tmp_path / f"{jobs}.jsonl")]
        most = peak_mb(words, {**ENVIRONMENT, **desk.env})
        assert len(ids(tmp_path / f"{jobs}.jsonl")) == jobs
        return most

    few, many = peak(1000), peak(25_000)
    assert many < few + 10
    assert many < 100
