"""What is found, grouped, explained and exported is the same on every kind of server: by the command line."""

import json
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.topologies.places import SECRET, Place

SEARCHES = {
    "4242 declined": ["f6", "f5", "f4", "f3", "f2", "f1"],
    "error:/card [56]\\d+ dec/": ["f6", "f5"],
    "id:f7": ["f7"],
    "mailbox": ["n3", "n2", "n1"],
    "state:delayed name:charge": ["d1", "d2", "d3", "repeat:night:1700000000000"],
}


def ids(out: str) -> list[str]:
    """Those of a document of one job a line."""
    return [json.loads(line)["id"] for line in out.splitlines()]


@pytest.mark.parametrize("query", SEARCHES)
def test_search(place: Place, desk: Desk, query: str) -> None:
    ended = desk("jobs", "find", query, "-o", "jsonl", *place.words)
    assert ended.code == 0, ended.err
    assert sorted(ids(ended.out)) == sorted(SEARCHES[query])
    if "state:" not in query:
        assert ids(ended.out) == SEARCHES[query], "the newest first"


def test_errors_in_groups(place: Place, desk: Desk) -> None:
    ended = desk("jobs", "errors", "-o", "json", *place.words)
    assert ended.code == 0, ended.err
    assert sorted(group["count"] for group in ended.json) == [3, 3, 6]


def test_why(place: Place, desk: Desk) -> None:
    told = desk("jobs", "why", "pay", "middle", "-o", "json", *place.words)
    assert told.code == 0, told.err
    assert "child" in told.json["verdict"]
    assert "leaf" in json.dumps(told.json), "the child is in another list of keys"
    stuck = desk("jobs", "why", "pay", "stuck", "-o", "json", *place.words)
    assert (stuck.json["cause"], stuck.json["sure"]) == ("stalled", True)


def test_flow(place: Place, desk: Desk) -> None:
    told = desk("jobs", "flow", "pay", "leaf", *place.words)
    assert told.code == 0, told.err
    for word in ("root", "middle", "leaf", "child"):
        assert word in told.out


def test_export(place: Place, desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "failed.jsonl"
    ended = desk("jobs", "export", "pay", "--state", "failed", "--file", str(out), *place.words)
    assert ended.code == 0, ended.err
    assert sorted(ids(out.read_text())) == [f"f{number}" for number in range(1, 10)]
    assert SECRET not in out.read_text()


def test_all_that_is_listed(place: Place, desk: Desk) -> None:
    """No secret is in it, and each command finds its way."""
    for words in (
        ("queues", "list"),
        ("queues", "show", "pay"),
        ("jobs", "list", "pay", "--state", "failed"),
        ("jobs", "show", "pay", "f1"),
        ("jobs", "logs", "pay", "f1"),
        ("schedulers", "list", "pay"),
        ("workers", "list"),
        ("doctor",),
    ):
        ended = desk(*words, *place.words)
        assert ended.code == 0 or words == ("doctor",), (words, ended.err)
        assert ended.out + ended.err
        assert SECRET not in ended.out + ended.err


def test_a_wrong_password_is_a_sentence(place: Place, desk: Desk) -> None:
    url = place.url.replace(SECRET, "other-w0rd")
    if SECRET not in place.url:  # where there is none, any would do for the usual user
        url = place.url.replace("://", "://nobody:other-w0rd@")
    ended = desk("queues", "list", "--url", url, *place.flags)
    assert ended.code == 5
    assert "password" in ended.err
    assert "other-w0rd" not in ended.out + ended.err
