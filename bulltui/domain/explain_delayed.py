"""Why a job is delayed."""

from bulltui.domain.draft import Draft, when
from bulltui.domain.evidence import Evidence
from bulltui.domain.holdups import about_workers, holdups, holdups_of_due
from bulltui.domain.human import age, ago, clock, duration
from bulltui.domain.job import Job, due
from bulltui.domain.steps import command, step
from bulltui.domain.text import visible
from bulltui.domain.why import Cause

_MOVED_WITHIN_MS = 10_000
"""Workers that wait are woken when a job is due, and look at least this often."""


def delayed(seen: Evidence) -> Draft:
    """Of a job in `delayed`."""
    due_at = due(seen.around.score)
    now = seen.around.now_ms
    if due_at is None:
        return Draft("It is delayed, but its score is no time, so nobody knows until when", [Cause.DELAYED], sure=False)
    draft = _due(seen, due_at) if due_at > now else _overdue(seen, due_at)
    draft.tell(f"Due {clock(due_at)}, {ago(now - due_at)}.")
    _about_reason(seen, draft)
    draft.tell(about_workers(seen.ground))
    draft.advise(step("Run it now", "promote", "jobs promote", seen.ref, seen.job_id))
    return draft


def _due(seen: Evidence, due_at: int) -> Draft:
    cause, why, sure = _reason(seen)
    left = age(due_at - seen.around.now_ms)
    draft = Draft(f"It is delayed for {left} more, {why}", [cause], sure=sure)
    # What holds the queue then is known only for what stands until someone changes it.
    for one in holdups(seen.ground):
        if one.cause in (Cause.PAUSED, Cause.NO_WORKERS):
            draft.causes.append(one.cause)
            draft.tell(f"It will not run then unless that changes: {one.clause}.")
            draft.advise(*one.steps)
    return draft


def _overdue(seen: Evidence, due_at: int) -> Draft:
    late_ms = seen.around.now_ms - due_at
    held = holdups_of_due(seen.ground)
    # A paused queue moves its delayed jobs nevertheless.
    blocking = [one for one in held if one.cause is not Cause.PAUSED and one.sure] or [
        one for one in held if one.cause is not Cause.PAUSED
    ]
    draft = Draft(f"It was due {age(late_ms)} ago, and nothing has moved it", [Cause.OVERDUE])
    if blocking:
        draft.verdict += f": {blocking[0].clause}"
        draft.sure = blocking[0].sure
    elif seen.ground.workers.total is None:
        draft.sure = False
        draft.tell("Delayed jobs are moved by workers only; without any they stay.")
    elif late_ms <= _MOVED_WITHIN_MS:
        draft.verdict = f"It is due since {duration(late_ms)}, and a worker moves it at any moment"
    else:
        draft.sure = False
        draft.tell("Workers are connected, but none of them moves it: it may be stopped by itself, or hang.")
    for one in held:
        draft.causes.append(one.cause)
        draft.tell(*one.evidence)
        draft.advise(*one.steps)
    if Cause.PAUSED in draft.causes:
        draft.tell("Once it is moved it waits, as the queue is paused.")
    if Cause.NO_WORKERS in draft.causes:
        draft.tell("Delayed jobs are moved by workers only.")
    return draft


def _reason(seen: Evidence) -> tuple[Cause, str, bool]:
    """What it was delayed by, within a sentence, and whether that is sure."""
    job = seen.job
    if job is None or job.missing:
        return Cause.DELAYED, "and its data is gone", True
    if job.scheduler and not job.attempts_made:
        return Cause.DELAYED, f"as the next run of the scheduler {visible(job.scheduler)}", True
    if job.attempts_made and job.failed_reason and _backs_off(job):
        if job.attempts_started > job.attempts_made:
            # It was started since the attempt that failed: that start ended by its own code, or it stalled.
            return (
                Cause.DELAYED,
                "put off after it had been started: by its backoff, by its own code, or by hand",
                False,
            )
        tried = f"attempt {job.attempts_made:,} of {job.max_attempts:,}"
        return Cause.BACKOFF, f"because {tried} failed and its backoff wants a pause", True
    if job.attempts_made or job.processed_on is not None or job.attempts_started:
        return Cause.DELAYED, "put off after it had been started: by its own code, or by hand", False
    return Cause.DELAYED, "as it was added to run later", True


def _backs_off(job: Job) -> bool:
    options = job.opts.value
    return isinstance(options, dict) and bool(options.get("backoff"))


def _about_reason(seen: Evidence, draft: Draft) -> None:
    job, now = seen.job, seen.around.now_ms
    if job is None or job.missing:
        draft.causes.append(Cause.NO_HASH)
        return
    if job.delay:
        draft.tell(f"Its delay is {age(job.delay)}.")
    if job.attempts_made and job.failed_reason:
        draft.tell(f"Attempt {job.attempts_made:,} of {job.max_attempts:,} failed: {visible(job.failed_reason)[:200]}")
    if job.scheduler:
        draft.tell(f"It is a run of the scheduler {visible(job.scheduler)}.")
        draft.advise(f"See its rule: {command('schedulers list', seen.ref)}.")
    if job.timestamp is not None:
        draft.tell(f"Added {when(job.timestamp, now)}.")
