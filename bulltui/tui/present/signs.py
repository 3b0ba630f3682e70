"""The signs and the colour tokens of the screen: one table, which the help screen shows as its legend."""

from dataclasses import dataclass

from bulltui.domain.snapshot import Link
from bulltui.domain.states import JobState

PAUSED, NO_WORKER, LIMITED, BUSY, IDLE, FAULT, FAILED = "‖", "○", "◔", "●", "·", "⚠", "✖"
OLD = "◌"
STALLED, SCHEDULED, CHILD, MISSING = "!", "↻", "↳", "?"

STATE_TOKEN: dict[JobState, str] = {
    JobState.WAITING: "waiting",
    JobState.ACTIVE: "active",
    JobState.PRIORITIZED: "prioritized",
    JobState.DELAYED: "delayed",
    JobState.WAITING_CHILDREN: "children",
    JobState.COMPLETED: "ok",
    JobState.FAILED: "failed",
    JobState.PAUSED: "paused",
    JobState.UNKNOWN: "stale",
}
"""The colour token of a state."""

STATE_SIGN: dict[JobState, str] = {
    JobState.WAITING: "◦",
    JobState.ACTIVE: "▶",
    JobState.PRIORITIZED: "▲",
    JobState.DELAYED: "◷",
    JobState.WAITING_CHILDREN: "◇",
    JobState.COMPLETED: "✓",
    JobState.FAILED: FAILED,
    JobState.PAUSED: PAUSED,
    JobState.UNKNOWN: MISSING,
}
"""The sign of a state."""

STATE_SHORT: dict[JobState, str] = {JobState.WAITING_CHILDREN: "children"}
"""Shorter names where room is dear."""


def state_label(state: JobState) -> str:
    """The name of a state on a tab."""
    return STATE_SHORT.get(state, state.value)


LINK_SIGN: dict[Link, tuple[str, str]] = {
    Link.CONNECTING: ("◌", "delayed"),
    Link.ONLINE: ("●", "ok"),
    Link.SLOW: ("◐", "delayed"),
    Link.OFFLINE: ("✖", "failed"),
}
"""The sign and the token of each state of the connection."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A line of the legend."""

    sign: str
    token: str
    meaning: str


QUEUE_LEGEND: tuple[Sign, ...] = (
    Sign(BUSY, "active", "jobs are running"),
    Sign(IDLE, "dim", "nothing runs now"),
    Sign(PAUSED, "paused", "paused: workers take no new job"),
    Sign(NO_WORKER, "failed", "jobs wait and no worker is connected (dim: none is needed now)"),
    Sign(LIMITED, "delayed", "held back by a rate limit"),
    Sign(FAULT, "failed", "a key of the queue has a foreign type"),
    Sign(OLD, "stale", "its server does not answer: what was known before"),
    Sign("?", "stale", "after a name: its BullMQ version is not sure"),
    Sign("~", "dim", "before a rate: estimated from adds and backlog"),
)
CHART_LEGEND: tuple[Sign, ...] = (
    Sign("▲", "prioritized", "on the axis: an action of ours"),
    Sign("!", "failed", "an alert fired"),
    Sign("✓", "ok", "an alert was over"),
    Sign("╌", "dim", "nothing is known of this time"),
    Sign("ca", "ok", "letters at the right name the lines that end there"),
)
JOB_LEGEND: tuple[Sign, ...] = (
    Sign(STALLED, "failed", "active, but its lock is gone: the worker died or hangs"),
    Sign(SCHEDULED, "dim", "made by a scheduler"),
    Sign(CHILD, "dim", "child of another job"),
    Sign(MISSING, "failed", "the id is listed, its data is gone"),
)
