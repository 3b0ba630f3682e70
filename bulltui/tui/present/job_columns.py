"""The columns of a job table that a person can choose, what each is sorted by, and values at paths of the data."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bulltui.domain.best import Worth
from bulltui.domain.job import Job, JobSummary
from bulltui.domain.jsontext import Json, parse
from bulltui.domain.query.json_values import at_path
from bulltui.domain.scan import READABLE
from bulltui.domain.states import JobState
from bulltui.services.ranking import By
from bulltui.tui.present import jobs
from bulltui.tui.present.jobs import JobColumn
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

_FINISHED = (JobState.COMPLETED, JobState.FAILED)
_RAN = (JobState.ACTIVE, *_FINISHED)
_NUMBER = 40  # bytes of a number
_VALUE = 200  # characters of a value
_MANY = 5  # values of a list


@dataclass(frozen=True, slots=True)
class Offered:
    """A column to choose. `states` are those where it means something, none for all. It can be sorted by the `worth` of
    jobs, which is told by `fields`, `downwards` at first."""

    column: JobColumn
    meaning: str
    states: tuple[JobState, ...] = ()
    worth: Callable[[JobSummary], Worth | None] | None = None
    fields: tuple[tuple[str, int], ...] = ()
    downwards: bool = True

    def means(self, state: JobState) -> bool:
        """Whether it means something in a state."""
        return not self.states or state in self.states


def _ran(job: JobSummary) -> float | None:
    """How long it ran; of one that runs when it began, with the longest first."""
    if job.processed_on is None:
        return None
    if job.state is JobState.ACTIVE:
        return -job.processed_on
    return None if job.finished_on is None else max(0, job.finished_on - job.processed_on)


def _run(job: JobSummary, now_ms: int) -> Cell:
    return (jobs.RUNNING if job.state is JobState.ACTIVE else jobs.RUN).cell(job, now_ms)


def _numbers(*names: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, _NUMBER) for name in names)


_WHEN = _numbers("timestamp", "processedOn", "finishedOn")
_TRIED = _numbers("attemptsMade", "atm")
OFFERED: dict[str, Offered] = {
    "id": Offered(jobs.ID, "the id", worth=lambda job: job.id, downwards=False),
    "name": Offered(jobs.NAME, "the name", worth=lambda job: job.name, fields=(("name", 2_048),), downwards=False),
    "age": Offered(jobs.AGE, "since it was added", worth=lambda job: job.timestamp, fields=_WHEN, downwards=False),
    "ago": Offered(jobs.AGO, "since it finished", _FINISHED, lambda job: job.finished_on, _WHEN),
    "due": Offered(jobs.DUE, "until it is due", (JobState.DELAYED,), lambda job: job.due_at, downwards=False),
    "wait": Offered(
        jobs.WAIT, "how long it waited", _RAN, lambda job: job.waited_ms, (*_WHEN, *_TRIED, ("opts", 16_384))
    ),
    "run": Offered(replace(jobs.RUN, cell=_run), "how long it ran", _RAN, _ran, _WHEN),
    "tries": Offered(jobs.TRIES, "attempts made of those allowed", (), lambda job: job.attempts_made, _TRIED),
    "priority": Offered(
        jobs.PRIORITY, "the priority", (), lambda job: job.priority, _numbers("priority"), downwards=False
    ),
    "progress": Offered(jobs.PROGRESS, "what it reports while it runs"),
    "worker": Offered(
        jobs.WORKER, "who took it last", _RAN, lambda job: job.processed_by or None, (("pb", 256),), False
    ),
    "size": Offered(
        JobColumn(Column("size", "size", width=8, align="right", priority=45), jobs.size_cell),
        "how large its data is",
        (),
        lambda job: job.data_size,
        (("data", 1),),
    ),
    "data": Offered(jobs.DATA, "the start of its data"),
    "error": Offered(
        jobs.ERROR,
        "why it failed",
        (JobState.FAILED,),
        lambda job: job.failed_reason or None,
        (("failedReason", 200),),
        False,
    ),
    "why": Offered(jobs.WHY, "why it failed before, else its data"),
}
"""By key, in the order in which they are offered."""

PLACES = {"data": "data", "result": "returnvalue", "opts": "opts"}
"""Where a path can begin, and the field of the hash that it means."""


def path_of(key: str) -> tuple[str, ...] | None:
    """The steps of a path such as `data.user.id`; None for what is none."""
    place, *steps = key.split(".")
    return (place, *steps) if place in PLACES and steps and all(steps) else None


def usual(state: JobState) -> tuple[str, ...]:
    """The keys of the columns that a state has by itself."""
    return tuple(one.column.key for one in jobs.columns(state) if one not in (jobs.SIGN, jobs.PRIORITY_TOO))


Lookup = Callable[[JobSummary, str], Cell]
"""What stands at a path of a job."""


def chosen(state: JobState, keys: Sequence[str], lookup: Lookup) -> tuple[JobColumn, ...]:
    """The columns of these keys, as far as they mean something in a state; without keys the usual ones."""
    if not keys:
        return jobs.columns(state)
    found = [column for key in keys if (column := _column(state, key, lookup)) is not None]
    return (jobs.SIGN, *found) if found else jobs.columns(state)


def _column(state: JobState, key: str, lookup: Lookup) -> JobColumn | None:
    if (offered := OFFERED.get(key)) is not None:
        return offered.column if offered.means(state) else None
    path = path_of(key)
    if path is None:
        return None
    return JobColumn(Column(key, path[-1], min=10, max=40, flex=3, priority=82), lambda job, now: lookup(job, key))


def value_cell(job: Job, key: str) -> Cell:
    """What stands at a path of a job that was read: blank for nothing, `…` for what is beyond what was read."""
    path = path_of(key)
    if path is None:
        return ""
    field = job.raw.get(PLACES[path[0]])
    if field is not None and field.cut:
        return "…", "dim"
    value = {"data": job.data, "result": job.returnvalue, "opts": job.opts}[path[0]].value
    return ", ".join(map(_text, at_path([value], path[1:])[:_MANY]))[:_VALUE]


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value[:_VALUE]
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:_VALUE]


def sorting(key: str, *, downwards: bool | None = None) -> By | None:
    """What a column is sorted by, None where it cannot be; `downwards` None for as at first."""
    offered = OFFERED.get(key)
    if offered is not None:
        if offered.worth is None:
            return None
        return By(offered.fields, offered.worth, offered.downwards if downwards is None else downwards)
    path = path_of(key)
    if path is None or path[0] != "data":
        return None

    def worth(job: JobSummary) -> Worth | None:
        value = next(iter(at_path([parse(job.data_preview).value], path[1:])), None)
        if isinstance(value, bool) or value is None:
            return None
        return float(value) if isinstance(value, int | float) else value if isinstance(value, str) else None

    return By((("data", READABLE),), worth, True if downwards is None else downwards)


def title(key: str) -> str:
    """How a column is called."""
    if (offered := OFFERED.get(key)) is not None:
        return offered.column.column.title
    return (path_of(key) or (key,))[-1]
