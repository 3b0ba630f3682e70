"""Why a job waits in line."""

from bulltui.domain.draft import Draft, listed, when
from bulltui.domain.evidence import Evidence
from bulltui.domain.explain_ended import STALLED
from bulltui.domain.holdups import HARD, Holdup, about_workers, holdups
from bulltui.domain.human import age, rate
from bulltui.domain.layout import Layout
from bulltui.domain.states import JobState
from bulltui.domain.steps import step
from bulltui.domain.text import plural, visible
from bulltui.domain.why import Cause

_MINUTE_MS = 60_000
_OLD = frozenset({Layout.BULL, Layout.V3, Layout.V4})


def waiting(seen: Evidence, state: JobState) -> Draft:
    """Of a job in `wait`, `paused` or `prioritized`."""
    held = holdups(seen.ground)
    if state is JobState.PAUSED and not seen.ground.paused:
        return _left_behind(seen)
    line = _in_line(seen)
    first = [one for one in held if one.cause in HARD and one.sure]
    rest = [one for one in held if one not in first]
    if seen.around.ahead == 0:
        first, rest = held, []
    draft = _joined(seen, line, first, rest)
    _about_place(seen, draft)
    _about_idle(seen, draft, held)
    draft.tell(about_workers(seen.ground))
    if not held and seen.ground.workers.total is None:
        draft.sure = False
    if seen.ground.paused and state is JobState.WAITING and seen.ground.may_be and {*seen.ground.may_be} <= _OLD:
        draft.sure = False
        draft.tell("Workers of BullMQ up to 4 take jobs from `wait` even so.")
    _about_failure(seen, draft)
    if seen.job and seen.job.timestamp is not None:
        draft.tell(f"Added {when(seen.job.timestamp, seen.around.now_ms)}.")
    return draft


def _joined(seen: Evidence, line: Draft, first: list[Holdup], rest: list[Holdup]) -> Draft:
    """What holds the queue and the place in line, in one sentence: the decisive part first."""
    if first:
        line.verdict = f"It waits because {listed([one.clause for one in first])}; {line.verdict}"
    else:
        line.verdict = f"It waits: {line.verdict}"
    if rest:
        line.verdict += f"; {listed([one.clause for one in rest])}"
    line.causes = [*(one.cause for one in first), *line.causes, *(one.cause for one in rest)]
    for one in (*first, *rest):
        line.tell(*one.evidence)
        line.advise(*one.steps)
    # What is only possible is no cause where another one is known.
    line.sure = all(one.sure for one in first[:1]) if first else all(one.sure for one in rest)
    return line


def _in_line(seen: Evidence) -> Draft:
    around = seen.around
    ahead, higher = around.ahead, around.higher
    if ahead is None:
        return Draft("where in line it is cannot be told", [Cause.IN_LINE])
    if around.ahead_deeper:
        return Draft(f"more than {ahead:,} jobs are before it{_estimate(seen, ahead, least=True)}", [Cause.IN_LINE])
    if ahead == 0:
        return Draft("it is next in line", [Cause.IN_LINE])
    before = f"{plural(ahead, 'job')} {'is' if ahead == 1 else 'are'} before it"
    if not higher or (seen.job is not None and not seen.job.priority):
        return Draft(f"{before}{_estimate(seen, ahead)}", [Cause.IN_LINE])
    of_them = f", {higher:,} of them of higher priority" if higher < ahead else ", of higher priority"
    return Draft(f"{before}{of_them}{_estimate(seen, ahead)}", [Cause.PRIORITY, Cause.IN_LINE])


def _estimate(seen: Evidence, ahead: int, *, least: bool = False) -> str:
    """When its turn comes, from the measured rate; nothing where a queue stands still or its rate is not known."""
    per_minute = seen.ground.per_minute
    if not per_minute or per_minute <= 0 or any(one.cause in HARD and one.sure for one in holdups(seen.ground)):
        return ""
    about = "at least about" if least else "about"
    return f", its turn comes in {about} {age(int(ahead / per_minute * _MINUTE_MS))}"


def _about_place(seen: Evidence, draft: Draft) -> None:
    around = seen.around
    if around.ahead_deeper and around.ahead is not None:
        draft.tell(f"It is not within the first or last {around.ahead:,} of the list.")
    elif around.ahead:
        draft.tell(f"Place {around.ahead + 1:,} in line.")
    if seen.job is not None and seen.job.priority:
        # Bull and BullMQ 3 keep those that have a priority within the list, by another rule.
        apart = around.states[:1] == (JobState.PRIORITIZED,)
        rule = "; jobs without one go before all that have one, 1 before 2" if apart else ""
        draft.tell(f"Its priority is {seen.job.priority:,}{rule}.")
    if seen.ground.per_minute and around.ahead:
        draft.tell(f"About {rate(seen.ground.per_minute)} jobs of the queue finish a minute.")
    elif seen.ground.per_minute == 0 and around.ahead:
        draft.tell("No job of the queue finished lately, so nobody can say when its turn comes.")
    if Cause.PRIORITY in draft.causes:
        first = step("Put it first", "priority", "jobs reprioritize", seen.ref, "--priority=1", seen.job_id)
        draft.advise(first)


def _about_idle(seen: Evidence, draft: Draft, held: list[Holdup]) -> None:
    """Nothing holds the queue, workers are there, and yet it waits."""
    workers = seen.ground.workers
    if held or not workers.total:
        return
    draft.sure = False
    if workers.idle is None:
        draft.tell("Whether its workers are busy cannot be seen.")
    elif workers.idle:
        draft.tell(
            "Workers wait for a job, so one should take it at once; one that was not woken looks again within 10 s."
            " One of another version of the library may not see it.",
            "No marker is there that would wake them." if _unmarked(seen) else "",
        )
    else:
        draft.tell(
            "The workers neither run a job nor wait for one: they are just starting, were stopped by themselves"
            " (`worker.pause()`), or wait for a limit of their own."
        )


def _unmarked(seen: Evidence) -> bool:
    """Whether nothing wakes workers of BullMQ 5 and later."""
    may_be = {*seen.ground.may_be}
    return seen.around.marker != 0 and bool(may_be) and may_be <= {Layout.V5, Layout.V6}


def _about_failure(seen: Evidence, draft: Draft) -> None:
    """A job that fails as soon as it is taken."""
    job = seen.job
    if job is None:
        return
    if job.deferred_failure:
        reason = visible(job.deferred_failure)
        draft.verdict = f"It will fail as soon as a worker takes it ({reason}). {draft.verdict}"
        draft.causes.insert(0, Cause.STALLED if job.deferred_failure.startswith(STALLED) else Cause.CHILD_FAILED)
    elif job.attempts_made and job.failed_reason:
        draft.tell(f"Attempt {job.attempts_made:,} of {job.max_attempts:,} failed: {visible(job.failed_reason)[:200]}")


def _left_behind(seen: Evidence) -> Draft:
    """In the list `paused` of a queue that is not paused."""
    return Draft(
        "It lies in the list `paused` although the queue is not paused: no worker looks there",
        [Cause.STUCK, Cause.PAUSED],
        evidence=["A pause by one version of the library and a resume by another leave jobs behind like this."],
        steps=[step("Resume the queue once more, which brings them back", "pause", "queues resume", seen.ref)],
    )
