"""Why a job is active: a worker runs it, or has lost it."""

from bulltui.domain.draft import Draft, when
from bulltui.domain.evidence import Evidence
from bulltui.domain.holdups import about_workers
from bulltui.domain.human import age, duration
from bulltui.domain.steps import step
from bulltui.domain.text import plural, visible
from bulltui.domain.why import Cause

_FAR, _LONG_MS = 10, 60_000
USUAL_STALLS = 1
"""How often a job may stall before it fails, unless a worker is told otherwise: nobody else knows."""


def active(seen: Evidence) -> Draft:
    """Of a job in `active`."""
    draft = _running(seen) if seen.around.lock_ttl_ms is not None else _stalled(seen)
    job = seen.job
    if job is not None and job.attempts_started > 1:
        draft.tell(f"It was started {plural(job.attempts_started, 'time')}; {job.attempts_made:,} attempts are over.")
    if job is not None and job.deferred_failure:
        draft.tell(f"It is marked to fail when it is taken next: {visible(job.deferred_failure)}")
    return draft


def _running(seen: Evidence) -> Draft:
    around, job = seen.around, seen.job
    started = around.stamp[0]
    worker = visible(job.processed_by) if job is not None else ""
    where = f"on the worker {worker}" if worker else "on a worker that has no name"
    since = f", for {age(around.now_ms - started)}" if started is not None else ""
    draft = Draft(f"It runs {where}{since}", [Cause.RUNNING])
    if seen.ground.workers.total == 0:
        left = duration(around.lock_ttl_ms or 0)
        draft.verdict = (
            f"It has the lock of a worker for {left} more, but no worker is connected that the server can name"
        )
        draft.causes.append(Cause.NO_WORKERS)
        draft.sure = False
        draft.tell("If its worker is gone it is stalled as soon as the lock ends.")
    if started is not None:
        draft.tell(f"Started {when(started, around.now_ms)}.")
    if around.lock_ttl_ms:
        draft.tell(f"Its lock lives for {duration(around.lock_ttl_ms)} more; its worker renews it while it runs.")
    usual = seen.usual
    if usual is not None:
        of = "" if usual.count == 1 else f" (the middle one of the last {usual.count:,})"
        draft.tell(f"{'The last one' if usual.count == 1 else 'Others'} took about {duration(usual.ms)}{of}.")
        if started is not None and around.now_ms - started > max(_LONG_MS, _FAR * usual.ms):
            draft.tell(f"This one takes more than {_FAR} times as long.")
    draft.advise(step("Follow its logs", "logs", "jobs logs", seen.ref, "--follow", seen.job_id))
    return draft


def _stalled(seen: Evidence) -> Draft:
    around = seen.around
    workers = seen.ground.workers.total
    draft = Draft("", [Cause.STALLED])
    if workers == 0:
        draft.causes.append(Cause.NO_WORKERS)
        draft.verdict = "It is stalled: its lock is gone, and no worker is connected that could find that out"
        draft.tell("The workers of the queue look for stalled jobs; as soon as one is connected it does.")
    else:
        draft.verdict = f"It is stalled: its lock is gone, so its worker is gone or hangs; {_next_check(seen)}"
    draft.sure = workers is not None
    draft.tell(
        "The next check for stalled jobs looks at it."
        if around.in_stalled
        else "The next check for stalled jobs marks it, the one after that takes it back.",
        "" if around.stalled_check_ttl_ms is None else f"A check may run in {duration(around.stalled_check_ttl_ms)}.",
        _about_stalls(seen),
        about_workers(seen.ground),
        "" if around.stamp[0] is None else f"Started {when(around.stamp[0], around.now_ms)}.",
    )
    draft.advise(
        step("Let it wait again now", "release", "jobs release", seen.ref, seen.job_id),
        step("Let it fail", "fail", "jobs fail", seen.ref, seen.job_id),
    )
    if workers == 0:
        draft.advise("Start a worker for the queue.")
    return draft


def _next_check(seen: Evidence) -> str:
    """What becomes of it, and when, where workers are there to look."""
    ttl = seen.around.stalled_check_ttl_ms
    at = f"in {duration(ttl)} or a little later" if ttl else "at the next check"
    when_ = at if seen.around.in_stalled else "at the check after the next"
    what = "fails for good" if _fails_next(seen) else "waits in line again"
    if seen.ground.workers.total is None:
        return f"if a worker is connected, it {what} {when_}"
    return f"it {what} {when_}"


def stalls(seen: Evidence) -> int:
    """How often it has stalled before."""
    job = seen.job
    if job is None:
        return 0
    old = job.raw.get("stalledCounter")  # as up to BullMQ 4
    return job.stalled_counter or (int(old.text) if old and old.text.isascii() and old.text.isdigit() else 0)


def _fails_next(seen: Evidence) -> bool:
    """Whether it stalls once too often, if its workers have the usual limit. Runs of schedulers never do."""
    return stalls(seen) >= USUAL_STALLS and not (seen.job and seen.job.scheduler)


def _about_stalls(seen: Evidence) -> str:
    count = stalls(seen)
    if seen.job is not None and seen.job.scheduler:
        return "Runs of schedulers do not fail by stalling."
    before = f"It has stalled {plural(count, 'time')} before. " if count else ""
    return (
        f"{before}How often it may stall is an option of its workers (maxStalledCount), which the server does not know;"
        f" {USUAL_STALLS} is usual."
    )
