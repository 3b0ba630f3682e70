"""When things happened to a job, and how long each part took, as bars on one scale."""

from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.job import Job
from bulltui.domain.states import JobState
from bulltui.tui.present.signs import STATE_TOKEN
from bulltui.tui.widgets.cells import Cell

_LABEL = 12
_TIME = 25


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, or will: `at` epoch ms."""

    at: int
    label: str
    token: str
    to_come: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the job's life between two times."""

    start: int
    end: int
    label: str
    token: str
    open: bool = False


def _delayed_until(job: Job) -> int | None:
    if job.due_at is not None:
        return job.due_at
    options = job.opts.value
    delay = options.get("delay") if isinstance(options, dict) else None
    first = delay if isinstance(delay, int) and not isinstance(delay, bool) else 0
    return job.timestamp + first if first > 0 and job.timestamp is not None else None


def events(job: Job, now_ms: int) -> list[Event]:
    """What is known to have happened, in order of time."""
    found: list[Event] = []
    if job.timestamp is not None:
        found.append(Event(job.timestamp, "added", "waiting"))
    due = _delayed_until(job)
    if due is not None:
        found.append(Event(due, "due", "delayed", to_come=due > now_ms))
    if job.processed_on is not None:
        which = f"attempt {job.attempts_made}" if job.attempts_made > 1 and job.finished_on else "started"
        found.append(Event(job.processed_on, which, "active"))
    if job.finished_on is not None:
        state = job.state if job.state in (JobState.COMPLETED, JobState.FAILED) else JobState.UNKNOWN
        label = state.value if state is not JobState.UNKNOWN else "finished"
        found.append(Event(job.finished_on, label, STATE_TOKEN[state]))
    return sorted(found, key=lambda event: event.at)


def spans(job: Job, now_ms: int) -> list[Span]:
    """The parts of its life: delayed, waited, ran."""
    if job.timestamp is None:
        return []
    parts: list[Span] = []
    start = job.timestamp
    due = _delayed_until(job)
    if job.state is JobState.DELAYED and due is not None:
        label = "retry in" if job.attempts_made else "delayed"
        return [Span(start, max(start, due), label, "delayed", open=due > now_ms)]
    if due is not None and start < due <= (job.processed_on or now_ms):
        parts.append(Span(start, due, "delayed", "delayed"))
        start = due
    if job.processed_on is None:
        if job.state in (JobState.COMPLETED, JobState.FAILED):
            return parts
        label = "children" if job.state is JobState.WAITING_CHILDREN else "waits"
        return [*parts, Span(start, max(start, now_ms), label, STATE_TOKEN[job.state], open=True)]
    again = job.attempts_made > 1 or (job.attempts_made == 1 and job.finished_on is None)
    parts.append(Span(start, max(start, job.processed_on), "before" if again else "waited", "waiting"))
    if job.finished_on is not None:
        token = STATE_TOKEN[job.state] if job.state in (JobState.COMPLETED, JobState.FAILED) else "active"
        parts.append(Span(job.processed_on, max(job.processed_on, job.finished_on), "ran", token))
    elif job.state is JobState.ACTIVE:
        parts.append(Span(job.processed_on, max(job.processed_on, now_ms), "runs", "active", open=True))
    return parts


def timeline_lines(job: Job, now_ms: int, width: int) -> list[Cell]:
    """Times, then bars, in `width` cells."""
    happened = events(job, now_ms)
    if not happened:
        return [("No times are stored for this job.", "dim")]
    lines: list[Cell] = []
    before: int | None = None
    for event in happened:
        lines.append(
            [
                (event.label.ljust(_LABEL), event.token),
                (human.clock(event.at, fine=True).ljust(_TIME), "dim" if event.to_come else ""),
                ("" if before is None else f"+{human.duration(event.at - before)}".ljust(12), "bold"),
                (human.ago(now_ms - event.at), "dim"),
            ]
        )
        before = event.at
    parts = spans(job, now_ms)
    if parts:
        lines += ["", *_bars(parts, width)]
    lines += _attempts(job)
    return lines


def _bars(parts: list[Span], width: int) -> list[Cell]:
    first, last = min(part.start for part in parts), max(part.end for part in parts)
    room = max(10, width - _LABEL - 12)
    scale = max(1, last - first)
    lines: list[Cell] = []
    for part in parts:
        start = min(room - 1, (part.start - first) * room // scale)
        length = max(1, min(room - start, -(-(part.end - part.start) * room // scale)))
        bar = "█" * length if not part.open else "█" * (length - 1) + "▶"
        lines.append(
            [
                (part.label.ljust(_LABEL), part.token),
                (human.duration(part.end - part.start).ljust(11), "bold"),
                (" " * start, ""),
                (bar, part.token),
            ]
        )
    return lines


def _attempts(job: Job) -> list[Cell]:
    lines: list[Cell] = []
    if job.attempts_made or job.attempts_started:
        text = f"{job.attempts_made} of {job.max_attempts} attempts made"
        if job.attempts_started > job.attempts_made:
            text += f", started {job.attempts_started} times"
        if job.stalled_counter:
            text += f", stalled {job.stalled_counter} times"
        lines += ["", (text, "dim")]
    if job.attempts_made > 1:
        lines.append(("Times of earlier attempts are not kept: they lie within `before`.", "dim"))
    return lines
