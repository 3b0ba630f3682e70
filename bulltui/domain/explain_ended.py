"""Why a job is completed or failed, and what becomes of it."""

import math
import re

from bulltui.domain.draft import Draft, past, when
from bulltui.domain.evidence import Evidence
from bulltui.domain.explain_active import stalls
from bulltui.domain.fields import long_options
from bulltui.domain.flow import Bond
from bulltui.domain.human import SECOND_MS, age, duration
from bulltui.domain.job import Job
from bulltui.domain.jsontext import Json
from bulltui.domain.states import JobState
from bulltui.domain.steps import step
from bulltui.domain.text import plural, visible
from bulltui.domain.why import Cause

_CHILD = re.compile(r"child ([^:]+:.+:.+) failed", re.IGNORECASE | re.DOTALL)
STALLED = "job stalled more than"
"""How the library's reason begins of a job that stalled too often."""
_STARTED = "job started more than"
_UNRECOVERABLE = "UnrecoverableError"
_LONGEST = 200


def completed(seen: Evidence) -> Draft:
    """Of a job in `completed`."""
    draft = Draft(f"It is done, {_since(seen)}", [Cause.COMPLETED])
    _about_end(seen, draft)
    job = seen.job
    if job is not None:
        result = job.raw.get("returnvalue")
        if result is not None and result.size:
            text = visible(result.text[:80])
            draft.tell(f"Its result: {text}{'…' if len(result.text) > 80 or result.cut else ''}")
        draft.tell(_kept(job, "removeOnComplete", "completed"))
    draft.advise(step("Run it again", "retry", "jobs retry", seen.ref, seen.job_id))
    return draft


def failed(seen: Evidence) -> Draft:
    """Of a job in `failed`."""
    job = seen.job
    draft = _reason(seen, job) if job is not None else Draft(f"It failed {_since(seen)}", [Cause.ATTEMPTS], sure=False)
    _about_end(seen, draft)
    if job is not None:
        if job.failed_reason:
            draft.tell(f"Its error: {visible(job.failed_reason[:_LONGEST])}")
        draft.tell(_backoff(job), _kept(job, "removeOnFail", "failed"))
    draft.advise(step("Run it again", "retry", "jobs retry", seen.ref, seen.job_id))
    if Cause.STALLED in draft.causes:
        draft.advise(
            step(
                "Let it stall anew before it fails",
                "retry-with",
                "jobs retry",
                seen.ref,
                "--reset-stalled",
                seen.job_id,
            )
        )
    return draft


def _reason(seen: Evidence, job: Job) -> Draft:
    made, most = job.attempts_made, job.max_attempts
    since = _since(seen)
    attempts = f"{made:,} of {plural(most, 'attempt')}"
    reason = job.failed_reason
    if reason.startswith(STALLED):
        count = stalls(seen)
        times = f", {plural(count, 'time')}" if count else ""
        draft = Draft(
            f"It failed for good {since}, as its workers lost it more often than they allow{times}", [Cause.STALLED]
        )
        draft.tell("That limit is an option of its workers: maxStalledCount.")
        return draft
    by_child = _CHILD.fullmatch(reason)
    if by_child is not None and (job.dependencies.failed or job.dependencies.total):
        return _by_child(seen, job, by_child[1])
    if not reason and seen.around.stamp[1] is None:
        return Draft("It is among the failed, but nothing of a failure is stored", [Cause.UNRECOVERABLE], sure=False)
    if made >= most:
        if most == 1:
            return Draft(f"It failed {since}, and its options allow no second attempt", [Cause.ATTEMPTS])
        return Draft(f"It failed for good {since}: all {most:,} attempts are used", [Cause.ATTEMPTS])
    draft = Draft(f"It failed for good {since}, after {attempts}", [Cause.UNRECOVERABLE])
    if reason.startswith(_STARTED):
        draft.verdict += ": it was started more often than its workers allow (maxStartedAttempts)"
    elif job.stacktrace and job.stacktrace[-1].lstrip().startswith(_UNRECOVERABLE):
        draft.verdict += ": its code threw an UnrecoverableError, which forbids another"
    else:
        draft.sure = False
        draft.verdict += ": something forbade another"
        draft.tell(
            "An UnrecoverableError or one of that name, `discard()`, a backoff that ends the attempts, or a hand that"
            " let it fail: what is stored does not tell which."
        )
    return draft


def _by_child(seen: Evidence, job: Job, child_key: str) -> Draft:
    start = f"{seen.ref.key}:"
    name = child_key.removeprefix(start)
    draft = Draft(
        f"It failed {_since(seen)}, as its child {visible(name)} failed (failParentOnFailure)", [Cause.CHILD_FAILED]
    )
    draft.sure = job.dependencies.failed > 0
    for node in seen.children:
        if node.bond is Bond.FAILED:
            draft.name("child that failed", node.job)
            why = f": {visible(node.failed_reason[:_LONGEST])}" if node.failed_reason else ""
            draft.tell(f"{visible(node.job.ref.name)}/{visible(node.job.id)} is {_state(node.state)}{why}")
    for related in draft.related[:1]:
        draft.advise(step("Retry the child first", "", "jobs retry", related.job.ref, related.job.id))
    draft.advise(step("See its flow", "flow", "jobs flow", seen.ref, seen.job_id))
    return draft


def _state(state: JobState) -> str:
    return "gone" if state is JobState.UNKNOWN else state.value


def _since(seen: Evidence) -> str:
    finished = seen.around.stamp[1]
    return "at a time that is not stored" if finished is None else past(finished, seen.around.now_ms)


def _about_end(seen: Evidence, draft: Draft) -> None:
    started, finished, made = seen.around.stamp
    if finished is None:
        return
    ran = f"; it ran {duration(finished - started)}" if started is not None and finished >= started else ""
    draft.tell(f"Finished {when(finished, seen.around.now_ms)}{ran}.")
    if made > 1 and Cause.COMPLETED in draft.causes:
        draft.tell(f"It took {plural(made, 'attempt')}.")


def _options(job: Job) -> dict[str, Json]:
    options = long_options(job.opts.value)
    return options if isinstance(options, dict) else {}


def _backoff(job: Job) -> str:
    backoff = _options(job).get("backoff")
    if isinstance(backoff, dict):
        pause, kind = _whole(backoff.get("delay")), backoff.get("type")
        how = f"{visible(str(kind)[:40])}, " if kind else ""
        return f"Backoff between attempts: {how}{'its own' if pause is None else duration(pause)}."
    pause = _whole(backoff)
    return f"Backoff between attempts: {duration(pause)}." if pause else ""


def _whole(value: Json) -> int | None:
    """A number of options as a whole one, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value)


def _kept(job: Job, option: str, state: str) -> str:
    """What becomes of it: such options are applied by each job that finishes, on all of its state."""
    wanted = _options(job).get(option)
    if wanted in (None, False):
        return f"{option} is not set for it; workers or other jobs of the queue may have it set, and then it goes too."
    if wanted is True:
        return f"{option} is set, and yet it is still there."
    limits = wanted if isinstance(wanted, dict) else {"count": wanted}
    told = []
    count, seconds = _whole(limits.get("count")), _whole(limits.get("age"))
    if count is not None and count >= 0:
        told.append(f"{count:,} {state} jobs are kept")
    if seconds is not None:
        told.append(f"none older than {age(seconds * SECOND_MS)}")
    return f"{option}: {', '.join(told)}." if told else ""
