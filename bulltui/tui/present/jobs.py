"""A job as a line of the table: the columns that make sense for its state."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bulltui.domain import human
from bulltui.domain.job import JobSummary
from bulltui.domain.jsontext import Json
from bulltui.domain.states import JobState
from bulltui.tui.present import signs
from bulltui.tui.present.line import pieces
from bulltui.tui.widgets.cells import Cell, width_of
from bulltui.tui.widgets.columns import Column

_NONE: Cell = ("–", "dim")
_WIDE = 60  # characters that are measured
_TOO_WIDE = 10_000
_FITS = 16  # cells up to which an id or a name is never cut
_PREVIEW = 400  # characters of a preview that are looked at: no screen is wider


@dataclass(frozen=True, slots=True)
class JobColumn:
    """A column and how its cell comes from a job and the time (epoch ms)."""

    column: Column
    cell: Callable[[JobSummary, int], Cell]


def _sign(job: JobSummary, now: int) -> Cell:
    if job.missing or job.foreign:
        return signs.MISSING, "failed"
    if job.state is JobState.ACTIVE and job.locked is False:
        return signs.STALLED, "failed"
    if job.scheduler:
        return signs.SCHEDULED, "dim"
    return (signs.CHILD, "dim") if job.parent_key else ""


def _name(job: JobSummary, now: int) -> Cell:
    if job.missing:
        return "missing", "failed"
    if job.foreign:
        return "no job", "failed"
    if job.state is JobState.ACTIVE and job.locked is False:
        return [("stalled ", "failed"), (job.name, "")]
    return job.name or ("no name", "dim")


def _since(at: int | None, now: int) -> Cell:
    if at is None:
        return _NONE
    # Clocks of two machines differ a little; far ahead a time is wrong, and must not look like just now.
    return ("future", "failed") if at - now > human.MINUTE_MS else human.age(max(0, now - at))


def _span(start: int | None, end: int | None) -> Cell:
    return _NONE if start is None or end is None else human.duration(max(0, end - start))


def _waited(job: JobSummary, now: int) -> Cell:
    waited = job.waited_ms
    return _NONE if waited is None else human.duration(waited)


def _due(job: JobSummary, now: int) -> Cell:
    due = job.due_at
    if due is None:
        return _NONE
    return human.age(due - now) if due > now else (f"late {human.age(now - due)}", "failed")


def _tries(job: JobSummary, now: int) -> Cell:
    if job.missing or job.foreign:
        return _NONE
    started = job.attempts_made + (1 if job.state is JobState.ACTIVE else 0)
    text = f"{started}/{job.max_attempts or '?'}"
    return (text, "delayed") if started > 1 else (text, "" if started else "dim")


def _priority(job: JobSummary, now: int) -> Cell:
    return str(job.priority) if job.priority else ("–", "dim")


def progress_text(progress: Json) -> str:
    """Progress as people report it: a number as per cent, else what it says."""
    if isinstance(progress, bool) or progress is None:
        return ""
    if isinstance(progress, int | float):
        return f"{progress:.0f}%" if 0 < progress <= 1000 else ""
    if isinstance(progress, dict):
        for name in ("percent", "percentage", "progress", "pct"):
            if isinstance(progress.get(name), int | float):
                return progress_text(progress[name])
        return ", ".join(f"{name} {value}" for name, value in list(progress.items())[:3])[:_PREVIEW]
    return str(progress)[:_PREVIEW]


def _progress(job: JobSummary, now: int) -> Cell:
    return (progress_text(job.progress), "active")


def _data(job: JobSummary, now: int) -> Cell:
    if job.missing:
        return f"listed as {job.state.value}, but its data is gone", "dim"
    if job.foreign:
        return "its key is no hash: not a job of BullMQ", "dim"
    if not job.data_preview:
        return (f"{human.size(job.data_size)} of data" if job.data_size else "", "dim")
    return job.data_preview[:_PREVIEW], "dim"


def size_cell(job: JobSummary, now: int) -> Cell:
    """How large the data is."""
    return (human.size(job.data_size), "dim")


def _error(job: JobSummary, now: int) -> Cell:
    if job.missing or job.foreign:
        return _data(job, now)
    reason = job.failed_reason.strip()
    return (reason.partition("\n")[0][:_PREVIEW], "failed") if reason else ("no reason given", "dim")


def _error_or_data(job: JobSummary, now: int) -> Cell:
    """A retry that waits shows why it failed; anything else its data."""
    return _error(job, now) if job.attempts_made and job.failed_reason else _data(job, now)


SIGN = JobColumn(Column("sign", "", width=1, priority=60), _sign)
ID = JobColumn(Column("id", "id", min=8, max=38, flex=2, priority=100), lambda job, now: job.id)
NAME = JobColumn(Column("name", "name", min=9, max=32, flex=2, priority=90), _name)
AGE = JobColumn(Column("age", "age", width=8, align="right", priority=80), lambda job, now: _since(job.timestamp, now))
AGO = JobColumn(
    Column("ago", "ago", width=8, align="right", priority=80), lambda job, now: _since(job.finished_on, now)
)
DUE = JobColumn(Column("due", "due in", width=11, align="right", priority=85), _due)
WAIT = JobColumn(Column("wait", "waited", width=7, align="right", priority=40), _waited)
RUN = JobColumn(
    Column("run", "ran", width=7, align="right", priority=60),
    lambda job, now: _span(job.processed_on, job.finished_on),
)
RUNNING = JobColumn(
    Column("run", "runs", width=7, align="right", priority=80), lambda job, now: _span(job.processed_on, now)
)
TRIES = JobColumn(Column("tries", "try", width=5, align="right", priority=50), _tries)
PRIORITY = JobColumn(Column("priority", "prio", width=5, align="right", priority=85), _priority)
PRIORITY_TOO = JobColumn(Column("priority", "prio", width=5, align="right", priority=20), _priority)
PROGRESS = JobColumn(Column("progress", "progress", min=8, max=16, flex=1, priority=55), _progress)
WORKER = JobColumn(
    Column("worker", "worker", min=8, max=20, flex=1, priority=25), lambda job, now: job.processed_by or ("–", "dim")
)
DATA = JobColumn(Column("data", "data", min=24, flex=5, priority=30), _data)
ERROR = JobColumn(Column("error", "error", min=24, flex=6, priority=95), _error)
WHY = JobColumn(Column("why", "error or data", min=24, flex=5, priority=75), _error_or_data)

_COLUMNS: dict[JobState, tuple[JobColumn, ...]] = {
    JobState.WAITING: (SIGN, ID, NAME, AGE, TRIES, WHY),
    JobState.PAUSED: (SIGN, ID, NAME, AGE, TRIES, WHY),
    JobState.PRIORITIZED: (SIGN, ID, NAME, PRIORITY, AGE, TRIES, WHY),
    JobState.ACTIVE: (SIGN, ID, NAME, RUNNING, WAIT, TRIES, PRIORITY_TOO, PROGRESS, WORKER, DATA),
    JobState.DELAYED: (SIGN, ID, NAME, DUE, AGE, TRIES, PRIORITY_TOO, WHY),
    JobState.WAITING_CHILDREN: (SIGN, ID, NAME, AGE, TRIES, DATA),
    JobState.COMPLETED: (SIGN, ID, NAME, AGO, WAIT, RUN, TRIES, PRIORITY_TOO, DATA),
    JobState.FAILED: (SIGN, ID, NAME, AGO, WAIT, RUN, TRIES, PRIORITY_TOO, ERROR),
}


def columns(state: JobState) -> tuple[JobColumn, ...]:
    """The columns of a table of jobs in `state`."""
    return _COLUMNS.get(state, _COLUMNS[JobState.WAITING])


def cells(job: JobSummary, now_ms: int) -> tuple[Cell, ...]:
    """The cells of a job in the table of its state."""
    return tuple(column.cell(job, now_ms) for column in columns(job.state))


def fitted(shown: Sequence[JobColumn], jobs: Iterable[JobSummary], widest: dict[str, int]) -> list[Column]:
    """These columns for these jobs: ids and names as wide as they are. `widest` remembers, so that no column shrinks
    while one scrolls."""
    for job in jobs:
        widest["priority"] = max(widest.get("priority", 0), job.priority)
        widest["id"] = max(widest.get("id", 4), width_of(job.id[:_WIDE]))
        name = "".join(text for text, _ in pieces(_name(job, 0)))
        widest["name"] = max(widest.get("name", 6), width_of(name[:_WIDE]))
    found = []
    for one in shown:
        need = widest.get(one.column.key)
        if one is PRIORITY_TOO and not need:
            # A column of dashes only takes room from the error beside it: one too wide is the first to be left out.
            found.append(replace(one.column, width=_TOO_WIDE, priority=-1))
        elif need is not None and one.column.flex and not one.column.width:
            most = min(need, one.column.max)
            found.append(replace(one.column, min=min(most, _FITS), max=most))
        else:
            found.append(one.column)
    return found


def newest_first(state: JobState) -> bool:
    """The order in which one looks at a state first: what finished last, what runs or is due next."""
    return state in (JobState.COMPLETED, JobState.FAILED, JobState.WAITING_CHILDREN)


def order_words(state: JobState, *, oldest_first: bool) -> str:
    """The order in words."""
    if state in (JobState.WAITING, JobState.PAUSED, JobState.PRIORITIZED):
        return "next to run first" if oldest_first else "last to run first"
    if state is JobState.DELAYED:
        return "next due first" if oldest_first else "last due first"
    return "oldest first" if oldest_first else "newest first"
