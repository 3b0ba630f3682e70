"""Where results go: tables for people, JSON and CSV for programs, notes beside both."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TextIO, TypeVar

from bulltui.cli.options import Output
from bulltui.cli.table import Column, GrowingTable, Row, Tone, lay_out
from bulltui.domain.csv_text import Scalar, csv_line
from bulltui.domain.jsontext import Json, dump
from bulltui.domain.text import visible

__all__ = ["Document", "Item", "Out", "Scalar", "Shape", "note", "reader_left"]

Document = Mapping[str, Json]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Out:
    """Standard output, or what is beside it. `width` is None where it is no terminal: then nothing is cut. `colour`
    only on a terminal. Where `several` servers are shown, rows of CSV end with the server's label."""

    stream: TextIO
    width: int | None = None
    colour: bool = False
    several: bool = False

    @classmethod
    def standard(cls) -> "Out":
        """What this process was given."""
        return cls._on(sys.stdout)

    @classmethod
    def beside(cls) -> "Out":
        """Standard error, for what is no result: questions and progress."""
        return cls._on(sys.stderr)

    @classmethod
    def _on(cls, stream: TextIO) -> "Out":
        if not stream.isatty():
            return cls(stream)
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return cls(stream, shutil.get_terminal_size().columns, colour=not plain)

    @property
    def terminal(self) -> bool:
        """Whether a person is looking."""
        return self.width is not None

    def line(self, text: str = "") -> None:
        """A line that is harmless already."""
        self.stream.write(text + "\n")

    def paint(self, text: str, tone: Tone) -> str:
        """`text` in a colour, where there are colours."""
        return tone.paint(text) if self.colour else text

    def flush(self) -> None:
        """Writes what waits."""
        self.stream.flush()

    def raw(self, content: bytes) -> None:
        """Bytes as they are."""
        self.stream.flush()
        self.stream.buffer.write(content)
        self.stream.buffer.flush()

    def table(self, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        """A table for people."""
        table = lay_out(columns, rows, self.width)
        for text in table.lines(colour=self.colour):
            self.line(text)
        self._tell_left_out(table.left_out)

    def _tell_left_out(self, titles: Sequence[str]) -> None:
        if titles:
            self.flush()
            note(f"No room for: {', '.join(titles)}. A wider terminal shows all, and so does `| cat`.")

    def document(self, document: Json, *, short: bool = False) -> None:
        """One JSON document, `short` on one line."""
        self.line(dump(document, indent=None if short else 2))

    @contextmanager
    def documents(self, output: Output) -> Iterator[Callable[[Document], None]]:
        """Takes documents one after the other: a JSON array with one on each line, or JSON lines."""
        first = True

        def array(document: Document) -> None:
            nonlocal first
            self.stream.write(("[\n" if first else ",\n") + dump(document))
            first = False

        def stream(document: Document) -> None:
            self.line(dump(document))

        if output is Output.JSONL:
            yield stream
            return
        yield array
        self.line("[]" if first else "\n]")

    @contextmanager
    def rows(self, header: Sequence[str]) -> Iterator[Callable[[Mapping[str, Scalar]], None]]:
        """Takes the rows of a CSV file whose titles are `header`."""
        if self.several and "server" not in header:
            header = (*header, "server")
        self.stream.write(csv_line(header))

        def add(row: Mapping[str, Scalar]) -> None:
            self.stream.write(csv_line(row.get(name) for name in header))

        yield add

    @contextmanager
    def growing(self, output: Output, shape: "Shape[Item]") -> "Iterator[Callable[[Sequence[Item]], None]]":
        """Takes items in handfuls, none too now and then, and writes them as they come in the form asked for."""
        if output is Output.TABLE:
            table = GrowingTable(shape.columns, self.width)

            def add_rows(items: Sequence[Item], *, last: bool = False) -> None:
                rows = map(shape.row, items)
                for text in table.lines(rows, time.monotonic(), colour=self.colour, last=last):
                    self.line(text)
                self.flush()

            try:
                yield add_rows
            finally:
                add_rows((), last=True)
            self._tell_left_out(table.left_out)
            return
        record = self.rows(shape.fields) if output is Output.CSV else self.documents(output)
        written = shape.record if output is Output.CSV else shape.document
        with record as write:

            def add(items: Sequence[Item]) -> None:
                for item in items:
                    write(written(item))
                self.flush()

            yield add
        self.flush()

    def listing(self, output: Output, items: Sequence[Item], shape: "Shape[Item]") -> None:
        """All of `items` in the form asked for. Of none a table shows nothing, so that a note can say why."""
        if output is Output.TABLE:
            if items:
                self.table(shape.columns, [shape.row(item) for item in items])
        elif output is Output.CSV:
            with self.rows(shape.fields) as add:
                for item in items:
                    add(shape.record(item))
        else:
            with self.documents(output) as add_document:
                for item in items:
                    add_document(shape.document(item))
        self.flush()


@dataclass(frozen=True, slots=True)
class Shape(Generic[Item]):
    """How one kind of thing is listed: as a line of a table, a row of CSV with these titles, and a JSON document."""

    columns: Sequence[Column]
    row: Callable[[Item], Row]
    fields: Sequence[str]
    record: Callable[[Item], Mapping[str, Scalar]]
    document: Callable[[Item], Document]


def reader_left() -> None:
    """Whoever read our output has had enough, as `head` does: that is no error, and Python shall not say so either."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """A remark beside the result, on standard error."""
    print(visible(text), file=sys.stderr)  # noqa: T201
