"""Cells of CSV files that no spreadsheet takes for a formula and no terminal for a command."""

import csv
import io
from collections.abc import Iterable

from bulltui.domain.text import visible

Scalar = str | int | float | bool | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


def csv_cell(value: Scalar) -> Scalar:
    """A value as a cell. A text that a spreadsheet would take for a formula gets a `'` before it; numbers stay."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    return "'" + visible(value) if value.startswith(_FORMULA) else visible(value)


def csv_line(values: Iterable[Scalar]) -> str:
    """A line of a CSV file, with its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([csv_cell(value) for value in values])
    return line.getvalue()
