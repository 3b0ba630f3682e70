"""A report as PDF, on A4, with its charts as vectors. Needs fpdf2, which only this module and those beside it import.

The fonts that every reader of PDF has know the letters of western Europe. What they lack is written as `\\u{1f600}`, so
that no name is lost or mistaken for another; a font of one's own may be given in their place. Letters that run from
right to left are written so as well, whatever the font, since nothing here could put them in their order.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.fonts import FontFace

from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible
from bulltui.reports.drawing import drawing_of
from bulltui.reports.html import marks_told
from bulltui.reports.page import Cell, Column, Page, Plot, Section, Table, Tone
from bulltui.reports.pdf_charts import draw

MARGIN = 14.0
"""In mm, as all lengths here."""
_BODY, _SMALL, _TABLE = 9.5, 8.0, 8.0
_LINE = 4.6
_CHART = (352.0, 142.0)
_SCALE = 0.25
_LEAST = 17.0
_COLOURS = {Tone.PLAIN: (29, 36, 48), Tone.BAD: (168, 20, 20), Tone.GOOD: (20, 104, 52), Tone.DIM: (91, 102, 117)}
_LINES = 30
"""So many full lines of a table's cell are about half a page; words that are wrapped make more of them."""
_PADDING = 2.4
_RULE = (217, 222, 229)
_OWN = "own"
_LATIN = "cp1252"
_PLAINER = {"−": "-", "▲": "triangle:", "◆": "diamond:", "␛": "\\e"}
"""What stands for signs of ours that a font lacks, and for the commonest of those that stand for what is not shown."""
ESCAPED = "Signs that the font of this file lacks are written as \\u{...} with their number."


class _Paper(FPDF):
    """Pages with their number at the foot."""

    def __init__(self, title: str, font: str) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = _LATIN
        self.family = "Helvetica"
        self.escaped = False
        self._about = title
        self._known: set[int] = set()
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 4)
        if font:
            self._take(font)

    def _take(self, font: str) -> None:
        with _as_font(font):
            for style in ("", "B"):
                self.add_font(_OWN, style, font)
            self._known = set(getattr(self.fonts[_OWN], "cmap", ()))
        self.family = _OWN

    def footer(self) -> None:
        """What the library calls at the end of each page."""
        self.set_y(-MARGIN)
        self.style(_SMALL, tone=Tone.DIM)
        self.cell(0, 5, self.said(self._about))
        self.set_x(MARGIN)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")

    def style(self, size: float, *, bold: bool = False, tone: Tone = Tone.PLAIN) -> None:
        """How what comes is written."""
        self.set_font(self.family, "B" if bold else "", size)
        self.set_text_color(*_COLOURS[tone])

    def said(self, text: str) -> str:
        """`text` in signs that the font has."""
        return "".join(sign if self._has(sign) else self._escape(sign) for sign in text)

    def _has(self, sign: str) -> bool:
        if sign.isascii():
            return True
        if unicodedata.bidirectional(sign) in ("R", "AL", "AN"):
            return False
        if self._known:
            return ord(sign) in self._known
        try:
            sign.encode(_LATIN)
        except UnicodeEncodeError:
            return False
        return True

    def _escape(self, sign: str) -> str:
        if sign in _PLAINER:
            return _PLAINER[sign]
        self.escaped = True
        return f"\\u{{{ord(sign):x}}}"


def pdf_of(page: Page, *, made_ms: int, font: str = "") -> bytes:
    """The whole file. `font` is the path of a TrueType or OpenType font; raises UsageError for one that is none."""
    paper = _Paper(page.title, font)
    paper.set_title(paper.said(page.title))
    paper.set_creator("bulltui")
    paper.set_lang("en")
    paper.set_creation_date(datetime.fromtimestamp(made_ms / 1000, UTC))
    paper.add_page()
    paper.style(17, bold=True)
    paper.multi_cell(0, 8, paper.said(page.title), align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(1.5)
    _lead(paper, page.lead)
    for text in page.warnings:
        paper.style(_BODY, bold=True, tone=Tone.BAD)
        _paragraph(paper, f"Not whole: {text}")
    paper.style(11)
    _paragraph(paper, " ".join(page.summary), height=5.4)
    for section in page.sections:
        _section(paper, section)
    if paper.escaped:
        paper.ln(3)
        paper.style(_SMALL, tone=Tone.DIM)
        hint = "" if font else " `--font FILE` takes another font."
        _paragraph(paper, ESCAPED + hint)
    with _as_font(font):
        return bytes(paper.output())


@contextmanager
def _as_font(font: str) -> Iterator[None]:
    """Tells of whatever a font brings up, which its parser has many errors for."""
    try:
        yield
    except Exception as error:
        if not font:
            raise
        raise UsageError(
            f"{visible(font)} is no font that can be used: {visible(str(error)) or type(error).__name__}.",
            hint="--font takes a TrueType or OpenType file, such as DejaVuSans.ttf.",
            code="font",
        ) from error


def _paragraph(paper: _Paper, text: str, *, height: float = _LINE) -> None:
    paper.multi_cell(0, height, paper.said(text), align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(1)


def _lead(paper: _Paper, lead: Sequence[tuple[str, str]]) -> None:
    for name, text in lead:
        paper.style(_BODY, tone=Tone.DIM)
        paper.cell(32, _LINE, paper.said(name))
        paper.style(_BODY)
        paper.multi_cell(0, _LINE, paper.said(text), align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)


def _section(paper: _Paper, section: Section) -> None:
    if paper.will_page_break(_room(section)):
        paper.add_page()
    else:
        paper.ln(3)
    paper.style(12, bold=True)
    _paragraph(paper, section.title, height=6)
    if section.sentences:
        paper.style(_BODY, tone=Tone.DIM)
        _paragraph(paper, " ".join(section.sentences))
    if section.plots:
        _plots(paper, section.plots)
    if section.table is not None:
        _table(paper, section.table)
    for item in section.items:
        paper.style(_BODY)
        _paragraph(paper, f"- {item}")


def _room(section: Section) -> float:
    """How much of a section must fit on a page, or it begins on the next: its heading and the start of what comes."""
    return 60.0 if section.plots else 34.0 if section.table is not None else 22.0


def _plots(paper: _Paper, plots: Sequence[Plot]) -> None:
    paper.style(_SMALL, tone=Tone.DIM)
    _paragraph(paper, marks_told(tuple(plots)))
    width, height = (length * _SCALE for length in _CHART)
    for number, plot in enumerate(plots):
        if number % 2 == 0 and paper.will_page_break(height + 2):
            paper.add_page()
        x = MARGIN if number % 2 == 0 else paper.w - MARGIN - width
        draw(paper, drawing_of(plot, *_CHART), x, paper.get_y(), _SCALE, family=paper.family, said=paper.said)
        if number % 2 or number == len(plots) - 1:
            paper.set_y(paper.get_y() + height + 2)


def _table(paper: _Paper, table: Table) -> None:
    paper.style(_TABLE)
    paper.set_draw_color(*_RULE)
    paper.set_line_width(0.2)
    texts = [[paper.said(cell.text) for cell in row] for row in table.rows]
    titles = [paper.said(column.title) for column in table.columns]
    widths = _widths(paper, table.columns, [titles, *texts])
    paper.style(_TABLE)
    shares = [paper.epw * width / sum(widths) for width in widths]
    texts = [[_fitted(paper, *pair) for pair in zip(row, shares, strict=True)] for row in texts]
    head = FontFace(emphasis="BOLD", color=_COLOURS[Tone.DIM])
    with paper.table(
        col_widths=widths,
        text_align=tuple("RIGHT" if column.right else "LEFT" for column in table.columns),
        v_align="TOP",
        borders_layout="HORIZONTAL_LINES",
        headings_style=head,
        line_height=3.7,
        padding=(0.6, 1.2),
        width=paper.epw,
    ) as grid:
        grid.row(titles)
        for row, words in zip(table.rows, texts, strict=True):
            line = grid.row()
            for cell, text in zip(row, words, strict=True):
                line.cell(text, style=_face(cell))
    paper.ln(1)
    if table.more:
        paper.style(_SMALL, tone=Tone.DIM)
        _paragraph(paper, table.more)


def _fitted(paper: _Paper, text: str, width: float) -> str:
    """What of a text fits into a cell that is so wide, and how much more there is: a row cannot go over two pages."""
    needed, room = paper.get_string_width(text), _LINES * (width - _PADDING)
    if needed <= room:
        return text
    kept = max(1, int(len(text) * room / needed))
    return f"{text[:kept]}... ({len(text) - kept:,} more signs)"


def _face(cell: Cell) -> FontFace:
    return FontFace(emphasis="BOLD" if cell.tone is Tone.BAD else None, color=_COLOURS[cell.tone])


def _widths(paper: _Paper, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> tuple[float, ...]:
    """Numbers get the room that they need; names share what is left, the longer ones more of it. What nobody needs goes
    to all."""
    paper.style(_TABLE, bold=True)
    needed = [min(max(paper.get_string_width(row[at]) for row in rows) + 2.9, paper.epw) for at in range(len(columns))]
    wide = [at for at, column in enumerate(columns) if column.wide]
    left = paper.epw - sum(width for at, width in enumerate(needed) if at not in wide)
    if sum(needed) <= paper.epw:
        return tuple(needed)
    if left < _LEAST * len(wide):
        # Those that need less than an equal share have what they need, and the others share the rest.
        share = paper.epw / len(needed)
        greedy = sum(width > share for width in needed)
        rest = paper.epw - sum(width for width in needed if width <= share)
        return tuple(width if width <= share else rest / greedy for width in needed)
    more = {at: max(min(needed[at], left) - _LEAST, 0.0) for at in wide}
    spare = left - _LEAST * len(wide)
    return tuple(
        _LEAST + spare * more[at] / sum(more.values()) if at in wide else needed[at] for at in range(len(columns))
    )
