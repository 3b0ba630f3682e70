"""The errors of a job: every attempt's stack trace, one's own code bright and the libraries' dim."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from bulltui.domain.job import Job
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible_lines
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import Cell

_MOST_LINES = 2000  # of one trace


class FrameKind(StrEnum):
    """What a line of a stack trace is."""

    MESSAGE = "message"
    OWN = "own"
    LIBRARY = "library"


_NODE_FRAME = re.compile(r"^\s+at\s")
_PYTHON_FRAME = re.compile(r'^\s+File "')
_LIBRARY = re.compile(
    r"node_modules[/\\]|\bnode:|\(internal/|at internal/|<anonymous>\)?\s*$|site-packages|dist-packages|/lib/python3"
    r'|File "<frozen|\bnative\)?\s*$|/\.pnpm/'
)


def classify(trace: str) -> list[tuple[FrameKind, str]]:
    """Each line of a trace with its kind. A line of source code under a Python frame goes with its frame."""
    lines: list[tuple[FrameKind, str]] = []
    kind = FrameKind.MESSAGE
    for line in visible_lines(trace).split("\n")[:_MOST_LINES]:
        if _NODE_FRAME.match(line) or _PYTHON_FRAME.match(line):
            kind = FrameKind.LIBRARY if _LIBRARY.search(line) else FrameKind.OWN
        elif not (kind is not FrameKind.MESSAGE and line.startswith("    ")):
            kind = FrameKind.MESSAGE
        lines.append((kind, line))
    while lines and not lines[-1][1].strip():
        lines.pop()
    return lines


def frames_text(lines: Iterable[tuple[FrameKind, str]]) -> str:
    """How many frames are one's own and how many the libraries'."""
    kinds = [kind for kind, line in lines if _NODE_FRAME.match(line) or _PYTHON_FRAME.match(line)]
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
