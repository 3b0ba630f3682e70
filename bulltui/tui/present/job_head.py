"""The lines above an open job: what it is, where it stands, and what it belongs to."""

from bulltui.domain import human
from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import Job
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible
from bulltui.tui.present.jobs import progress_text
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.signs import STATE_SIGN, STATE_TOKEN
from bulltui.tui.widgets.cells import Cell


def stalled(job: Job) -> bool:
    """Whether it is active without a lock: its worker died or hangs."""
    return job.state is JobState.ACTIVE and job.lock_ttl_ms is None


def title(job: Job) -> Pieces:
    """State, name and id."""
    token = STATE_TOKEN[job.state]
    pieces: Pieces = [(f"{STATE_SIGN[job.state]} {job.state.value}", f"{token} bold")]
    if job.missing:
        pieces.append(("  data missing", "failed bold"))
    if stalled(job):
        pieces.append(("  stalled", "failed bold"))
    pieces.append((f"  {visible(job.name)}", "bold"))
    pieces.append((f"  {visible(job.id)}", "dim"))
    return pieces


def facts(job: Job, now_ms: int) -> Pieces:
    """When, which attempt, by whom, for whom."""
    said = [*_when(job, now_ms), *_belongs(job)]
    pieces: Pieces = []
    for text, token in said:
        if pieces:
            pieces.append((" · ", "dim"))
        pieces.append((text, token))
    return pieces or [("no times are stored", "dim")]


def head_lines(key_id: str, job: Job | None, problem: BulltuiError | None, now_ms: int) -> list[Cell]:
    """The head of an open job, also while it is not read and when it cannot be."""
    if job is not None:
        lines: list[Cell] = [[(" ", ""), *title(job)], [(" ", ""), *facts(job, now_ms)]]
    else:
        lines = [[(" ", ""), (visible(key_id), "bold")], (" Reading…", "dim")]
    if problem is not None:
        lines[1] = [(" ", ""), (problem.message, "failed"), (f"  {problem.hint}", "dim")]
    return lines


def _when(job: Job, now_ms: int) -> Pieces:
    said: Pieces = []
    if job.missing:
        return [(f"its id is in {job.state.value}, but its data is gone: nothing can run it", "failed")]
    if job.finished_on is not None and job.state in (JobState.COMPLETED, JobState.FAILED):
        said.append((f"{job.state.value} {human.ago(now_ms - job.finished_on)}", STATE_TOKEN[job.state]))
        if job.processed_on is not None:
            said.append((f"ran {human.duration(job.finished_on - job.processed_on)}", ""))
    elif job.state is JobState.ACTIVE and job.processed_on is not None:
        said.append((f"runs for {human.age(max(0, now_ms - job.processed_on))}", "active"))
    elif job.due_at is not None:
        left = job.due_at - now_ms
        said.append((f"due in {human.age(left)}" if left > 0 else f"due {human.ago(-left)}", "delayed"))
    elif job.timestamp is not None:
        said.append((f"added {human.ago(now_ms - job.timestamp)}", ""))
    if job.state is JobState.UNKNOWN:
        said.append(("in no list and no set", "failed"))
    running = 1 if job.state is JobState.ACTIVE else 0
    if job.attempts_made or running or job.max_attempts > 1:
        said.append((f"attempt {job.attempts_made + running} of {job.max_attempts}", ""))
    if progress := progress_text(job.progress.value):
        said.append((f"progress {visible(progress)}", "active"))
    if job.priority:
        said.append((f"priority {job.priority}", "prioritized"))
    if job.stalled_counter:
        said.append((f"stalled {plural(job.stalled_counter, 'time')}", "failed"))
    return said


def _belongs(job: Job) -> Pieces:
    said: Pieces = []
    if job.lock_ttl_ms is not None:
        said.append((f"lock {human.duration(job.lock_ttl_ms)}", "dim"))
    elif stalled(job):
        said.append(("no lock: its worker died or hangs", "failed"))
    if job.processed_by:
        said.append((f"by {visible(job.processed_by)}", "dim"))
    if job.parent_key:
        said.append((f"child of {visible(job.parent_key)}", "children"))
    if job.dependencies.total:
        children = job.dependencies
        done = children.total - children.unprocessed
        text = f"children {done}/{children.total} done"
        if failed := children.failed + children.ignored:
            text += f", {failed} failed"
        said.append((text, "children"))
    if job.scheduler:
        said.append((f"scheduler {visible(job.scheduler)}", "dim"))
    if job.problems:
        said.append((f"{plural(len(job.problems), 'field')} unreadable", "failed"))
    if job.deduplication_id:
        said.append((f"dedup {visible(job.deduplication_id)}", "dim"))
    return said
