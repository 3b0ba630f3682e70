"""A report as it is read, before it has a form: sections with a sentence, charts and a table. All text in it is
harmless in a terminal, and still to be escaped for the form that it goes into."""

from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.axes import Unit
from bulltui.domain.charting import Mark, Value


class Tone(StrEnum):
    """Whether something is worth a look. Never the only sign for it."""

    PLAIN = ""
    GOOD = "good"
    BAD = "bad"
    DIM = "dim"


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `right`: numbers, aligned to the right. `wide`: names and sentences, which are wrapped first
    where there is little room."""

    title: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles; `more` says what is not among them."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: str = ""

    def without(self, *titles: str) -> "Table":
        """The table without the columns of these titles."""
        kept = [at for at, column in enumerate(self.columns) if column.title not in titles]
        rows = tuple(tuple(row[at] for at in kept) for row in self.rows)
        return Table(tuple(self.columns[at] for at in kept), rows, self.more)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart: a value for each step, None where nothing is known. `faint`: it is there to compare with."""

    label: str
    values: tuple[Value, ...]
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart. The first value begins at `start_ms` (epoch ms)."""

    title: str
    unit: Unit
    start_ms: int
    step_ms: int
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is under it."""

    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    plots: tuple[Plot, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """All of it: `lead` is about what this is, `summary` what is to be known first, `warnings` what is missing."""

    title: str
    lead: tuple[tuple[str, str], ...]
    summary: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
