"""The parts of an open job: which there are, which field each shows, and what is said above it."""

import textwrap
from enum import StrEnum

from bulltui.domain import human
from bulltui.domain.fields import Field, whole
from bulltui.domain.job import Job
from bulltui.domain.jsontext import Parsed
from bulltui.domain.reads import LogPage
from bulltui.domain.states import JobState
from bulltui.domain.text import visible_lines
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.tabs import Tab


class Part(StrEnum):
    """A tab of an open job."""

    DATA = "data"
    RESULT = "result"
    ERROR = "error"
    LOGS = "logs"
    OPTIONS = "options"
    TIMELINE = "timeline"
    RAW = "raw"


FIELD: dict[Part, str] = {
    Part.DATA: "data",
    Part.RESULT: "returnvalue",
    Part.ERROR: "stacktrace",
    Part.OPTIONS: "opts",
}
"""The field of the hash that a part shows."""


def parts(job: Job) -> tuple[Part, ...]:
    """The parts that this job has."""
    has_result = "returnvalue" in job.raw and job.returnvalue.text not in ("", "null")
    return tuple(part for part in Part if part is not Part.RESULT or has_result)


def first_part(job: Job) -> Part:
    """What one wants to see first."""
    return Part.ERROR if job.state is JobState.FAILED or (job.failed_reason and not job.finished_on) else Part.DATA


def tabs(job: Job) -> list[Tab]:
    """The tabs with what is known before they are opened."""
    return [Tab(part.value, part.value.capitalize(), *_count(job, part)) for part in parts(job)]


def _count(job: Job, part: Part) -> tuple[str, str]:
    if part is Part.ERROR and (job.failed_reason or job.stacktrace):
        return f"{max(1, len(job.stacktrace))}", "failed bold"
    if part is Part.LOGS and job.log_count:
        return human.count(job.log_count), "active"
    if part is Part.DATA and (found := job.raw.get("data")) is not None and found.size > 1024:
        return human.size(found.size), "dim"
    return "", ""


def json_of(job: Job, part: Part) -> Parsed | None:
    """The JSON that a part shows; None for parts that show none."""
    if part is Part.DATA:
        return job.data
    return job.returnvalue if part is Part.RESULT else None


def note(job: Job, part: Part) -> list[Cell]:
    """What to know about a part: that only its start is shown, or that it does not parse."""
    found = job.raw.get(FIELD.get(part, ""))
    parsed = json_of(job, part)
    if found is not None and found.cut:
        shown = human.size(len(found.text.encode("utf-8", "surrogateescape")))
        size = human.size(found.size)
        return [
            [
                (f"The first {shown} of {size}. " if found.text else f"{size}, too large to show. ", "delayed bold"),
                ("v shows all of it in the pager, ctrl+s saves it.", "delayed"),
            ]
        ]
    if parsed is not None and not parsed.ok:
        return [(f"The {part.value} is {parsed.problem}. The text as it is stored:", "failed")]
    return [(problem, "failed") for problem in job.problems] if part is Part.RAW else []


def field_of(job: Job, part: Part) -> str:
    """The field of the hash that a part stands for; empty for those that stand for none."""
    if part is Part.ERROR and "stacktrace" not in job.raw:
        return "failedReason"
    return FIELD.get(part, "")


def lines(job: Job, part: Part, logs: LogPage | None, now_ms: int, width: int) -> list[Cell]:
    """The lines of a part that is a text."""
    if job.missing:
        return missing_lines(job, width)
    if (parsed := json_of(job, part)) is not None:
        return text_lines(parsed.text)
    if part is Part.ERROR:
        from bulltui.tui.present.trace import error_lines

        return error_lines(job)
    if part is Part.OPTIONS:
        from bulltui.tui.present.options import option_lines

        return option_lines(job)
    if part is Part.TIMELINE:
        from bulltui.tui.present.timeline import timeline_lines

        return timeline_lines(job, now_ms, max(40, width))
    return log_lines(logs)


def log_lines(page: LogPage | None) -> list[Cell]:
    """The log, as far as it was read."""
    if page is None:
        return [("Reading…", "dim")]
    if not page.total:
        return [("This job has logged nothing.", "dim")]
    said: list[Cell] = []
    if page.start:
        said.append((f"{page.start:,} earlier lines; v shows all {page.total:,} in the pager.", "dim"))
    for line in page.lines:
        said += text_lines(line)
    return said


def text_lines(text: str) -> list[Cell]:
    """A text as lines, harmless."""
    return list(visible_lines(text).split("\n"))


def missing_lines(job: Job, width: int) -> list[Cell]:
    """What to say of a job of which only its id is left."""
    why = (
        f"The id stands in {job.state.value}, but its data was removed: by an eviction of the server (its policy must "
        "be noeviction), by another program, or by a removal that stopped half way. Workers skip it."
    )
    return [("There is no hash for this id.", "failed bold"), "", *textwrap.wrap(why, max(20, width))]


RAW_COLUMNS: tuple[Column, ...] = (
    Column("field", "field", min=20, max=24, flex=1, priority=100),
    Column("size", "size", width=9, align="right", priority=90),
    Column("value", "value", min=20, flex=6, priority=80),
)
_RAW_VALUE = 1000
_MEANING = {
    "atm": "attemptsMade",
    "ats": "attemptsStarted",
    "stc": "stalledCounter",
    "rjk": "repeatJobKey",
    "deid": "deduplicationId",
    "pb": "processedBy",
    "defa": "deferredFailure",
    "tm": "telemetry",
}
_TIMES = frozenset({"timestamp", "processedOn", "finishedOn"})
_ORDER = ("name", "data", "opts", "timestamp", "processedOn", "finishedOn", "failedReason", "stacktrace", "returnvalue")


def raw_fields(job: Job) -> list[tuple[str, Field]]:
    """The fields of the hash, those one looks for first."""
    places = {name: place for place, name in enumerate(_ORDER)}
    return sorted(job.raw.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))


def raw_cells(name: str, found: Field) -> tuple[Cell, ...]:
    """A field of the hash as a row."""
    title: Cell = [(name, "syntax-key"), (f" {_MEANING[name]}", "dim")] if name in _MEANING else (name, "syntax-key")
    text = found.text[:_RAW_VALUE]
    value: Cell = text or (
        ("too large to show: enter shows it in the pager", "delayed") if found.cut else ("empty", "dim")
    )
    if name in _TIMES and (at := whole(text)) is not None:
        value = [(text, ""), (f"   {human.clock(at)}", "dim")]
    return title, (human.size(found.size), "dim"), value
