"""The states of a queue as tabs over its jobs, which of them one looks at first, and the line above."""

from dataclasses import replace

from bulltui.domain import human
from bulltui.domain.queue import Counts
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.tui.present.line import Part, part
from bulltui.tui.present.queues import queue_facts
from bulltui.tui.present.signs import STATE_TOKEN, state_label
from bulltui.tui.widgets.tabs import Tab

_SELECTED_MORE = 11
"""How much longer the label of a selected tab can be than its short form."""

_SHORT_TABS: dict[JobState, str] = {
    JobState.WAITING: "wait",
    JobState.ACTIVE: "active",
    JobState.PRIORITIZED: "prio",
    JobState.DELAYED: "delay",
    JobState.WAITING_CHILDREN: "child",
    JobState.COMPLETED: "done",
    JobState.FAILED: "failed",
    JobState.PAUSED: "paused",
    JobState.UNKNOWN: "?",
}

_FIRST_LOOK = (
    JobState.FAILED,
    JobState.ACTIVE,
    JobState.WAITING,
    JobState.PAUSED,
    JobState.PRIORITIZED,
    JobState.DELAYED,
    JobState.WAITING_CHILDREN,
    JobState.COMPLETED,
)
"""What one wants to see of a queue until one chose a state: the first of these that has a job."""


def first_look(counts: Counts) -> JobState:
    """The state to show of a queue."""
    return next((state for state in _FIRST_LOOK if counts.of(state)), JobState.WAITING)


def states_of(row: QueueRow, now: JobState) -> tuple[JobState, ...]:
    """The states that have a tab: those of the queue's layout, and the one that is shown."""
    states = row.queue.states
    return states if now in states else (*states, now)


def state_tabs(row: QueueRow, now: JobState, width: int) -> list[Tab]:
    """The tabs, made for a line of `width` cells."""
    counts = row.queue.counts
    tabs = [
        Tab(
            state.value,
            state_label(state),
            human.count(counts.of(state)),
            STATE_TOKEN[state] if counts.of(state) else "dim",
            short=_SHORT_TABS[state],
        )
        for state in states_of(row, now)
    ]
    if sum(tab.abbreviated.width for tab in tabs) <= width - _SELECTED_MORE:
        return tabs
    # Rather no zeros than states out of sight.
    return [replace(tab, count="") if tab.count == "0" else tab for tab in tabs]


def jobs_head(name: str, row: QueueRow | None, order: str, problem: str, now_ms: int) -> list[Part]:
    """The line above the jobs: the queue and what there is to know about it."""
    if not name:
        return [part(9, ("Jobs", "bold"))]
    parts = [part(9, (visible(name), "bold"))]
    if problem:
        return [*parts, part(8, (problem, "failed"))]
    if row is None:
        return parts
    parts += [part(8 - min(place, 7), fact) for place, fact in enumerate(queue_facts(row, now_ms))]
    return [*parts, part(3, (order, "dim"), right=True)]
