"""A report as Markdown, with tables as GitHub and most others read them. They read well in a terminal too."""

import re
from collections.abc import Sequence

from bulltui.domain.text import cells
from bulltui.reports.page import Column, Page, Section, Table, Tone

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$])")
_LINK = re.compile(r"\b(https?|ftp|www|mailto|xmpp)(?=[:.])", re.IGNORECASE)
_START = re.compile(r"^(\d*)([.)+=-])(?=\s|[=-]*$)")
"""What begins a list or makes a heading, at the start of a line."""


def markdown_of(page: Page) -> str:
    """The whole text."""
    parts = [f"# {plain(page.title)}", "\n".join(f"- {plain(name)}: {plain(text)}" for name, text in page.lead)]
    parts += [f"> **Not whole:** {plain(text)}" for text in page.warnings]
    parts.append(_line(" ".join(page.summary)))
    for section in page.sections:
        parts += _section(section)
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """A text that means itself: no sign of it is taken for markup, nor an address for a link."""
    return _LINK.sub(r"\1\\", _SPECIAL.sub(r"\\\1", text))


def _line(text: str) -> str:
    """A text that stands at the start of a line."""
    return _START.sub(r"\1\\\2", plain(text))


def _section(section: Section) -> list[str]:
    if section.plots and section.table is None:
        return []  # no pictures in a text
    parts = [f"## {plain(section.title)}", _line(" ".join(section.sentences))]
    if section.table is not None:
        parts += [_table(section.table), _line(section.table.more)]
    if section.items:
        parts.append("\n".join(f"- {_line(item)}" for item in section.items))
    return parts


def _table(table: Table) -> str:
    texts = [[plain(column.title) for column in table.columns]]
    texts += [[_bold(plain(cell.text), cell.tone) for cell in row] for row in table.rows]
    widths = [max(3, *(cells(row[at]) for row in texts)) for at in range(len(table.columns))]
    rule = [
        ("-" * (width - 1) + ":") if one.right else "-" * width
        for one, width in zip(table.columns, widths, strict=True)
    ]
    return "\n".join(_row(row, table.columns, widths) for row in (texts[0], rule, *texts[1:]))


def _bold(text: str, tone: Tone) -> str:
    return f"**{text}**" if tone is Tone.BAD and text else text


def _row(texts: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for text, column, width in zip(texts, columns, widths, strict=True):
        space = " " * (width - cells(text))
        padded.append(space + text if column.right else text + space)
    return f"| {' | '.join(padded)} |"
