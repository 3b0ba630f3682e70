"""Jobs of a state as rows of a table: what matters differs from state to state."""

from collections.abc import Callable

from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.human import age, ago, duration, size
from bulltui.domain.job import JobSummary
from bulltui.domain.jsontext import dump
from bulltui.domain.states import JobState

Words = Callable[[JobSummary, int], Cell | str]


def _name(job: JobSummary, _: int) -> Cell | str:
    if job.missing:
        return Cell("(no hash: its data is gone)", Tone.WARN)
    return Cell("(the key is no job)", Tone.WARN) if job.foreign else job.name


def _since(at: int | None, now: int) -> str:
    return "" if at is None else age(now - at)


def _wait(job: JobSummary, now: int) -> str:
    waited = job.waited_ms
    return "" if waited is None else duration(waited)


def _run(job: JobSummary, now: int) -> str:
    if job.processed_on is None:
        return ""
    return duration((now if job.finished_on is None else job.finished_on) - job.processed_on)


def _tries(job: JobSummary, _: int) -> str:
    return f"{job.attempts_made}/{job.max_attempts}" if job.max_attempts else str(job.attempts_made)


def _progress(job: JobSummary, _: int) -> str:
    value = job.progress
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else dump(value)
    return f"{value:g}%" if abs(value) < 1e6 else str(value)


def _lock(job: JobSummary, _: int) -> Cell | str:
    return Cell("no lock: stalled", Tone.WARN) if job.locked is False else job.processed_by


def _error(job: JobSummary, _: int) -> Cell:
    return Cell(job.failed_reason, Tone.BAD)


def _data(job: JobSummary, _: int) -> Cell | str:
    if job.data_preview or not job.data_size:
        return job.data_preview
    return Cell(f"({size(job.data_size)})", Tone.DIM)


_ID = (Column("id", give=True), lambda job, _: job.id)
_NAME = (Column("name", give=True), _name)
_AGE = (Column("age", right=True), lambda job, now: _since(job.timestamp, now))
_FINISHED = (Column("finished"), lambda job, now: "" if job.finished_on is None else ago(now - job.finished_on))
_WAIT = (Column("wait", right=True, drop=1), _wait)
_RUN = (Column("run", right=True), _run)
_TRIES = (Column("tries", right=True), _tries)
_PRIORITY = (Column("priority", right=True), lambda job, _: str(job.priority))
_DUE = (Column("due"), lambda job, now: "" if job.due_at is None else ago(now - job.due_at))
_PROGRESS = (Column("progress", right=True, give=True, drop=2), _progress)
_WORKER = (Column("worker", give=True), _lock)
_ERROR = (Column("error", give=True), _error)
_DATA = (Column("data", give=True, drop=3), _data)

_WAITING = (_ID, _NAME, _AGE, _TRIES, _DATA)
_VIEWS: dict[JobState, tuple[tuple[Column, Words], ...]] = {
    JobState.WAITING: _WAITING,
    JobState.PAUSED: _WAITING,
    JobState.ACTIVE: (_ID, _NAME, _AGE, _WAIT, _RUN, _TRIES, _PROGRESS, _WORKER, _DATA),
    JobState.PRIORITIZED: (_ID, _NAME, _PRIORITY, _AGE, _TRIES, _DATA),
    # A failed try that waits for its next one is delayed as well, and its error says why.
    JobState.DELAYED: (_ID, _NAME, _DUE, _AGE, _TRIES, _ERROR, _DATA),
    JobState.WAITING_CHILDREN: (_ID, _NAME, _AGE, _DATA),
    JobState.COMPLETED: (_ID, _NAME, _FINISHED, _WAIT, _RUN, _TRIES, _DATA),
    JobState.FAILED: (_ID, _NAME, _FINISHED, _WAIT, _RUN, _TRIES, _ERROR),
}


def columns(state: JobState) -> tuple[Column, ...]:
    """The columns for jobs of `state`."""
    return tuple(column for column, _ in _VIEWS[state])


def row(job: JobSummary, now_ms: int) -> Row:
    """The cells of `columns` for a job."""
    return [words(job, now_ms) for _, words in _VIEWS[job.state]]
