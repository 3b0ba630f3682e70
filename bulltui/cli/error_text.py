"""Groups of errors and their jobs as rows of tables, rows of CSV and JSON documents. The documents are stable."""

from dataclasses import dataclass

from bulltui.cli.documents import of_server
from bulltui.cli.output import Scalar, Shape
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.error_groups import ErrorGroup, Trend
from bulltui.domain.human import ago
from bulltui.domain.jsontext import Json
from bulltui.domain.scan import Candidate
from bulltui.services.grouping import at_of, text

_COLUMNS = (
    Column("key"),
    Column("jobs", right=True),
    Column("share", right=True),
    Column("trend"),
    Column("last seen"),
    Column("first seen", drop=2),
    Column("error", give=True),
    Column("in your code", give=True, drop=1),
    Column("names", give=True, drop=3),
    Column("such as", give=True, drop=4),
)

_TONES = {
    Trend.NEW: Tone.BAD,
    Trend.GROWING: Tone.WARN,
    Trend.SHRINKING: Tone.OK,
    Trend.GONE: Tone.OK,
    Trend.OLD: Tone.DIM,
}

_FIELDS = (
    "key",
    "title",
    "frame",
    "count",
    "share",
    "trend",
    "lastSpan",
    "spanBefore",
    "firstAt",
    "lastAt",
    "names",
    "sampleId",
    "sampleQueue",
    "samplePrefix",
    "sampleReason",
)


@dataclass(frozen=True, slots=True)
class Groups:
    """How groups are written, among `total` failed jobs, at `now` (epoch ms)."""

    total: int
    now: int

    @property
    def shape(self) -> Shape[ErrorGroup]:
        """See `Shape`."""
        return Shape(_COLUMNS, self.row, _FIELDS, self.record, self.document)

    def row(self, group: ErrorGroup) -> Row:
        """A line of the table."""
        mark = group.fingerprint
        return (
            mark.key,
            f"{group.count:,}",
            f"{self._share(group):.0%}" if self._share(group) >= 0.01 else "<1%",
            Cell(group.trend.value, _TONES.get(group.trend, Tone.PLAIN)),
            self._ago(group.last_at),
            self._ago(group.first_at),
            Cell(mark.title, Tone.BAD),
            mark.frame,
            _names(group),
            group.sample_id,
        )

    def document(self, group: ErrorGroup) -> dict[str, Json]:
        """A group as a JSON object."""
        ref = group.sample_ref
        return self._start(group) | {
            "names": dict(sorted(group.names.items(), key=lambda item: -item[1])),
            "queues": [
                {"name": ref.name, "prefix": ref.prefix, **of_server(ref), "count": count}
                for ref, count in group.queues.items()
            ],
            "sample": {
                "id": group.sample_id,
                "queue": ref.name if ref else None,
                "prefix": ref.prefix if ref else None,
                **(of_server(ref) if ref else {}),
                "failedReason": group.sample,
            },
        }

    def record(self, group: ErrorGroup) -> dict[str, Scalar]:
        """A group as plain values."""
        ref = group.sample_ref
        return self._start(group) | {
            "names": _names(group),
            "sampleId": group.sample_id,
            "sampleQueue": ref.name if ref else None,
            "samplePrefix": ref.prefix if ref else None,
            **(of_server(ref) if ref else {}),
            "sampleReason": group.sample,
        }

    def _start(self, group: ErrorGroup) -> dict[str, Scalar]:
        return {
            "key": group.fingerprint.key,
            "title": group.fingerprint.title,
            "frame": group.fingerprint.frame or None,
            "count": group.count,
            "share": round(self._share(group), 4),
            "trend": group.trend.value,
            "lastSpan": group.last_hour,
            "spanBefore": group.hour_before,
            "firstAt": group.first_at,
            "lastAt": group.last_at,
        }

    def _share(self, group: ErrorGroup) -> float:
        return group.count / max(1, self.total)

    def _ago(self, at: int | None) -> str:
        return "" if at is None else ago(self.now - at)


def _names(group: ErrorGroup) -> str:
    """Job names, the most frequent first."""
    counted = sorted(group.names.items(), key=lambda item: -item[1])
    if len(counted) == 1:
        return counted[0][0]
    return ", ".join(f"{name} {count:,}" for name, count in counted)


_JOB_COLUMNS = (
    Column("id"),
    Column("queue", give=True),
    Column("name", give=True),
    Column("failed"),
    Column("error", give=True),
)
_JOB_FIELDS = ("id", "name", "queue", "prefix", "finishedOn", "failedReason")


def jobs_shape(now: int) -> Shape[Candidate]:
    """How the jobs of a group are written."""

    def row(job: Candidate) -> Row:
        at = at_of(job)
        failed = "" if at is None else ago(now - at)
        return (job.id, job.ref.shown, text(job, "name"), failed, Cell(text(job, "failedReason"), Tone.BAD))

    return Shape(_JOB_COLUMNS, row, _JOB_FIELDS, job_record, job_record)


def job_record(job: Candidate) -> dict[str, Scalar]:
    """A job of a group as plain values, named as BullMQ names them."""
    return {
        "id": job.id,
        "name": text(job, "name"),
        "queue": job.ref.name,
        "prefix": job.ref.prefix,
        **of_server(job.ref),
        "finishedOn": at_of(job),
        "failedReason": text(job, "failedReason"),
    }
