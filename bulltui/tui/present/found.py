"""Jobs of several queues and states as lines of one table: what a search found, or the members of a group of errors."""

from collections.abc import Sequence

from bulltui.domain import human
from bulltui.domain.query.tree import All, Contains, Node, Place, Some
from bulltui.domain.states import JobState
from bulltui.services.search import Match
from bulltui.tui.present import jobs
from bulltui.tui.present.signs import STATE_SIGN, STATE_TOKEN, state_label
from bulltui.tui.widgets.cells import Cell, cut_name
from bulltui.tui.widgets.columns import Column

_SIGN = jobs.SIGN.column
_QUEUE = Column("queue", "queue", min=8, max=28, flex=2, priority=98, shorten=cut_name)
_STATE = Column("state", "state", width=13, priority=75)
_ID = Column("id", "id", min=8, max=38, flex=2, priority=100)
_NAME = Column("name", "name", min=9, max=32, flex=2, priority=90)
_WHEN = Column("when", "when", width=11, align="right", priority=80)
_TRIES = jobs.TRIES.column
_TEXT = Column("text", "error or data", min=24, flex=6, priority=95)
COLUMNS: tuple[Column, ...] = (_SIGN, _QUEUE, _STATE, _ID, _NAME, _WHEN, _TRIES, _TEXT)


def columns(*, queues: bool = True, states: bool = True) -> tuple[Column, ...]:
    """The columns: without the queue where all jobs are of one, without the state where all are in the same."""
    left_out = {*(() if queues else ("queue",)), *(() if states else ("state",))}
    return tuple(column for column in COLUMNS if column.key not in left_out)


def cells(
    found: Match, now_ms: int, *, queues: bool = True, states: bool = True, needles: Sequence[str] = ()
) -> tuple[Cell, ...]:
    """The cells of a job for the same `columns`. Of its error or data the place is shown where one of `needles` is."""
    job = found.job
    state: Cell = [
        (f"{STATE_SIGN[job.state]} ", STATE_TOKEN[job.state]),
        (state_label(job.state), STATE_TOKEN[job.state]),
    ]
    where = (*((found.ref.shown,) if queues else ()), *((state,) if states else ()))
    return (
        jobs.SIGN.cell(job, now_ms),
        *where,
        job.id,
        jobs.NAME.cell(job, now_ms),
        _when(found, now_ms),
        jobs.TRIES.cell(job, now_ms),
        _hit(found, needles) or (jobs.ERROR if job.state is JobState.FAILED else jobs.WHY).cell(job, now_ms),
    )


_BEFORE, _AFTER = 16, 200
"""Characters around a hit that are shown."""


def _hit(found: Match, needles: Sequence[str]) -> Cell | None:
    """The error or the data around the first text that was looked for, where it stands in what is read of them."""
    job = found.job
    for text, token in ((job.failed_reason, "failed"), (job.data_preview, "dim")):
        folded = text.lower()
        if len(folded) != len(text):
            continue  # a letter that is longer when it is small: places would not fit
        for needle in needles:
            at = folded.find(needle)
            if at < 0:
                continue
            start, end = max(0, at - _BEFORE), at + len(needle)
            before = ("…" if start else "") + text[start:at]
            return [(before, token), (text[at:end], "delayed bold"), (text[end : end + _AFTER], token)]
    return None


_MOST = 5


def needles(node: Node) -> tuple[str, ...]:
    """The texts that a query looks for in errors and data, in small letters, a few of them."""
    if isinstance(node, Contains):
        shown = node.place in (Place.TEXT, Place.DATA, Place.ERROR) and node.text.strip()
        return (node.text.lower(),) if shown else ()
    parts = node.parts if isinstance(node, All | Some) else ()
    return tuple(text for part in parts for text in needles(part))[:_MOST]


def _when(found: Match, now_ms: int) -> Cell:
    """When it finished, is due, or was added."""
    at = found.at_ms
    if at is None:
        return "–", "dim"
    left = now_ms - at
    # Clocks of two machines differ a little; only what is due may lie ahead.
    return human.age(left if found.job.state is JobState.DELAYED else max(0, left))
