"""Jobs as lines of JSON and CSV."""

import csv
import io
import json
from typing import Any

import pytest

from bulltui.domain.csv_text import Scalar, csv_line
from bulltui.domain.errors import UsageError
from bulltui.domain.export_mark import Mark, line_of, mark_from, mark_words
from bulltui.domain.export_rows import COLUMNS, FIELDS, Format, Writer, columns_from, is_exact, job_text
from bulltui.domain.fields import Field, raw_field
from bulltui.domain.job import Job, decode
from bulltui.domain.job_json import job_document
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Spot
from bulltui.domain.states import JobState

PAY = QueueRef("bull", "pay")


def job(job_id: str = "7", **fields: bytes | str) -> Job:
    whole: dict[str, bytes | str] = {"name": "charge", "data": "{}", "timestamp": "5", **fields}
    return decode(job_id, PAY, JobState.FAILED, {name: raw_field(value) for name, value in whole.items()})


@pytest.mark.parametrize(
    "data",
    [
        '{"a":1.10,"b":1e400,"c":12345678901234567890,"d":-0}',
        '{"a":"\\ud800","b":"\\u0041"}',
        '"data\\":null"',
        '{ "a" : [1 , 2] }',
        '{"a":1,"a":2}',
        "null",
        "7",
    ],
)
def test_data_stands_in_a_line_as_it_is_stored(data: str) -> None:
    line = job_text(job(name='"data":null', data=data, returnvalue=data))
    assert f'"data":{data},"opts"' in line
    assert json.loads(line)["name"] == '"data":null'
    assert "\n" not in line


def test_what_would_break_a_line_or_a_terminal_is_written_otherwise_and_means_the_same() -> None:
    for data in ('{"a":\n[1]}', '"\u202e"', '"\x7f"', '{"a":\r1}'):
        line = job_text(job(data=data))
        assert json.loads(line)["data"] == json.loads(data)
        assert not set(line) & set("\n\r\u202e\x7f")


def test_what_is_no_json_is_told_as_jobs_show_tells_it() -> None:
    for one in (job(data="{oops"), job(data=b'"\xff"'), job(data=""), decode("9", PAY, JobState.FAILED, {})):
        assert json.loads(job_text(one)) == json.loads(json.dumps(job_document(one)).replace("\\udcff", "\\\\xff"))


def test_exact_is_what_json_can_hold() -> None:
    assert is_exact(job(data='"é"'))
    assert not is_exact(job(failedReason=b"\xff"))
    assert not is_exact(job("\udcff"))
    cut = decode("1", PAY, JobState.FAILED, {"data": Field("", 5_000_000, cut=True)})
    assert json.loads(job_text(cut))["sizes"] == {"data": 5_000_000}


@pytest.mark.parametrize(("form", "none", "two"), [(Format.JSONL, [], 2), (Format.JSON, [], 2)])
def test_json_files_parse(form: Format, none: list[Any], two: int) -> None:
    writer = Writer(form)
    text = writer.start() + writer.job(job("1"), 0) + writer.job(job("2"), 1) + writer.end(2)
    found = [json.loads(line) for line in text.splitlines()] if form is Format.JSONL else json.loads(text)
    assert [one["id"] for one in found] == ["1", "2"]
    empty = writer.start() + writer.end(0)
    assert (json.loads(empty) if form is Format.JSON else empty.splitlines()) == none


def test_csv_has_columns_and_paths() -> None:
    writer = Writer(Format.CSV, columns_from(" id, data.user.id ,data.items.sku,data,opts.attempts,returnvalue"))
    data = '{"user":{"id":-5},"items":[{"sku":"=A"},{"sku":"B"}]}'
    text = writer.start() + writer.job(job("1", data=data, opts='{"attempts":3}'), 0) + writer.end(1)
    titles, row = list(csv.reader(io.StringIO(text)))
    assert titles == ["id", "data.user.id", "data.items.sku", "data", "opts.attempts", "returnvalue"]
    assert row == ["1", "-5", '["=A","B"]', data, "3", ""]


def test_formulas_and_commands_are_only_texts() -> None:
    cells: list[Scalar] = ["=1+1", "+1", "-2", "@x", "\tx", "\rx", "a\nb", "\x1b[2J", "'x", -2, -2.5, True, None]
    (row,) = list(csv.reader(io.StringIO(csv_line(cells))))
    assert row == ["'=1+1", "'+1", "'-2", "'@x", "'␉x", "'␍x", "a␊b", "␛[2J", "'x", "-2", "-2.5", "true", ""]


def test_columns_that_jobs_do_not_have() -> None:
    assert set(COLUMNS) <= set(FIELDS)
    with pytest.raises(UsageError, match="no field 'nmae'") as caught:
        columns_from("id,nmae")
    assert caught.value.hint == "Did you mean name?"
    with pytest.raises(UsageError, match="No columns"):
        columns_from(" , ")


def test_a_mark_comes_back_as_it_was() -> None:
    odd = QueueRef("bull", "a\udcff:b")
    for mark in (
        Mark(),
        Mark(
            3, 5, odd, JobState.WAITING, Spot("", "x\udcff", 7), 2, b"12345678", missing=1, unread=2, cut=3, inexact=4
        ),
        Mark(1, 1, PAY, JobState.FAILED, None),
    ):
        assert mark_from(json.loads(line_of(mark_words(mark)))) == mark
