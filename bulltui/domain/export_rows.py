"""Jobs as the lines of a file: whole as JSON, so that they can be added again, or columns of them as CSV."""

from collections.abc import Sequence
from enum import StrEnum

from bulltui.domain.csv_text import Scalar, csv_line
from bulltui.domain.errors import UsageError
from bulltui.domain.job import Job
from bulltui.domain.job_json import job_document
from bulltui.domain.jsontext import Json, dump, harmless
from bulltui.domain.query.json_values import at_path
from bulltui.domain.text import is_unicode, visible


class Format(StrEnum):
    """How jobs are written down."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"


FIELDS = (
    *("id", "name", "queue", "prefix", "state", "data", "opts", "progress", "delay", "priority", "timestamp"),
    *("attemptsMade", "attemptsStarted", "stalledCounter", "stacktrace", "returnvalue", "failedReason"),
    *("processedOn", "finishedOn", "parentKey", "parent", "repeatJobKey", "deduplicationId", "processedBy"),
    *("deferredFailure", "missing", "problems", "server"),
)
"""The fields of a job's document, each of which can be a column; further ones below `data` and the like by paths."""

COLUMNS = (
    *("id", "name", "queue", "state", "timestamp", "processedOn", "finishedOn", "attemptsMade", "delay", "priority"),
    *("failedReason", "data", "returnvalue"),
)
"""The columns of a CSV file unless others are named."""


def columns_from(text: str) -> tuple[str, ...]:
    """Columns as a person lists them, with commas. Raises UsageError for one that jobs do not have."""
    columns = tuple(part.strip() for part in text.split(",") if part.strip())
    for column in columns:
        field = column.partition(".")[0]
        if field not in FIELDS:
            from difflib import get_close_matches  # noqa: PLC0415  only for a hint

            near = get_close_matches(field, FIELDS, n=1)
            raise UsageError(
                f"Jobs have no field {visible(field)!r}.",
                hint=f"Did you mean {near[0]}?" if near else f"There are {', '.join(FIELDS)}, and paths: data.orderId.",
            )
    if not columns:
        raise UsageError("No columns are named.", hint="Write them like id,name,data.orderId.")
    return columns


def job_text(job: Job) -> str:
    """A job as JSON on one line. The data stands in it as it is stored where that is JSON of one line, so that numbers
    and escapes come back as they were."""
    document = job_document(job)
    stored = job.data.text
    if not stored or not job.data.ok or "\n" in stored or "\r" in stored or not is_unicode(stored):
        return dump(document)
    # Within a text the quotes would have backslashes before them, and no other field of this name comes earlier.
    return dump(document | {"data": None}).replace('"data":null', f'"data":{harmless(stored)}', 1)


def is_exact(job: Job) -> bool:
    """Whether JSON can hold all that was read of it: there is no byte that is no UTF-8."""
    return is_unicode(job.id) and all(is_unicode(found.text) for found in job.raw.values())


class Writer:
    """The lines of a file of one format. `columns` are those of CSV."""

    def __init__(self, form: Format, columns: Sequence[str] = COLUMNS) -> None:
        self._form = form
        self._columns = tuple(columns)
        self._paths = tuple(tuple(column.split(".")) for column in columns)

    def start(self) -> str:
        """What stands before the first job."""
        return csv_line(self._columns) if self._form is Format.CSV else ""

    def job(self, job: Job, before: int) -> str:
        """A job with what divides it from the `before` ones."""
        if self._form is Format.CSV:
            document = job_document(job)
            return csv_line(_cell(at_path([document], path)) for path in self._paths)
        if self._form is Format.JSONL:
            return job_text(job) + "\n"
        return ("[\n" if not before else ",\n") + job_text(job)

    def end(self, jobs: int) -> str:
        """What stands behind the last of so many."""
        if self._form is Format.JSON:
            return "\n]\n" if jobs else "[]\n"
        return ""


def _cell(found: list[Json]) -> Scalar:
    """What a path leads to: the value itself, or as JSON where it is no single one."""
    if not found:
        return None
    value = found[0] if len(found) == 1 else found
    return value if value is None or isinstance(value, str | int | float) else dump(value)
