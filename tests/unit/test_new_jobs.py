"""Jobs of a file that are to be added."""

import io
import json
import re

import pytest

from bulltui.domain import new_jobs
from bulltui.domain.new_jobs import Contents, Entry, Fact, entries


def read(text: str | bytes, *, keep_ids: bool = False) -> list[Entry]:
    return list(entries(io.BytesIO(text if isinstance(text, bytes) else text.encode()), keep_ids=keep_ids))


def one(document: object, *, keep_ids: bool = False) -> Entry:
    (entry,) = read(json.dumps(document), keep_ids=keep_ids)
    return entry


def words(entry: Entry) -> tuple[str, str, str]:
    assert entry.add is not None, entry.problem
    return entry.add.name, entry.add.data, entry.add.opts


def test_a_job_is_taken_as_it_is_written() -> None:
    (entry,) = read('{"name":"a","data":{ "n": 1.10, "x": "\\ud800" },"opts":{"delay":5,"keepLogs":3}}')
    assert words(entry) == ("a", '{"n":1.10,"x":"\\ud800"}', '{"attempts":0,"delay":5,"kl":3}')
    assert words(one({"name": "a"})) == ("a", "{}", '{"attempts":0}')
    assert words(one({"name": "a", "data": None})) == ("a", "null", '{"attempts":0}')


def test_lines_have_numbers_and_empty_ones_count() -> None:
    found = read('\ufeff{"name":"a"}\r\n\n{"name":"b"}\n{"name":"c"}')
    assert [(entry.number, words(entry)[0]) for entry in found] == [(1, "a"), (3, "b"), (4, "c")]
    assert read("") == read("\n\n") == []


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
def test_an_array_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(new_jobs, "_PIECE", size)
    text = ' \n[\n{"name":"é","data":[1,2]},\n {"name":"b","data":"]"} , 5]\n'
    first, second, third = read(text)
    assert (words(first)[:2], words(second)[:2]) == (("é", "[1,2]"), ("b", '"]"'))
    assert (third.number, third.problem) == (3, "It is no JSON object.")
    assert read("[]") == []


@pytest.mark.parametrize(
    "text", ['[{"name":"a"},{"name":', '[{"name":"a"}', '[{"name":"a"},{oops}]', b'[{"name":"a"},"\xff"]']
)
def test_an_array_that_breaks_off_says_where(text: str | bytes) -> None:
    first, second = read(text)
    assert words(first)[0] == "a"
    assert second.number == 2
    assert second.problem


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{oops", "not JSON"),
        ("[" * 10_000, "not UTF-8|nested|no JSON|not JSON"),
        ("7", "no JSON object"),
        ('{"data":1}', "no name"),
        ('{"name":"","data":1}', "no name"),
        ('{"name":5}', "no name"),
        ('{"name":"a","opts":[]}', ""),
        ('{"name":"a","opts":[1]}', "opts are no JSON object"),
        ('{"name":"a","opts":{"prioriti":1}}', "Did you mean priority"),
        ('{"name":"a","opts":{"delay":-1}}', "whole number"),
        ('{"name":"a","missing":true}', "without a job"),
        ('{"name":"a","data":{},"raw":{"data":"{oops"}}', "no JSON, which no library"),
        ('{"name":"a","data":{},"sizes":{"data":70000000}}', "not all there"),
        ('{"name":"a","data":"xx","opts":{"sizeLimit":2}}', "sizeLimit"),
    ],
)
def test_what_cannot_be_added_says_why(line: str, problem: str) -> None:
    (entry, *_) = read("\n" + line)
    if problem:
        assert entry.add is None
        assert re.search(problem, entry.problem)
    else:
        assert entry.add is not None


def test_bytes_that_are_no_utf8_name_their_line() -> None:
    first, second = read(b'{"name":"a"}\n{"name":"\xff"}\n')
    assert (second.number, second.problem) == (2, "It is not UTF-8.")
    assert words(first)[0] == "a"


def exported(**more: object) -> dict[str, object]:
    """A job as an export writes it."""
    return {"id": "5", "name": "a", "queue": "pay", "state": "failed", "data": {}, "opts": {}, **more}


def test_ids_are_left_unless_they_are_to_be_kept() -> None:
    assert words(one(exported(id="order-1")))[2] == '{"attempts":0}'
    assert words(one(exported(id="order-1"), keep_ids=True))[2] == '{"attempts":0,"jobId":"order-1"}'
    by_hand = {"name": "a", "opts": {"jobId": "order-1"}}
    assert one(by_hand).facts == {Fact.ID_LEFT}
    assert words(one(by_hand, keep_ids=True))[2] == '{"attempts":0,"jobId":"order-1"}'


@pytest.mark.parametrize("job_id", ["5", "a:b", "repeat:x:1", 7])
def test_ids_that_nobody_can_give_become_new_ones(job_id: object) -> None:
    entry = one(exported(id=job_id), keep_ids=True)
    assert words(entry)[2] == '{"attempts":0}'
    assert entry.facts == {Fact.ID_NEW}


def test_a_job_of_a_flow_or_a_scheduler_is_added_alone() -> None:
    entry = one(exported(opts={"parent": {"id": "1"}, "attempts": 3}, parentKey="bull:x:1"))
    assert (words(entry)[2], entry.facts) == ('{"attempts":3}', frozenset({Fact.ALONE}))
    entry = one(exported(opts={"repeat": {"every": 5}, "prevMillis": 7}, repeatJobKey="x"))
    assert (words(entry)[2], entry.facts) == ('{"attempts":0}', frozenset({Fact.ALONE}))


def test_options_that_only_a_job_of_before_has_come_along() -> None:
    assert words(one(exported(opts={"rateLimiterKey": "x", "attempts": 2})))[2] == '{"attempts":2,"rateLimiterKey":"x"}'
    assert one({"name": "a", "opts": {"rateLimiterKey": "x"}}).add is None


def test_contents_count_and_name_the_first_wrong_ones() -> None:
    text = "".join(f'{{"name":"n{number % 2}"}}\n' for number in range(10)) + "x\n" * 9
    contents = Contents.of(entries(io.BytesIO(text.encode())))
    assert (contents.count, contents.names, contents.wrong) == (10, {"n0": 5, "n1": 5}, 9)
    assert [entry.number for entry in contents.first_wrong] == [11, 12, 13, 14, 15]
