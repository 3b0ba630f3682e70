"""Jobs that a search found, as lines of a table, rows of CSV and JSON documents."""

from typing import TYPE_CHECKING

from bulltui.cli.documents import JOB_FIELDS, job_row
from bulltui.cli.output import Scalar, Shape
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.human import age
from bulltui.domain.states import JobState

if TYPE_CHECKING:
    from bulltui.services.search import Match

_COLUMNS = (
    Column("queue", give=True),
    Column("state"),
    Column("id", give=True),
    Column("name", give=True),
    Column("age", right=True),
    Column("error or data", give=True),
)
FIELDS = (*JOB_FIELDS, "dataPreview")


def shape(now_ms: int) -> "Shape[Match]":
    """How jobs that were found are written."""

    def row(match: "Match") -> Row:
        at = match.at_ms
        when = "" if at is None else age(now_ms - at)
        return (match.ref.shown, match.job.state.value, match.job.id, _name(match), when, _excerpt(match))

    return Shape(_COLUMNS, row, FIELDS, record, record)


def record(match: "Match") -> dict[str, Scalar]:
    """A job that was found as plain values: what a list shows of it, and the start of its data (1 KiB)."""
    return job_row(match.ref, match.job) | {"dataPreview": match.job.data_preview}


def _name(match: "Match") -> Cell | str:
    return Cell("(no hash: its data is gone)", Tone.WARN) if match.job.missing else match.job.name


def _excerpt(match: "Match") -> Cell | str:
    """The error where there is one that still counts, else the start of the data."""
    job = match.job
    if job.failed_reason and job.state is not JobState.COMPLETED:
        return Cell(job.failed_reason, Tone.BAD)
    return job.data_preview
