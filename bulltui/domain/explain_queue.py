"""Why a queue goes on or does not."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.draft import Draft, listed
from bulltui.domain.evidence import Ground
from bulltui.domain.holdups import Holdup, about_workers, holdups, holdups_of_due
from bulltui.domain.human import age, rate
from bulltui.domain.queue import Counts, Queue
from bulltui.domain.rates import Rates, growing
from bulltui.domain.steps import command, step
from bulltui.domain.text import plural, visible
from bulltui.domain.why import Cause, Why

_MOVED_WITHIN_MS = 10_000
_STOPS = (Cause.PAUSED, Cause.NO_WORKERS)
_ALMOST_NOTHING = 0.05


@dataclass(frozen=True, slots=True)
class QueueEvidence:
    """What was seen of a queue. `due_at` is when the next delayed job is due (epoch ms); of `looked` active jobs
    `unlocked` have no lock."""

    queue: Queue
    ground: Ground
    rates: Rates = Rates()
    due_at: int | None = None
    unlocked: int = 0
    looked: int = 0


def explain_queue(seen: QueueEvidence) -> Why:
    """A verdict on a queue as a whole."""
    draft = _draft(seen)
    if seen.unlocked:
        if Cause.STALLED not in draft.causes:
            draft.causes.append(Cause.STALLED)
        of = "" if seen.looked == seen.unlocked else f" of {seen.looked:,} that were looked at"
        draft.tell(f"{plural(seen.unlocked, 'active job')}{of} without a lock: stalled, or just taken.")
        draft.advise(step("See them", "", "jobs list", seen.queue.ref, "--state=active"))
    if seen.queue.counts.failed:
        draft.tell(f"{plural(seen.queue.counts.failed, 'job')} failed.")
        draft.advise(step("Find out why", "errors", "jobs errors", seen.queue.ref))
    draft.tell(about_workers(seen.ground))
    if seen.ground.strange:
        draft.sure = False
        draft.tell(f"The queue is kept in a way that is not known here: {visible(seen.ground.strange)}.")
    if seen.queue.faults:
        draft.sure = False
        keys = listed(f"`{visible(one)}`" for one in seen.queue.faults)
        draft.tell(f"Another program wrote to {keys} of this queue.")
    return draft.why(seen.ground.may_be)


def _draft(seen: QueueEvidence) -> Draft:
    counts, ground = seen.queue.counts, seen.ground
    held = holdups(ground)
    runnable = counts.runnable
    stops = [one for one in held if one.cause in _STOPS]
    if ground.paused or (stops and counts.pending):
        return _stopped(counts, stops)
    if runnable:
        return _waiting(seen, held)
    if counts.active:
        return _running(seen)
    if counts.delayed:
        return _delayed(seen, holdups_of_due(ground))
    if counts.waiting_children:
        draft = Draft(
            f"Nothing can run: {plural(counts.waiting_children, 'parent')} wait for children in this or other queues",
            [Cause.CHILDREN],
        )
        draft.advise(step("See them", "", "jobs list", ground.ref, "--state=waiting-children"))
        return draft
    return Draft("Idle: nothing waits", [Cause.IDLE])


def _waiting_words(counts: Counts) -> str:
    return f"{plural(counts.runnable, 'job')} wait{'s' if counts.runnable == 1 else ''}"


def _stopped(counts: Counts, stops: Sequence[Holdup]) -> Draft:
    clauses = listed([one.clause for one in stops])
    parts = (
        *((counts.runnable, "waiting"), (counts.active, "running"), (counts.delayed, "delayed")),
        (counts.waiting_children, "waiting for children"),
    )
    pending = [f"{number:,} {word}" for number, word in parts if number]
    draft = Draft(f"{_capital(clauses)}; {listed(pending) if pending else 'nothing waits'}", [])
    draft.sure = stops[0].sure
    for one in stops:
        draft.causes.append(one.cause)
        draft.tell(*one.evidence)
        draft.advise(*one.steps)
    return draft


def _waiting(seen: QueueEvidence, held: Sequence[Holdup]) -> Draft:
    counts, per_minute = seen.queue.counts, seen.ground.per_minute
    waits = _waiting_words(counts)
    if per_minute is not None and per_minute >= _ALMOST_NOTHING:
        left = age(int(counts.runnable / per_minute * 60_000))
        draft = Draft(f"Moving: {waits}, about {rate(per_minute)} finish a minute, {left} to go", [Cause.MOVING])
        if growing(seen.rates):
            draft.verdict = f"Moving, and growing: {waits}, about {rate(per_minute)} finish a minute"
            draft.tell(f"About {rate(seen.rates.added or 0)} are added a minute, more than finish.")
    elif held:
        clause = _capital(held[0].clause)
        draft = Draft(f"{clause}; {waits}", [held[0].cause], sure=held[0].sure)
    elif counts.active:
        unmoved = ", and none finished lately" if per_minute is not None else ""
        draft = Draft(f"{plural(counts.active, 'job')} running, {waits}{unmoved}", [Cause.RUNNING])
    else:
        draft = Draft(f"{waits.capitalize()}, and none runs", [Cause.STUCK], sure=False)
        known = seen.ground.workers.total
        draft.tell(
            "A worker that waits takes a job at once; one that was not woken looks again within 10 s."
            if known
            else "Without workers nothing runs, and whether there are any is not known."
        )
        draft.advise(f"Look again in a moment; {command('workers list', seen.queue.ref)} shows its workers.")
    for one in held:
        draft.causes.append(one.cause)
        draft.tell(*one.evidence)
        draft.advise(*one.steps)
    if seen.queue.counts.paused:
        draft.tell(
            f"{plural(counts.paused, 'job')} in the list `paused` of a queue that is not paused: no worker looks there."
        )
        draft.advise(step("Resume it once more, which brings them back", "pause", "queues resume", seen.queue.ref))
    return draft


def _running(seen: QueueEvidence) -> Draft:
    counts = seen.queue.counts
    if seen.unlocked and seen.unlocked == counts.active:
        return Draft(f"Stalled: none of {plural(counts.active, 'active job')} has a lock", [Cause.STALLED])
    return Draft(f"{plural(counts.active, 'job')} running, and no other waits", [Cause.RUNNING])


def _delayed(seen: QueueEvidence, held: Sequence[Holdup]) -> Draft:
    delayed, now = seen.queue.counts.delayed, seen.ground.now_ms
    draft = Draft(f"Nothing to do yet: {plural(delayed, 'job')} delayed", [Cause.DELAYED])
    if seen.due_at is None:
        return draft
    if seen.due_at > now:
        draft.verdict += f", the next for {age(seen.due_at - now)} more"
    elif seen.due_at < now - _MOVED_WITHIN_MS:
        draft = Draft(
            f"Overdue: a delayed job was due {age(now - seen.due_at)} ago, and nothing moved it", [Cause.OVERDUE]
        )
        draft.sure = bool(held) and held[0].sure
        for one in held:
            draft.causes.append(one.cause)
            draft.tell(one.clause.capitalize() + ".", *one.evidence)
            draft.advise(*one.steps)
    else:
        draft.verdict += ", the next is due now"
    return draft


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
