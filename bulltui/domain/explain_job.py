"""Why a job is where it is."""

from collections.abc import Callable, Mapping

from bulltui.domain.draft import Draft, listed
from bulltui.domain.evidence import Evidence
from bulltui.domain.explain_active import active
from bulltui.domain.explain_children import children
from bulltui.domain.explain_delayed import delayed
from bulltui.domain.explain_ended import completed, failed
from bulltui.domain.explain_gone import ghost, gone, orphan
from bulltui.domain.explain_waiting import waiting
from bulltui.domain.flow import JobRef
from bulltui.domain.human import duration
from bulltui.domain.job import Job
from bulltui.domain.states import JobState
from bulltui.domain.steps import step
from bulltui.domain.text import visible
from bulltui.domain.why import Why

_BY_STATE: Mapping[JobState, Callable[[Evidence], Draft]] = {
    JobState.ACTIVE: active,
    JobState.DELAYED: delayed,
    JobState.WAITING_CHILDREN: children,
    JobState.COMPLETED: completed,
    JobState.FAILED: failed,
}
_FINISHED = frozenset({JobState.COMPLETED, JobState.FAILED})
_WHOLE = ("name", "data", "timestamp")
"""Fields that every library writes when it adds a job."""


def states_of(seen: Evidence) -> tuple[JobState, ...]:
    """Where the job stands, the decisive one first: as seen at one instant, or in a list too long for that."""
    around, job = seen.around, seen.job
    if not around.states and job is not None and job.state in around.unsearched:
        return (job.state,)
    if around.stamp[1] is None:
        # Of one that stands in two places the hash tells: it has not finished.
        return tuple(sorted(around.states, key=lambda state: state in _FINISHED))
    return around.states


def explain_job(seen: Evidence) -> Why:
    """Why it is where it is. What the evidence does not decide is said as what is possible, and not sure."""
    states = states_of(seen)
    draft = _draft(seen, states)
    if len(states) > 1 and seen.around.exists:
        draft.sure = False
        where = listed(f"`{one.value}`" for one in states)
        draft.tell(f"Its id stands in {where} at once, which no library does: two programs may act on it.")
    _about_deduplication(seen, draft)
    if seen.parent is not None:
        parent = seen.parent.job
        draft.name("parent", parent)
        draft.tell(f"It is a child of {visible(parent.ref.name)}/{visible(parent.id)}.")
    if seen.ground.strange:
        draft.sure = False
        draft.tell(f"The queue is kept in a way that is not known here: {visible(seen.ground.strange)}.")
    if seen.around.faults:
        draft.sure = False
        keys = listed(f"`{visible(one)}`" for one in seen.around.faults)
        draft.tell(f"Another program wrote to {keys} of this queue: what should stand there is not known.")
    if seen.moving:
        draft.sure = False
        draft.tell("It moves from state to state as it is looked at: this was true a moment ago.")
    return draft.why(seen.ground.may_be)


def _draft(seen: Evidence, states: tuple[JobState, ...]) -> Draft:
    if not seen.around.exists:
        return ghost(seen, states) if states else gone(seen)
    if not states:
        return orphan(seen)
    if seen.job is not None and not _is_whole(seen.job):
        return ghost(seen, states)
    state = states[0]
    return _BY_STATE[state](seen) if state in _BY_STATE else waiting(seen, state)


def _is_whole(job: Job) -> bool:
    return any(name in job.raw for name in _WHOLE)


def _about_deduplication(seen: Evidence, draft: Draft) -> None:
    job, around = seen.job, seen.around
    if job is None or not job.deduplication_id or not around.dedup_owner:
        return
    own = visible(job.deduplication_id)
    if around.dedup_owner == seen.job_id:
        ttl = around.dedup_ttl_ms
        until = "until it ends" if ttl is None else f"for {duration(ttl)} more"
        draft.tell(f"It holds the deduplication id {own} {until}: jobs added with it are left out.")
        draft.advise(
            step(
                "Let the next one be added",
                "remove-deduplication",
                "queues remove-deduplication",
                seen.ref,
                job.deduplication_id,
            )
        )
    else:
        other = JobRef(seen.ref, around.dedup_owner)
        draft.name("job that holds its deduplication id", other)
        draft.tell(f"Its deduplication id {own} is held by the job {visible(other.id)} now.")
