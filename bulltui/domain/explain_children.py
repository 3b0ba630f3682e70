"""Why a parent waits for its children."""

import math
from collections.abc import Sequence

from bulltui.domain.draft import Draft, listed, when
from bulltui.domain.evidence import Evidence
from bulltui.domain.flow import Bond, FlowNode
from bulltui.domain.states import JobState
from bulltui.domain.steps import step
from bulltui.domain.text import plural, visible
from bulltui.domain.why import Cause

_NAMED = 5


def children(seen: Evidence) -> Draft:
    """Of a job in `waiting-children`."""
    job = seen.job
    counts = job.dependencies if job is not None else None
    if counts is None or not counts.unprocessed:
        return _nobody_left(seen)
    pending = [node for node in seen.children if node.bond is Bond.UNPROCESSED]
    failed = [node for node in pending if node.state is JobState.FAILED]
    gone = [node for node in pending if node.missing]
    of = f"{counts.unprocessed:,} of {plural(counts.total, 'child', 'children')}"
    draft = Draft(f"It waits for {of}", [Cause.CHILDREN])
    if failed:
        draft.causes.append(Cause.CHILD_FAILED)
        draft.verdict += f"; {_some(failed)} failed, and it waits until that one runs again or is removed"
    if gone:
        draft.causes.append(Cause.NO_HASH)
        draft.verdict += f"; {_some(gone)} {'is' if len(gone) == 1 else 'are'} gone, so it would wait for ever"
    draft.tell(
        f"{counts.processed:,} done, {counts.unprocessed:,} to come, {counts.ignored:,} failed and ignored,"
        f" {counts.failed:,} failed.",
        *(_line(node) for node in (failed + gone + [one for one in pending if one not in failed + gone])[:_NAMED]),
    )
    if counts.unprocessed > len(pending):
        draft.sure = bool(failed or gone)
        draft.tell(f"Only {len(pending):,} of those it waits for were looked at.")
    for node in (failed + gone + pending)[:_NAMED]:
        role = "child that failed" if node in failed else "child that is gone" if node in gone else "child"
        draft.name(role, node.job)
    for node in failed[:1]:
        draft.advise(step("Retry the child that failed", "", "jobs retry", node.job.ref, node.job.id))
    if gone:
        draft.advise(
            step(
                "Remove the children it waits for, so that it goes on",
                "remove-children",
                "jobs remove-children",
                seen.ref,
                seen.job_id,
            )
        )
    draft.advise(step("See its flow", "flow", "jobs flow", seen.ref, seen.job_id))
    if seen.around.score is not None and math.isfinite(seen.around.score):
        draft.tell(f"It waits since {when(int(seen.around.score), seen.around.now_ms)}.")
    return draft


def _some(nodes: Sequence[FlowNode]) -> str:
    names = [f"{visible(node.job.id)} in {visible(node.job.ref.name)}" for node in nodes[:2]]
    return listed(names if len(nodes) < 3 else [*names, f"{len(nodes) - 2:,} more"])


def _line(node: FlowNode) -> str:
    name = f" ({visible(node.name)})" if node.name else ""
    where = "gone" if node.missing else "where this user may not read" if node.hidden else node.state.value
    why = f": {visible(node.failed_reason)[:120]}" if node.failed_reason else ""
    return f"{visible(node.job.ref.name)}/{visible(node.job.id)}{name} is {where}{why}"


def _nobody_left(seen: Evidence) -> Draft:
    draft = Draft(
        "It is among those that wait for children, but there is none that it waits for, so nothing moves it",
        [Cause.CHILDREN, Cause.STUCK],
    )
    draft.tell("Its last child was removed or finished without telling it, or its own code put it there.")
    draft.advise(
        step("Add it anew, then remove this one", "duplicate", "jobs duplicate", seen.ref, seen.job_id),
        step("See its flow", "flow", "jobs flow", seen.ref, seen.job_id),
    )
    return draft
