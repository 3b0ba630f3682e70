"""An explanation as a person reads it: the verdict, what was seen, what to do, and where one can go from here."""

from dataclasses import dataclass

from bulltui.domain.flow import JobRef
from bulltui.domain.registry import BY_ID
from bulltui.domain.text import visible
from bulltui.domain.why import Cause, Why
from bulltui.tui.keymap import keys_text
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import prose
from bulltui.tui.present.signs import BUSY, CHILD, FAILED, LIMITED, MISSING, NO_WORKER, PAUSED, STALLED
from bulltui.tui.widgets.cells import Cell, cut
from bulltui.tui.widgets.columns import Column

_BAD, _HELD, _FINE = "failed", "delayed", "ok"

LOOKS: dict[Cause, tuple[str, str]] = {
    Cause.IN_LINE: ("◦", "waiting"),
    Cause.PAUSED: (PAUSED, "paused"),
    Cause.NO_WORKERS: (NO_WORKER, _BAD),
    Cause.WORKERS_BUSY: (BUSY, _HELD),
    Cause.CONCURRENCY: (LIMITED, _HELD),
    Cause.RATE_LIMITED: (LIMITED, _HELD),
    Cause.DELAYED: ("◷", _HELD),
    Cause.BACKOFF: ("◷", _HELD),
    Cause.OVERDUE: (STALLED, _BAD),
    Cause.PRIORITY: ("▲", "prioritized"),
    Cause.CHILDREN: ("◇", "children"),
    Cause.CHILD_FAILED: (FAILED, _BAD),
    Cause.RUNNING: ("▶", "active"),
    Cause.STALLED: (STALLED, _BAD),
    Cause.ATTEMPTS: (FAILED, _BAD),
    Cause.UNRECOVERABLE: (FAILED, _BAD),
    Cause.COMPLETED: ("✓", _FINE),
    Cause.REMOVED: ("−", "dim"),
    Cause.AUTO_REMOVED: ("✓", "dim"),
    Cause.DEDUPLICATED: ("=", _HELD),
    Cause.NO_HASH: (MISSING, _BAD),
    Cause.NO_STATE: (MISSING, _BAD),
    Cause.NOT_FOUND: (MISSING, _HELD),
    Cause.IDLE: ("✓", _FINE),
    Cause.MOVING: ("▶", "active"),
    Cause.STUCK: (STALLED, _BAD),
}
"""The sign and the token of what holds or has ended a job."""

DOINGS: dict[Cause, tuple[str, ...]] = {
    Cause.IN_LINE: ("workers",),
    Cause.PAUSED: ("pause",),
    Cause.NO_WORKERS: ("workers",),
    Cause.WORKERS_BUSY: ("workers",),
    Cause.CONCURRENCY: ("concurrency", "workers"),
    Cause.RATE_LIMITED: ("clear-rate-limit", "rate-limit"),
    Cause.DELAYED: ("promote", "delay", "schedulers"),
    Cause.BACKOFF: ("promote", "logs"),
    Cause.OVERDUE: ("promote", "workers"),
    Cause.PRIORITY: ("priority",),
    Cause.CHILDREN: ("flow", "duplicate"),
    Cause.CHILD_FAILED: ("flow", "retry", "remove-children"),
    Cause.RUNNING: ("logs", "workers"),
    Cause.STALLED: ("workers", "logs", "release", "fail"),
    Cause.ATTEMPTS: ("retry", "retry-with", "edit", "errors"),
    Cause.UNRECOVERABLE: ("retry", "edit", "errors"),
    Cause.COMPLETED: ("retry",),
    Cause.REMOVED: ("events",),
    Cause.AUTO_REMOVED: ("events",),
    Cause.IDLE: ("events",),
    Cause.MOVING: ("workers", "events"),
    Cause.DEDUPLICATED: ("remove-deduplication",),
    Cause.NO_HASH: ("remove",),
    Cause.NO_STATE: ("remove", "duplicate"),
    Cause.NOT_FOUND: ("events",),
    Cause.STUCK: ("workers", "events"),
}
"""What can help or tell more, by the ids of the registry. Most of it applies to some jobs only."""


@dataclass(frozen=True, slots=True)
class Doing:
    """An action to take from an explanation, called `label` now."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Going:
    """A job to go to from an explanation."""

    role: str
    job: JobRef


Way = Doing | Going

WAY_COLUMNS: tuple[Column, ...] = (
    Column("key", "key", width=6, priority=100),
    Column("what", "what can be done from here", min=20, flex=1, priority=90),
)


def doings(why: Why) -> list[str]:
    """The ids of what can help, those of the decisive cause first."""
    return list(dict.fromkeys(action for cause in why.causes for action in DOINGS.get(cause, ())))


def way_cells(way: Way) -> tuple[Cell, ...]:
    """A way on, and the key for it."""
    if isinstance(way, Going):
        where = f"{cut(visible(way.job.id), 40)} of {visible(way.job.ref.shown)}"
        return (CHILD, "children"), [(f"to the {visible(way.role)}  ", ""), (where, "bold")]
    action = BY_ID[way.id]
    key = keys_text(action) if action.keys else "enter"
    return (key, "delayed"), [(way.label.removesuffix("…"), "bold"), (f"  {action.help}", "dim")]


def verdict_lines(why: Why, width: int) -> list[Pieces]:
    """The verdict, and that it is not sure where that is so."""
    sign, token = LOOKS[why.cause]
    lines = prose(why.verdict, f"{token} bold", width, sign=f"{sign} ")
    if not why.sure:
        lines += prose("The server does not tell enough to be sure.", "stale", width, indent="   ")
    return lines


def why_lines(why: Why, width: int) -> list[Pieces]:
    """Verdict, evidence and steps."""
    lines = verdict_lines(why, width)
    for title, sentences, mark in (("What is seen", why.evidence, "· "), ("What to do", why.steps, "→ ")):
        if sentences:
            lines += [[], [(" ", ""), (title, "dim")]]
            for sentence in sentences:
                lines += prose(sentence, "", width, sign=mark)
    return lines
