"""The errors of a job: every attempt's stack trace, one's own code bright and the libraries' dim."""

from collections.abc import Iterable, Sequence

from bulltui.domain.frames import FrameKind, classify, kinds_of_frames
from bulltui.domain.job import Job
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible_lines
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import Cell


def frames_text(lines: Iterable[tuple[FrameKind, str]]) -> str:
    """How many frames are one's own and how many the libraries'."""
    kinds = kinds_of_frames(lines)
    if not kinds:
        return ""
    own = kinds.count(FrameKind.OWN)
    return f"{plural(own, 'frame')} of yours, {len(kinds) - own} of libraries"


_TOKENS = {FrameKind.MESSAGE: "failed", FrameKind.OWN: "bold", FrameKind.LIBRARY: "dim"}


def error_lines(job: Job) -> list[Cell]:
    """The errors of a job, the newest first."""
    lines: list[Cell] = []
    if job.failed_reason:
        lines += [(line, "failed bold") for line in visible_lines(job.failed_reason).split("\n")[:50]]
    lines += _context(job)
    traces = list(reversed(job.stacktrace))
    for place, trace in enumerate(traces):
        lines += _attempt(job, traces, place, trace)
    if job.deferred_failure:
        lines += ["", ("will fail when it is picked up next:", "delayed"), (job.deferred_failure, "failed")]
    if not lines:
        return [(_nothing(job), "dim")]
    return lines


def _context(job: Job) -> list[Cell]:
    """What the head of the job does not say."""
    if job.state is JobState.FAILED and 0 < job.attempts_made < job.max_attempts:
        return [("Attempts were left: the error forbade a retry, or it stalled too often.", "delayed")]
    return []


def _attempt(job: Job, traces: Sequence[str], place: int, trace: str) -> list[Cell]:
    number = job.attempts_made - place
    title = f"attempt {number}" if number > 0 else "an attempt before"
    if place and trace == traces[place - 1]:
        return [(f"{title}: the same error", "dim")]
    classified = classify(trace)
    # The library keeps only the last traces (stackTraceLimit), so what is missing is said, not numbered wrongly.
    heading: Pieces = [(title, "bold")]
    if place == 0 and len(traces) > 1:
        heading.append((", the newest", "dim"))
    if frames := frames_text(classified):
        heading.append((f"   {frames}", "dim"))
    return ["", heading, *((f"  {line}", _TOKENS[kind]) for kind, line in classified)]


def _nothing(job: Job) -> str:
    if job.state is JobState.FAILED:
        return "It failed, but neither a reason nor a stack trace was stored."
    if job.attempts_made > (job.state is JobState.COMPLETED):
        return "No error is stored; earlier attempts left no trace."
    return "No error: this job has not failed."
