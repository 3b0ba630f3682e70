"""Actions on a queue as a whole: its settings, single keys, a new job, a scheduler."""

from bulltui.domain import actions
from bulltui.domain.actions import Undo
from bulltui.domain.errors import BulltuiError
from bulltui.domain.orders import Answer, Item, LostAnswerError, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.record import Change
from bulltui.services.run import Run, StopError

SETTINGS: dict[type[actions.Action], str] = {
    actions.Pause: "paused",
    actions.Resume: "paused",
    actions.SetConcurrency: "concurrency",
    actions.SetRateLimit: "limit",
}
"""What each of these changes, as `Change` calls it."""


async def act_on_queue(run: Run, order: Order, items: tuple[Item, ...] = ()) -> Reason | None:
    """One order, repeated until nothing is left to do. What it destroys is in the journal before, what a setting was
    before afterwards. Raises StopError where it ends before."""
    await save_queue(run, order, items)
    first = answer = await call_once(run, order, items)
    while answer.left:
        run.tell("moving")
        answer = await call_once(run, order, items)
    what = SETTINGS.get(type(order.action))
    if what is not None and dict(first.before) != dict(answer.after):
        await run.keep([Change(order.ref, what, dict(first.before), dict(answer.after))])
    return first.statuses[0] if first.statuses else None


async def save_queue(run: Run, order: Order, items: tuple[Item, ...] = ()) -> None:
    """Writes into the journal what the order would destroy of the queue itself."""
    if run.entry is None or order.action.verb.undo is not Undo.RECORDS:
        return
    try:
        saved = await run.actor.save_queue(order, items)
    except BulltuiError as error:
        raise StopError(error) from error
    if saved.keys:
        await run.keep([saved])


async def call_once(run: Run, order: Order, items: tuple[Item, ...] = ()) -> Answer:
    """One call. Where its answer is lost, nobody knows whether it happened, and it is not sent again."""
    try:
        answer = await run.actor.act(order, items)
    except LostAnswerError as lost:
        run.touched[order.ref] = None
        run.count_unsure()
        raise StopError(lost) from lost
    except BulltuiError as error:
        raise StopError(error) from error
    run.note(order.ref, answer)
    return answer
