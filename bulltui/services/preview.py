"""What a request would do, in sentences, for a person to decide on."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from bulltui.domain import actions
from bulltui.domain.actions import Undo
from bulltui.domain.history import Past
from bulltui.domain.human import duration
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Preview, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob
from bulltui.domain.targets import Every, Jobs, NewJobs, Picked, Queues, Schedulers, Target, queues_of
from bulltui.domain.text import plural
from bulltui.services.chunks import has_children
from bulltui.services.ground import Ground, Grounds
from bulltui.services.request import Request
from bulltui.services.steps import planned_of

SAMPLES = 5
LOOKED_AT = 20
"""How many of the jobs a preview reads, to tell of parents and children."""

_WORDS: dict[type[actions.Action], str] = {
    actions.Duplicate: "Duplicate",
    actions.Reprioritize: "Change the priority of",
    actions.Reschedule: "Change the delay of",
    actions.UpdateData: "Change the data of",
    actions.AddLog: "Add a log line to",
    actions.Fail: "Move to failed",
    actions.RemoveChildren: "Remove the unprocessed children of",
    actions.SetConcurrency: "Set the global concurrency of",
    actions.SetRateLimit: "Set the global rate limit of",
    actions.ClearRateLimit: "Clear the running rate limit of",
    actions.RemoveDeduplication: "Remove a deduplication key of",
    actions.TrimEvents: "Trim the events of",
    actions.Unschedule: "Remove",
    actions.Add: "Add a job to",
}
"""How a sentence begins that orders an action, where it is not its name."""

_ENQUEUES = (
    actions.Retry,
    actions.Promote,
    actions.Duplicate,
    actions.Replay,
    actions.Release,
    actions.Add,
    actions.AddAll,
)

_SPARES = (actions.Remove, actions.Drain, actions.Clean, actions.RemoveChildren)


def preview_of(request: Request, grounds: Grounds, some: Sequence[SavedJob] = ()) -> Preview:
    """A preview. `some` are the jobs that were looked at."""
    count = planned_of(request, grounds.found)
    action, target = request.action, request.target
    return Preview(
        title=_title(request, grounds.found, count),
        count=count,
        lines=tuple(_lines(request)),
        warnings=tuple(_warnings(request, grounds, some)),
        undoable=request.undo and _undo(action) is not Undo.NEVER,
        type_name=_name_to_type(request),
        samples=_samples(target),
    )


def looked_at(request: Request, grounds: Mapping[QueueRef, Ground]) -> Iterator[tuple[QueueRef, tuple[str, ...]]]:
    """Which jobs of which queues a preview reads."""
    left = LOOKED_AT
    for part in _parts(request.target):
        if left > 0 and part.ref in grounds:
            yield part.ref, part.ids[:left]
            left -= len(part.ids)


def _parts(target: Target) -> tuple[Jobs, ...]:
    return target.together if isinstance(target, Picked) else (target,) if isinstance(target, Jobs) else ()


def _samples(target: Target) -> tuple[str, ...]:
    if isinstance(target, Schedulers):
        return target.ids[:SAMPLES]
    return tuple(islice((job_id for part in _parts(target) for job_id in part.ids), SAMPLES))


def preview_of_undo(past: Past) -> Preview:
    """Of taking back an entry of the journal."""
    verb = actions.BY_NAME.get(past.intent.verb.removesuffix("-all"))
    what = past.intent.verb if verb is None or past.done is None else f"{past.done:,} {verb.done}"
    where = ", ".join(past.intent.queues)
    warnings = ("Its process ended before the action did: what it had done until then comes back.",) * (not past.kind)
    return Preview(
        title=f"Undo number {past.number}: {what} on {where}",
        count=past.done,
        lines=(
            "What it changed or destroyed is brought back, each job into the state it had, in its old place.",
            "What is newer now than what was saved stays as it is.",
        ),
        warnings=warnings,
    )


# --- title


def _title(request: Request, grounds: Mapping[QueueRef, Ground], count: int) -> str:
    action, target = request.action, request.target
    word = _WORDS.get(type(action), action.verb.name.capitalize())
    where = _names(tuple(grounds))
    match target:
        case Jobs() as jobs:
            which = f"job {jobs.ids[0]}" if len(jobs.ids) == 1 else f"{count:,} jobs"
            state = f"{jobs.state} " if jobs.state and len(jobs.ids) > 1 else ""
            return f"{word} {which.replace('jobs', state + 'jobs')} of {where}"
        case Picked() as picked:
            return f"{word} {plural(count, f'{picked.state} job' if picked.state else 'job')} of {where}"
        case Every() as every:
            some = "the next " if every.limit is not None else ""
            older = f" older than {duration(every.older_than_ms)}" if every.older_than_ms else ""
            pace = f", {every.per_second:g} a second" if every.per_second else ""
            upto = "up to " if every.older_than_ms else ""
            return f"{word} {upto}{some}{plural(count, f'{every.state} job')} of {where}{older}{pace}"
        case NewJobs():
            return f"Add {plural(count, 'job')} to {where}"
        case Schedulers() as schedulers:
            which = f"scheduler {schedulers.ids[0]}" if count == 1 else f"{count:,} schedulers"
            return f"{word} {which} of {where}"
        case _:
            return _title_of_queues(word, action, where, count)


def _title_of_queues(word: str, action: actions.Action, where: str, count: int) -> str:
    match action:
        case actions.Drain():
            return f"Drain {where}: {plural(count, 'job')}"
        case actions.Clean() as clean:
            limit = f", {clean.limit:,} at most" if clean.limit else ""
            older = f" older than {duration(clean.grace_ms)}" if clean.grace_ms else ""
            upto = "up to " if clean.grace_ms else ""
            return f"Clean {where}: {upto}{plural(count, f'{clean.state} job')}{older}{limit}"
        case actions.Obliterate():
            return f"Obliterate {where} with {plural(count, 'job')}"
        case actions.SetConcurrency(concurrency=None):
            return f"Remove the global concurrency of {where}"
        case actions.SetConcurrency() as to:
            return f"{word} {where} to {to.concurrency}"
        case actions.SetRateLimit(maximum=None):
            return f"Remove the global rate limit of {where}"
        case actions.SetRateLimit() as to:
            return f"{word} {where} to {to.maximum} in {duration(to.duration_ms or 0)}"
        case _:
            return f"{word} {where}"


def _names(refs: Sequence[QueueRef]) -> str:
    names = [ref.shown for ref in refs]
    if len(names) <= 3:
        return ", ".join(names)
    return f"{len(names):,} queues ({', '.join(names[:3])} …)"


# --- effects


def _undo(action: actions.Action) -> Undo:
    """How it can be taken back; a copy changes nothing of the job it is made of."""
    return Undo.NEVER if isinstance(action, actions.Replay) and action.copy else action.verb.undo


def _lines(request: Request) -> list[str]:
    action = request.action
    lines = [action.verb.effect]
    if _undo(action) is not Undo.NEVER:
        lines.append(
            "It can be undone: what is destroyed is saved before."
            if request.undo and action.verb.undo is Undo.RECORDS
            else "It can be undone."
            if request.undo
            else "Nothing is saved for an undo."
        )
    match action:
        case actions.Drain(delayed=False):
            lines.append("Delayed jobs stay.")
        case actions.Retry(reset_attempts=False):
            lines.append("Attempts made so far count.")
        case actions.Remove(children=True):
            lines.append("All children below them go too, in whatever queues; with one that runs nothing of it goes.")
        case _:
            pass
    if isinstance(action, _SPARES):
        lines.append("Jobs that a worker runs and the next runs of schedulers stay.")
    return lines


def _warnings(request: Request, grounds: Grounds, some: Sequence[SavedJob]) -> list[str]:
    warnings = []
    action = request.action
    for ref, (reason, error) in grounds.refused.items():
        what = error.message if reason is Reason.LAYOUT else f"{ref.shown} is not there."
        warnings.append(f"Left out: {what}")
    for ground in grounds.found.values():
        warnings += _about_queue(action, ground)
    if isinstance(action, actions.Pause) and any(_told_as_six(ground) for ground in grounds.found.values()):
        # A dashboard of BullMQ 6 over services of 5 leaves no other sign while a queue is not paused.
        warnings.append("Where a service still uses BullMQ 5, resume here: its own resume would lose jobs.")
    parents = sum(1 for job in some if has_children(job))
    children = sum(1 for job in some if job.parent)
    if isinstance(action, actions.Remove) and some:
        if parents:
            what = "go too" if action.children else "stay, without their parent"
            warnings.append(f"{_of(parents, some)} children, which {what}.")
        if children:
            warnings.append(f"{_of(children, some)} a parent that waits for it and goes on without it.")
    return warnings


def _told_as_six(ground: Ground) -> bool:
    return ground.layout is Layout.V6 and ground.queue.layout.sure


def _of(those: int, some: Sequence[SavedJob]) -> str:
    if len(some) == 1:
        return "It has"
    return f"Of {len(some)} looked at {those} {'has' if those == 1 else 'have'}"


def _about_queue(action: actions.Action, ground: Ground) -> list[str]:
    queue, name = ground.queue, ground.ref.shown
    warnings = []
    if queue.paused and isinstance(action, _ENQUEUES):
        warnings.append(f"{name} is paused: nothing of this runs before it is resumed.")
    if isinstance(action, actions.Obliterate) and queue.counts.active:
        number = plural(queue.counts.active, "job")
        what = "they are removed under their workers" if action.force else "it is refused unless forced"
        warnings.append(f"{number} of {name} {'is' if queue.counts.active == 1 else 'are'} active: {what}.")
    if not queue.layout.sure:
        kept = f"{name} is taken as kept by {ground.layout.label} ({'; '.join(queue.layout.evidence)})."
        warnings.append(kept)
    if isinstance(action, actions.Pause | actions.Resume) and set(queue.layout.could_be) >= {Layout.V5, Layout.V6}:
        warnings.append(
            f"Services of BullMQ 5 and 6 may share {name}: a resume by BullMQ 5 itself can lose jobs. Resume it here."
        )
    return warnings


def _name_to_type(request: Request) -> str:
    """What has to be typed where everything of a kind goes."""
    action, refs = request.action, queues_of(request.target)
    everything = isinstance(action, actions.Drain | actions.Obliterate) or (
        isinstance(action, actions.Clean) and not action.grace_ms and not action.limit
    )
    removes_state = isinstance(action, actions.Remove) and isinstance(request.target, Every)
    if not (everything or removes_state):
        return ""
    if isinstance(request.target, Queues) and len(refs) > 1:
        return f"{len(refs)} queues"
    return refs[0].shown if refs else ""
