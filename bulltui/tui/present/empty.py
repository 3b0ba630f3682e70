"""What is said where there is nothing to show: what it means and what to check."""

from bulltui.config.settings import Settings
from bulltui.domain.server import PART, PART_HINT
from bulltui.domain.snapshot import Link, QueueRow, Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible
from bulltui.tui.present.signs import state_label


def no_queues(settings: Settings, snapshot: Snapshot, *, filtered: bool) -> str:
    """Why the list of queues is empty."""
    if filtered and snapshot.rows:
        return f"None of the {plural(len(snapshot.rows), 'queue')} fits the filter.\nEsc clears it."
    if not snapshot.taken_at and snapshot.health.link is Link.OFFLINE:
        return f"{snapshot.health.message}\n{snapshot.health.hint}".strip()
    discovery = snapshot.discovery
    if discovery.problem:
        return f"Queues cannot be looked for.\n{visible(discovery.problem)}"
    if discovery.finished_at is None:
        looked = f"\n{plural(discovery.scanned, 'key')} looked at, {plural(discovery.found, 'queue')} found"
        return "Looking for queues…" + (looked if discovery.scanned else "")
    under = "" if settings.prefixes is None else f" under the prefix {' or '.join(map(visible, settings.prefixes))}"
    lines = [f"There are no queues{under}.", f"{plural(discovery.scanned, 'key')} of the database were looked at.", ""]
    if settings.queues:
        lines += [f"Only queues that fit {', '.join(map(visible, settings.queues))} are shown (--queue).", ""]
    if snapshot.server is not None and snapshot.server.is_a_part:
        lines += [PART, PART_HINT, ""]
    if discovery.other_prefixes:
        others = discovery.other_prefixes
        lines.append("There are queues under other prefixes: " + ", ".join(map(visible, others[:8])))
        lines.append(f"Start with:  bulltui --prefix {visible(others[0])}   or   --prefix auto   for all")
    else:
        lines += [
            "Check the address and the number of the database in the URL (redis://host:6379/0),",
            "and the prefix that the queues were made with (--prefix; auto finds any).",
        ]
    return "\n".join(lines)


def no_jobs(row: QueueRow | None, state: JobState, *, loading: bool) -> str:
    """Why a table of jobs is empty."""
    if row is None:
        return "Choose a queue to see its jobs."
    counts = row.queue.counts
    if loading or counts.of(state):
        return "Reading…"
    others = [
        f"{counts.of(one):,} {state_label(one)}"
        for one in JobState
        if one is not state and one is not JobState.UNKNOWN and counts.of(one)
    ]
    nothing = f"No job is {state.value}." if state is not JobState.WAITING_CHILDREN else "No job waits for children."
    if state is JobState.ACTIVE and row.queue.paused:
        nothing += " The queue is paused."
    return f"{nothing}\nElsewhere: {', '.join(others)}." if others else f"{nothing}\nThe queue has no jobs at all."
