"""Every form has the numbers, and no name breaks out of any."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bulltui.domain.report import Report
from bulltui.domain.report_period import Kind, period_of
from bulltui.domain.text import visible
from bulltui.reports.form import Form
from bulltui.reports.markdown import plain
from bulltui.reports.tidy import COLUMNS
from bulltui.reports.writing import written
from tests.reports.hostile import NAMES, hostile
from tests.reports.week import NOW, week

_ROW = re.compile(r"(?<!\\)\|")


@pytest.fixture(scope="module")
def made() -> Report:
    return week()


@pytest.fixture(scope="module")
def bad() -> Report:
    return hostile()


class Tags(HTMLParser):
    """What a page is made of, and what is written in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.names: set[str] = set()
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.names.update(name for name, _ in attrs)
        if tag not in ("meta", "polyline", "polygon", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said.append(data)


def test_html_loads_nothing_and_runs_nothing(made: Report, bad: Report) -> None:
    good, page = (written(one, Form.HTML, top=50).decode() for one in (made, bad))
    parsed = Tags(page)
    assert set(parsed.tags) <= {
        *(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "section",
            "h1",
            "h2",
            "p",
            "strong",
            "dl",
            "dt",
            "dd",
        ),
        *(
            "ul",
            "li",
            "div",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "bdi",
            "svg",
            "polyline",
            "polygon",
            "text",
            "rect",
        ),
    }
    assert not any(name.startswith("on") or name in ("src", "href", "style", "id") for name in parsed.names)
    assert not parsed.open
    assert "http:" not in good
    assert "https:" not in good
    assert "url(" not in page
    assert "@import" not in page
    text = "".join(parsed.said)
    for name in NAMES:
        assert visible(name) in text
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_html_forbids_all_but_its_own_style(made: Report) -> None:
    page = written(made, Form.HTML).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#x27;none&#x27;; style-src &#x27;sha256-")
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def rows_of(text: str) -> list[list[str]]:
    return [_ROW.split(line)[1:-1] for line in text.splitlines() if line.startswith("|")]


def test_markdown_tables_keep_their_columns(bad: Report) -> None:
    text = written(bad, Form.MD, top=50).decode()
    tables = re.split(r"\n\n", text)
    found = 0
    for table in tables:
        rows = rows_of(table)
        if rows:
            found += 1
            assert len({len(row) for row in rows}) == 1, table
            assert len({len(line) for line in table.splitlines()}) < 6  # laid out, but for signs of two columns
    assert found >= 8
    for name in NAMES:
        assert plain(visible(name)) in text
    assert "<script" not in text.replace("\\<script", "")
    assert "\x1b" not in text
    assert "http:/" not in text  # no link by itself


def test_markdown_says_what_is_to_be_known_first(made: Report) -> None:
    text = written(made, Form.MD).decode()
    assert text.startswith("# Queues, week to 2026-11-27 ")
    summary = text.split("\n## ")[0]
    assert f"{made.total.completed:,} jobs completed" in summary
    assert f"{made.total.failed:,} jobs failed for good" in summary
    assert "4 alerts fired, 2 still firing. 1 queue with jobs has no workers now." in summary
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        *("Totals", "Queues by failures", "Errors", "Queues by throughput", "Slowest job names", "Longest waits"),
        *("Alerts", "Actions", "Backlog at the end", "Paused or without workers now", "What this report does not know"),
    ]
    assert "2 more names." in text
    assert "0.3s" in text  # a number is no list


@pytest.mark.parametrize(
    ("kind", "end", "title"),
    [
        (Kind.DAY, "2026-11-26", "Queues, 2026-11-26"),
        (Kind.WEEK, "2026-11-22", "Queues, 2026-11-16 to 2026-11-22"),
        (Kind.DAY, "2026-11-26T18:00", "Queues, day to 2026-11-26 18:00"),
        (Kind.WEEK, "2026-11-27", "Queues, week to 2026-11-27 14:45"),
    ],
)
def test_the_title_says_which_days_it_is_about(made: Report, kind: Kind, end: str, title: str) -> None:
    of_it = replace(made, period=period_of(kind, NOW, end=end))
    assert written(of_it, Form.MD).decode().startswith(f"# {title}\n")


def test_there_are_no_columns_for_what_is_not_compared(made: Report) -> None:
    alone = replace(made, before=None, queues=tuple(replace(line, before=None) for line in made.queues))
    text = written(alone, Form.MD).decode()
    assert "- Compared with: nothing; why is said at the end" in text
    titles = {
        rows[0][1].strip(): [cell.strip() for cell in rows[0]] for rows in map(rows_of, text.split("\n\n")) if rows
    }
    assert sum("Before" in row for row in titles.values()) == 1  # of errors, which the server tells of both
    assert not any("Change" in row for row in titles.values())
    assert f"{made.total.completed:,}" in text


def test_what_is_missing_stands_in_front(bad: Report) -> None:
    text = written(bad, Form.MD).decode()
    assert text.index("> **Not whole:**") < text.index("## Totals")


def test_csv_is_one_tidy_table(made: Report, bad: Report) -> None:
    text = written(made, Form.CSV).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    values = {(row["section"], row["queue"], row["name"], row["measure"]): row for row in rows}
    total = values["total", "", "", "completed"]
    assert made.before is not None
    assert (total["value"], total["before"]) == (str(made.total.completed), str(made.before.completed))
    for line in made.queues:
        assert values["queue", line.ref.key, "", "failed"]["value"] == str(line.now.failed)
    assert values["alert", "bull:images", "backlog", "firing"]["value"] == "true"
    assert values["action", "bull:payments", "d3", "outcome"]["value"] == "partly 1,880, 24 left"
    hostile_text = written(bad, Form.CSV).decode()
    cells = [cell for row in csv.reader(io.StringIO(hostile_text)) for cell in row]
    assert {len(row) for row in csv.reader(io.StringIO(hostile_text))} == {len(COLUMNS)}
    assert not any(cell.startswith(("=", "@", "\t")) for cell in cells)
    assert "\x1b" not in hostile_text


def test_json_has_everything_as_it_is(made: Report, bad: Report) -> None:
    document = json.loads(written(made, Form.JSON))
    assert document["total"]["completed"] == made.total.completed
    assert document["before"]["failed"] == made.before.failed  # type: ignore[union-attr]
    assert [queue["now"]["failed"] for queue in document["queues"]] == [line.now.failed for line in made.queues]
    assert document["period"]["end"] == made.period.span.end_ms
    assert document["whole"] is True
    assert document["errors"]["groups"][0]["count"] == 412
    assert made.alerts
    assert document["alerts"][0]["lasted"] == made.alerts[0].lasted_ms
    assert document["actions"][2]["outcome"] == "partly"
    assert len(document["charts"]["now"]["lines"]["completed"]) == 169
    assert set(document) == {
        *(
            "format",
            "made",
            "version",
            "period",
            "whole",
            "missing",
            "notes",
            "covered",
            "servers",
            "globs",
            "total",
            "before",
        ),
        *("queues", "names", "errors", "alerts", "actions", "now", "charts"),
    }
    told = json.loads(written(bad, Form.JSON))
    assert [queue["name"] for queue in told["queues"]][:-2] == list(NAMES)[:-2]
    assert told["whole"] is False


def test_a_report_of_nothing_can_be_written_too(made: Report) -> None:
    empty = Report(made.period, made.made_ms, "", type(made.total)())
    for form in Form:
        assert written(empty, form)
    assert "Nothing is known of this time." in written(empty, Form.MD).decode()
