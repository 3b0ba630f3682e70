"""How each action is carried out on its target, given the layouts of the queues."""

from collections.abc import Mapping

from bulltui.domain import actions
from bulltui.domain.errors import UnreachableError
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, NewJobs, Picked, Queues, Schedulers
from bulltui.services.adding import add_all
from bulltui.services.chunks import act_on_all
from bulltui.services.extent import Extent
from bulltui.services.ground import Ground, order_on
from bulltui.services.obliterate import obliterate
from bulltui.services.request import Request
from bulltui.services.run import FIRST, Run, StopError
from bulltui.services.states import act_on_state
from bulltui.services.whole import act_on_queue

_FINISHED = frozenset({JobState.COMPLETED, JobState.FAILED})


async def carry_out(run: Run, grounds: Mapping[QueueRef, Ground]) -> None:
    """The action on its target. Raises StopError where it ends before."""
    run.planned += planned_of(run.request, grounds)
    match run.request.target:
        case Jobs() as jobs:
            ids = tuple(dict.fromkeys(jobs.ids))
            await act_on_all(run, order_on(run, grounds[jobs.ref], jobs.state), ids)
        case Picked() as picked:
            await _picked(run, grounds, picked)
        case Every() as every:
            ground = grounds[every.ref]
            run.exact = not every.older_than_ms
            extent = Extent(ground.queue.counts.of(every.state), every.limit, every.per_second)
            await _older(run, ground, every.state, every.older_than_ms, extent)
        case Schedulers() as schedulers:
            await _schedulers(run, grounds[schedulers.ref], tuple(dict.fromkeys(schedulers.ids)))
        case Queues():
            await _queues(run, tuple(grounds.values()))
        case NewJobs() as new:
            await add_all(run, grounds[new.ref], new)
        case _:
            raise ValueError("an entry of the journal is no queue")


def planned_of(request: Request, grounds: Mapping[QueueRef, Ground]) -> int:
    """About how many things a request is, at most."""
    match request.target:
        case Jobs() as jobs:
            return len(set(jobs.ids))
        case Picked() as picked:
            return picked.count
        case Schedulers() as schedulers:
            return len(set(schedulers.ids))
        case NewJobs(count=count):
            return count
        case Every() as every:
            count = grounds[every.ref].queue.counts.of(every.state)
            return count if every.limit is None else min(count, every.limit)
        case _:
            return sum(planned(request.action, ground) for ground in grounds.values())


async def _picked(run: Run, grounds: Mapping[QueueRef, Ground], picked: Picked) -> None:
    """Part by part, each against the state that its jobs were found in."""
    for part in picked.together:
        ground = grounds.get(part.ref)
        if ground is None:  # the queue is gone, and they with it
            for job_id in part.ids:
                run.count(job_id, Reason.MISSING)
        else:
            run.width = FIRST  # jobs of another queue may be of another size
            await act_on_all(run, order_on(run, ground, part.state), part.ids)


async def _older(run: Run, ground: Ground, state: JobState, age_ms: int, extent: Extent) -> None:
    """Those of a state that are at least that old; none that came there since the start."""
    latest = run.started_ms - age_ms
    await act_on_state(
        run, order_on(run, ground, state, latest), extent, until_ms=latest if state in _FINISHED else None
    )


async def _schedulers(run: Run, ground: Ground, ids: tuple[str, ...]) -> None:
    for scheduler_id in ids:
        run.check()
        run.count(scheduler_id, await act_on_queue(run, order_on(run, ground), (Item(scheduler_id),)))
        run.tell()


async def _queues(run: Run, grounds: tuple[Ground, ...]) -> None:
    """One queue that fails does not keep the others from being acted on; a server that is gone does."""
    for ground in grounds:
        run.check()
        try:
            await _queue(run, ground)
        except StopError as stop:
            if stop.error is None or isinstance(stop.error, UnreachableError):
                raise
            run.stop(stop)
        run.tell()


def planned(action: actions.Action, ground: Ground) -> int:
    """About how many things an action on a queue is."""
    counts = ground.queue.counts
    match action:
        case actions.Drain() as drain:
            return sum(counts.of(state) for state in _drained(drain))
        case actions.Clean() as clean:
            count = counts.of(clean.state)
            return min(count, clean.limit) if clean.limit else count
        case actions.Obliterate():
            return counts.total
        case _:
            return 1


async def _queue(run: Run, ground: Ground) -> None:
    match run.request.action:
        case actions.Drain() as drain:
            for state in _drained(drain):
                await act_on_state(run, order_on(run, ground, state), Extent(ground.queue.counts.of(state)))
        case actions.Clean() as clean:
            run.exact = run.exact and not clean.grace_ms
            extent = Extent(ground.queue.counts.of(clean.state), clean.limit or None)
            await _older(run, ground, clean.state, clean.grace_ms, extent)
        case actions.Obliterate() as action:
            await obliterate(run, ground, force=action.force)
        case _:
            run.count(ground.ref.shown, await act_on_queue(run, order_on(run, ground), seen=ground.queue))


def _drained(drain: actions.Drain) -> tuple[JobState, ...]:
    states = (JobState.WAITING, JobState.PAUSED, JobState.PRIORITIZED)
    return (*states, JobState.DELAYED) if drain.delayed else states
