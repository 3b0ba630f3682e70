"""Tables, CSV, JSON and errors by themselves."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.cli.coercion import reader_for
from bulltui.cli.errors import redacted, wants_json
from bulltui.cli.options import Output
from bulltui.cli.output import Out
from bulltui.cli.queue_text import sparkline
from bulltui.cli.table import Cell, Column, Tone, cells, cut, lay_out
from bulltui.domain.secrets import forget, know

COLUMNS = (Column("name", give=True), Column("number", right=True), Column("extra", drop=1))
ROWS = (("mail", "1", "x"), ("a-very-long-name-of-a-queue", "23456789", Cell("bad", Tone.BAD)))


def test_nothing_is_cut_without_a_width() -> None:
    assert list(lay_out(COLUMNS, ROWS).lines(colour=False)) == [
        "NAME                           NUMBER  EXTRA",
        "mail                                1  x",
        "a-very-long-name-of-a-queue  23456789  bad",
    ]


def test_room_is_made_by_leaving_out_then_cutting() -> None:
    table = lay_out(COLUMNS, ROWS, 30)
    assert table.left_out == ("extra",)
    assert list(table.lines(colour=False)) == [
        "NAME                    NUMBER",
        "mail                         1",
        "a-very-long-name-of…  23456789",
    ]


def test_colours_repeat_a_word() -> None:
    lines = list(lay_out(COLUMNS, ROWS).lines(colour=True))
    assert lines[2].endswith("\x1b[31mbad\x1b[0m")
    assert "\x1b" not in "".join(lay_out(COLUMNS, ROWS).lines(colour=False))


@given(
    rows=st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5),
    room=st.one_of(st.none(), st.integers(min_value=1, max_value=60)),
)
def test_any_text_stays_in_its_line_and_room(rows: list[tuple[str, str, str]], room: int | None) -> None:
    table = lay_out(COLUMNS, rows, room)
    lines = list(table.lines(colour=False))
    assert len(lines) == len(rows) + 1
    for line in lines:
        assert "\n" not in line
        assert "\x1b" not in line
        assert room is None or cells(line) <= room


def test_wide_signs_take_two_columns() -> None:
    assert cells("日本") == 4
    assert cells("e\u0301") == 1
    assert cut("日本語", 4) == "日…"
    assert cut("日本語", 6) == "日本語"
    assert cut("abc", 0) == ""


def test_csv_is_guarded_against_formulas() -> None:
    stream = io.StringIO()
    with Out(stream).rows(("a", "b")) as add:
        for text in ("=1", "+1", "-1", "@x", "\t=1", "\r=1", "plain", 'quo"te', "", "\x1b[31m"):
            add({"a": text, "b": -1})
    assert stream.getvalue().splitlines() == [
        "a,b",
        "'=1,-1",
        "'+1,-1",
        "'-1,-1",
        "'@x,-1",
        "'␉=1,-1",
        "'␍=1,-1",
        "plain,-1",
        '"quo""te",-1',
        ",-1",
        "␛[31m,-1",
    ]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_json_arrays_have_a_document_on_each_line(number: int) -> None:
    stream = io.StringIO()
    with Out(stream).documents(Output.JSON) as add:
        for index in range(number):
            add({"n": index, "text": "\x1b\udcff\u202e"})
    text = stream.getvalue()
    assert [one["n"] for one in json.loads(text)] == list(range(number))
    assert "\x1b" not in text
    text.encode()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("-o json", True),
        ("--output json", True),
        ("--output=json", True),
        ("-ojson", True),
        ("-o jsonl", True),
        ("-o table", False),
        ("-o json -o table", False),
        ("-o", False),
        ("", False),
    ],
)
def test_whether_errors_are_json(words: str, wanted: bool) -> None:
    assert wants_json(words.split()) is wanted


@pytest.mark.parametrize("words", [("-u", "{}"), ("--url={}",), ("-u{}",), ("queues", "{}")])
@pytest.mark.parametrize("password", ["hunter22", "p%40ss", "with/slash", "with@at"])
def test_no_password_in_any_text(words: tuple[str, ...], password: str) -> None:
    url = f"redis://me:{password}@host:1"
    argv = [word.format(url) for word in words]
    shown = redacted(f"No such command {url!r} with {password}", argv, {})
    assert password not in shown
    assert "host:1" in shown


def test_no_password_of_the_environment() -> None:
    assert "hunter22" not in redacted("x hunter22 y", [], {"REDIS_URL": "redis://:hunter22@h"})
    assert redacted("x hunter33 y", [], {"BULLTUI_PASSWORD": "hunter33"}) == "x *** y"


@pytest.mark.parametrize("form", ['p@ss/w"rd', "p%40ss%2Fw%22rd", 'p@ss/w\\"rd', "p%40ss/w%22rd"])
def test_no_secret_that_was_read_somewhere_in_any_form(form: str) -> None:
    know('p@ss/w"rd', "")
    try:
        assert redacted(f"AUTH {form} was refused", [], {}) == "AUTH *** was refused"
    finally:
        forget()


def test_simple_types_are_read_without_pydantic() -> None:
    assert reader_for(list[int], None) is not None
    assert reader_for(dict, None) is None
    read = reader_for(list[Output], None)
    assert read is not None
    assert read(["JSON", Output.CSV]) == [Output.JSON, Output.CSV]


def test_sparklines() -> None:
    assert sparkline((0, 1, 7), 3) == "▁▂█"
    assert sparkline((0,) * 60) == ""
    assert len(sparkline(tuple(range(60)))) == 30


def test_one_long_name_fills_up_no_other_line() -> None:
    table = lay_out([Column("name", give=True), Column("n", right=True)], [("x" * 10_000, "1"), ("short", "23")])
    titles, long, short = table.lines(colour=False)
    assert long == "x" * 10_000 + "   1"
    assert short == "short".ljust(120) + "  23"
    assert titles == "NAME".ljust(120) + "   N"
