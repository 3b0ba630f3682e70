"""A whole queue to be gone: paused, emptied state by state, then its own keys removed."""

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.orders import Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import Counts
from bulltui.domain.states import LISTED
from bulltui.domain.text import visible
from bulltui.services.extent import Extent
from bulltui.services.ground import Ground, order_on
from bulltui.services.run import Run, StopError
from bulltui.services.states import act_on_state
from bulltui.services.whole import act_on_queue

_ROUNDS = 5
"""How often jobs that were added meanwhile are removed too."""


async def obliterate(run: Run, ground: Ground, *, force: bool) -> None:
    """Removes jobs and keys; of a queue without jobs the queue counts as one done. Raises StopError where it ends
    before; a queue whose workers still run something stays paused then."""
    if ground.queue.counts.active and not force:
        raise StopError(_active(ground, "Pause it and wait until they are done, or use `--force`."))
    await _ask(run, ground)
    done = run.tally.done
    await act_on_queue(run, Order(actions.Pause(), ground.ref, ground.layout, run.started_ms))
    counts = await _counts(run, ground)
    if counts.active and not force:
        raise StopError(_active(ground, "It is paused now and stays so; wait until they are done, or use `--force`."))
    for _ in range(_ROUNDS):
        for state in LISTED:
            await act_on_state(run, order_on(run, ground, state), Extent(counts.of(state)))
        status = await act_on_queue(run, order_on(run, ground))
        if status is not Reason.STATE:
            break
        counts = await _counts(run, ground)
        run.planned += counts.total
    if status is not None or run.tally.done == done:
        run.planned += 1
        run.count(ground.ref.shown, status)


async def _ask(run: Run, ground: Ground) -> None:
    """Who may pause a queue and destroy nothing is refused before it is paused."""
    try:
        await run.actor.act(Order(actions.Remove(), ground.ref, ground.layout, run.started_ms))
    except BulltuiError as error:
        raise StopError(error) from error


async def _counts(run: Run, ground: Ground) -> Counts:
    try:
        queue = await run.actor.queue(ground.ref)
    except BulltuiError as error:
        raise StopError(error) from error
    return queue.counts if queue is not None else Counts()


def _active(ground: Ground, hint: str) -> NotAllowedError:
    return NotAllowedError(
        f"{visible(ground.ref.shown)} has active jobs, so it is not obliterated.", hint=hint, code="active"
    )
