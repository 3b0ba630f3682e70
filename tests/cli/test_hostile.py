"""Data made by strangers to hurt: shown whole and harmless, in tables and as JSON, by a real server."""

import csv
import io
import json
import re

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import Ended, bulltui, here
from tests.conftest import url_for

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

NAMES = {
    "markup": b"[red]x[/] [/]",
    "ansi": b"\x1b[31mred\x1b[0m \x1b]52;c;cm0gLXJmIC8=\x07",
    "nul": b"a\x00b\r\nc\td",
    "bidi": "abc\u202e\u2066gpj.exe\u200b".encode(),
    "bytes": b"caf\xe9 \xff\xfe",
    "long": b"x" * 10_000,
    "wide": "日本語 🎉 e\u0301".encode(),
}
IDS = (b"a:b:c", b"with space", "🎉".encode(), b"\x1b[2J", b"=1+1", b"repeat:x:1")
ODD = {
    "invalid json": {"name": b"n", "data": b"{oops", "opts": b"{", "stacktrace": b"[1", "progress": b"half"},
    "only a name": {"name": b"n"},
    "strange options": {"name": b"n", "data": b"[]", "opts": b'{"zzz":{"\x1b":1},"attempts":"many"}'},
    "numbers": {"name": b"n", "data": b"1e400", "timestamp": b"9" * 19, "processedOn": b"-5", "finishedOn": b"1e300"},
    "deep": {"name": b"n", "data": b"[" * 5000 + b"]" * 5000},
    "empty": {"name": b"", "data": b"", "opts": b""},
}


@pytest.fixture
def url(server: EmbeddedServer, raw: Redis) -> str:
    """The server with a queue of hostile jobs, all failed, and one whose keys are wrong."""
    raw.hset("bull:evil:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5\x1b[31m"})
    jobs: dict[bytes, dict[str, bytes]] = {
        **{
            b"name-" + key.encode(): {"name": name, "data": b'"ok"', "failedReason": name}
            for key, name in NAMES.items()
        },
        **{job_id: {"name": b"n", "data": json.dumps(job_id.decode()).encode()} for job_id in IDS},
        **{key.encode(): fields for key, fields in ODD.items()},
    }
    for score, (job_id, fields) in enumerate(jobs.items()):
        raw.zadd("bull:evil:failed", {job_id: score})
        raw.hset(b"bull:evil:" + job_id, mapping=dict(fields))  # type: ignore[arg-type]
    raw.zadd("bull:evil:failed", {b"no-hash": -5, b"no-job": 1e18})
    raw.set("bull:evil:no-job", "a string")
    raw.rpush("bull:evil:name-ansi:logs", NAMES["ansi"], NAMES["bytes"])
    raw.set("bull:evil:delayed", "not a set")
    raw.hset(b"bull:\x1b[31m\xff\xe2\x80\xae:meta", mapping={"opts.maxLenEvents": "1", "version": "bullmq:3.1.0"})
    return url_for(server)


def harmless(ended: Ended) -> Ended:
    assert ended.code == 0, ended
    assert not HARMFUL.search(ended.out), HARMFUL.findall(ended.out)
    assert not HARMFUL.search(ended.err)
    return ended


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_lists(url: str, output: str) -> None:
    harmless(here("queues", "list", "-u", url, "-o", output))
    run = bulltui if output == "table" else here  # a shell's, for once
    ended = harmless(run("jobs", "list", "evil", "-s", "failed", "-u", url, "-o", output))
    number = len(NAMES) + len(IDS) + len(ODD) + 2
    if output == "json":
        assert len(ended.json) == number
        assert {"日本語 🎉 e\u0301", "[red]x[/] [/]", "x" * 10_000} <= {job["name"] for job in ended.json}
    elif output == "csv":
        rows = list(csv.DictReader(io.StringIO(ended.out)))
        assert len(rows) == number
        assert "'=1+1" in {row["id"] for row in rows}
    else:
        assert len(ended.out.splitlines()) == number + (output == "table")
    # Nothing is cut in a pipe, but what a list is told of a text is at most its first 2 KiB.
    assert "x" * (10_000 if output.startswith("json") else 2_048) in ended.out


def test_a_queue_with_a_wrong_key(url: str) -> None:
    assert "fault" in harmless(here("queues", "list", "-u", url)).out
    assert "delayed is of a type" in harmless(here("queues", "show", "evil", "-u", url)).out
    ended = here("jobs", "list", "evil", "-s", "delayed", "-u", url)
    assert ended.code == 1
    assert "another program wrote it" in ended.err


def test_each_job(url: str) -> None:
    ids = [b"name-" + key.encode() for key in NAMES] + list(IDS) + [key.encode() for key in ODD] + [b"no-hash"]
    for job_id in ids:
        words = ("jobs", "show", "evil", "-u", url, "--", job_id.decode())
        harmless(here(*words))
        document = harmless(here("-o", "json", *words)).json
        assert document["id"] == job_id.decode()


def test_what_cannot_be_parsed_is_there_as_text(url: str) -> None:
    document = here("jobs", "show", "evil", "invalid json", "-o", "json", "-u", url).json
    assert document["raw"]["data"] == "{oops"
    assert document["stacktrace"] == ["[1"]
    shown = here("jobs", "show", "evil", "invalid json", "-u", url).out
    assert "{oops" in shown
    assert "data is not JSON" in shown


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize(
    "words",
    [
        ("jobs", "find", "", "-s", "failed"),
        ("jobs", "find", "name:*red*", "--explain"),
        ("jobs", "searches"),
        ("jobs", "errors", "evil"),
        ("jobs", "flow", "evil", "\x1b[2J"),
        ("jobs", "why", "evil", "\x1b[2J"),
        ("events", "evil", "--no-follow"),
    ],
    ids=" ".join,
)
def test_what_finds_and_explains(url: str, raw: Redis, words: tuple[str, ...], output: str) -> None:
    for name in NAMES.values():
        raw.xadd("bull:evil:events", {"event": "failed", "jobId": name, "failedReason": name, "prev": b"\x1b[31m"})
    ended = here(*words, "-u", url, "-o", output)
    if ended.code == 2:
        assert output == "csv"
        assert "has no CSV form" in ended.err
    else:
        assert harmless(ended).out or "searches" in words
    assert not HARMFUL.search(ended.err)


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_files_of_jobs(url: str, form: str) -> None:
    ended = here("jobs", "export", "evil", "-s", "failed", "--format", form, "-u", url)
    assert "\\xNN" in harmless(ended).err
    assert ("'=1+1" in ended.out) is (form == "csv")


def test_logs(url: str) -> None:
    ended = harmless(here("jobs", "logs", "evil", "name-ansi", "-u", url))
    assert ended.out.splitlines() == ["␛[31mred␛[0m ␛]52;c;cm0gLXJmIC8=␇", "caf\\xe9 \\xff\\xfe"]


def test_a_payload_of_50_mb(url: str, raw: Redis) -> None:
    payload = b'"' + b"x" * 50_000_000 + b'"'
    raw.hset("bull:evil:only a name", "data", payload)
    shown = here("jobs", "show", "evil", "only a name", "-u", url)
    assert len(shown.out) < 300_000
    assert "47 MiB, too large to show; `--field data` or -o json gives all of it" in shown.out
    raw.hset("bull:evil:only a name", "progress", b'"' + b"y" * 1_000_000 + b'"')
    shown = here("jobs", "show", "evil", "only a name", "-u", url)
    assert "the first 256 KiB of 976 KiB" in shown.out
    assert len(here("jobs", "show", "evil", "only a name", "-u", url, "--field", "data").out) == len(payload)
    whole = here("jobs", "show", "evil", "only a name", "-u", url, "-o", "json")
    assert len(whole.json["data"]) == 50_000_000
    listed = here("jobs", "list", "evil", "-s", "failed", "-u", url, "-o", "json").json
    (job,) = (job for job in listed if job["id"] == "only a name")
    assert job["sizes"]["data"] == len(payload)


def test_the_doctor(url: str) -> None:
    ended = here("doctor", "-u", url)
    assert ended.code == 1  # the wrong key
    assert not HARMFUL.search(ended.out)
