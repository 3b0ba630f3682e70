"""Jobs that are not whole: removed, never added, an id without a hash, a hash in no state."""

from collections.abc import Sequence

from bulltui.domain.draft import Draft, listed, past, when
from bulltui.domain.evidence import Evidence
from bulltui.domain.fields import whole
from bulltui.domain.flow import JobRef
from bulltui.domain.human import clock
from bulltui.domain.states import JobState
from bulltui.domain.steps import command, step
from bulltui.domain.surroundings import CLEANED, LastSeen
from bulltui.domain.text import visible
from bulltui.domain.why import Cause

_ENDED = {"completed": "removeOnComplete", "failed": "removeOnFail"}
_BESIDE = frozenset({CLEANED, "duplicated", "retries-exhausted", "progress", "debounced"})
"""Events that tell nothing of where a job went."""


def gone(seen: Evidence) -> Draft:
    """Of an id with neither hash nor state."""
    told = [one for one in seen.seen if one.kind not in _BESIDE]
    if told and told[0].kind == "deduplicated" and told[0].other:
        return _deduplicated(seen, told[0])
    if told and told[0].kind == "removed":
        return _removed(seen, told[0])
    if told and told[0].kind in _ENDED:
        return _removed_itself(seen, told[0])
    if told:
        return _vanished(seen, told[0])
    return _not_found(seen)


def _deduplicated(seen: Evidence, event: LastSeen) -> Draft:
    now = seen.around.now_ms
    draft = Draft(
        f"It was deduplicated {past(event.at_ms, now)}: the job {visible(event.other)} stands for it",
        [Cause.DEDUPLICATED],
    )
    draft.tell(f"The stream tells of it: {when(event.at_ms, now)}.")
    if any(one.kind in ("added", "waiting", "delayed", "removed") for one in seen.seen):
        draft.tell("It had been added before, and was replaced by that one.")
    draft.name("job that stands for it", JobRef(seen.ref, event.other))
    draft.advise(f"See that one: {command('jobs why', seen.ref, event.other)}.")
    return draft


def _removed(seen: Evidence, event: LastSeen) -> Draft:
    now = seen.around.now_ms
    draft = Draft(f"It was removed {past(event.at_ms, now)}", [Cause.REMOVED])
    if event.before:
        draft.verdict += f", when it was {visible(event.before)}"
    draft.tell(f"Somebody removed it, by hand or by code: {when(event.at_ms, now)}.")
    _advise_undo(draft)
    return draft


def _removed_itself(seen: Evidence, event: LastSeen) -> Draft:
    now = seen.around.now_ms
    option = _ENDED[event.kind]
    cleaned = next((one for one in seen.seen if one.kind == CLEANED and one.at_ms >= event.at_ms), None)
    draft = Draft(
        f"It {event.kind} {past(event.at_ms, now)}, and was removed since, as {option} wants", [Cause.AUTO_REMOVED]
    )
    draft.tell(
        f"The stream tells that it {event.kind}: {when(event.at_ms, now)}.",
        f"{option} of it, or of one that {event.kind} later, says how many are kept and how long.",
        "If it was a child, its parent still has its result.",
    )
    if cleaned is not None:
        draft.sure = False
        draft.verdict = f"It {event.kind} {past(event.at_ms, now)}, and was removed since: by {option} or by a clean"
        draft.tell(f"A clean removed jobs later: {when(cleaned.at_ms, now)}.")
    return draft


def _vanished(seen: Evidence, event: LastSeen) -> Draft:
    now = seen.around.now_ms
    draft = Draft(
        f"It is gone without a trace: the last that its queue tells of it is `{visible(event.kind)}`,"
        f" {past(event.at_ms, now)}",
        [Cause.REMOVED],
        sure=False,
    )
    draft.tell(
        f"`{visible(event.kind)}` was {when(event.at_ms, now)}.",
        "A drain removes jobs without a word; so do a DEL by hand and a server that evicts keys.",
    )
    draft.advise("`bulltui doctor` tells whether the server may evict keys.")
    _advise_undo(draft)
    return draft


def _not_found(seen: Evidence) -> Draft:
    around = seen.around
    number = whole(seen.job_id) if seen.job_id.isascii() and seen.job_id.isdigit() else None
    if around.foreign:
        return Draft(
            "There is no job of that id: the key is one of the queue's own, or another program's", [Cause.NOT_FOUND]
        )
    draft = Draft("There is no job of that id", [Cause.NOT_FOUND])
    draft.advise(f"See which there are: {command('jobs list', seen.ref, '--state=failed')}.")
    if number is not None and number > around.last_id:
        draft.verdict += ", and there never was: the queue has not come to that number"
        draft.tell(f"The newest number it gave is {around.last_id:,}, if it was not obliterated since.")
    elif number is not None and number > 0:
        draft.sure = False
        draft.verdict += " any more, if there was: the queue has given that number, longer ago than its stream tells"
        draft.tell(
            f"The newest number it gave is {around.last_id:,}. Jobs with ids of their own and deduplicated ones take"
            " a number as well.",
            "Finished jobs are removed by removeOnComplete, removeOnFail and cleans.",
        )
    else:
        draft.tell("Neither the queue nor what its stream still tells knows it.")
    return draft


def ghost(seen: Evidence, states: Sequence[JobState]) -> Draft:
    """Of an id that stands in a state, without a hash or with one that no library would have added."""
    where = listed(f"`{one.value}`" for one in states)
    draft = Draft(f"Its id stands in {where}, but its data is gone", [Cause.NO_HASH])
    if seen.around.exists and seen.job is not None:
        fields = listed(sorted(visible(name) for name in seen.job.raw)[:6]) if seen.job.raw else "none"
        draft.verdict = f"Its id stands in {where}, but of its data only a rest is there"
        draft.tell(f"The hash has {fields}, but neither a name nor data.")
    draft.tell(
        "A drain of BullMQ, a DEL by hand or a server that evicts keys leaves ids behind like this.",
        "A worker that takes it cannot run it." if set(states) & _TAKEN else "",
    )
    for one in seen.seen[:1]:
        draft.tell(f"Its last event: `{visible(one.kind)}`, {when(one.at_ms, seen.around.now_ms)}.")
    draft.advise(
        step("Remove the id", "remove", "jobs remove", seen.ref, seen.job_id),
        "`bulltui doctor` tells whether the server may evict keys.",
    )
    return draft


_TAKEN = frozenset({JobState.WAITING, JobState.PAUSED, JobState.PRIORITIZED, JobState.DELAYED, JobState.ACTIVE})


def orphan(seen: Evidence) -> Draft:
    """Of a hash that is in no state."""
    around, job = seen.around, seen.job
    draft = Draft("It is in no list and no set of its queue, so nothing will ever run it", [Cause.NO_STATE])
    for one in seen.seen[:1]:
        draft.tell(f"Its last event: `{visible(one.kind)}`, {when(one.at_ms, around.now_ms)}.")
    last = seen.seen[0].kind if seen.seen else ""
    if around.stamp[1] is not None:
        draft.tell(f"It finished at {clock(around.stamp[1])}; what removed it from its set left its data.")
    elif last in ("waiting", "added", "") and not around.lock_ttl_ms:
        draft.tell(
            "A resume by BullMQ up to 5 throws away what lies in `wait`, when another version or tool had put it there"
            " while the queue was paused."
        )
    if around.lock_ttl_ms:
        draft.tell("A worker still holds its lock: it was taken out of `active` while it ran.")
    if seen.ground.strange:
        draft.verdict = "It is in no list and no set that is known here"
        draft.tell("BullMQ Pro keeps jobs in groups, which are not read here.")
    if job is not None and "flowAttachmentFailed" in job.raw:
        draft.tell("It could not be attached to its flow when it was added.")
    draft.advise(
        step("Add it anew, under a new id", "duplicate", "jobs duplicate", seen.ref, seen.job_id),
        step("Then remove this one", "remove", "jobs remove", seen.ref, seen.job_id),
    )
    return draft


def _advise_undo(draft: Draft) -> None:
    draft.advise("If it was removed from here it can come back: U, or `bulltui undo list`.")
