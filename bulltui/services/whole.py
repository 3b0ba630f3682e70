"""Actions on a queue as a whole: its settings, single keys, a new job, a scheduler."""

from bulltui.domain.actions import Undo
from bulltui.domain.errors import BulltuiError
from bulltui.domain.orders import Answer, Item, LostAnswerError, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import Queue
from bulltui.domain.record import Change
from bulltui.services.queue_settings import SETTINGS, setting
from bulltui.services.run import LOOK_AFTER_S, Run, StopError


async def act_on_queue(
    run: Run, order: Order, items: tuple[Item, ...] = (), *, seen: Queue | None = None
) -> Reason | None:
    """One order, repeated until nothing is left to do. What it destroys is in the journal before, what a setting was
    before afterwards. `seen` is the queue before: by that a setting tells what became of a change whose answer was
    lost. Raises StopError where it ends before."""
    await save_queue(run, order, items)
    what = SETTINGS.get(type(order.action))
    try:
        first = answer = await call_once(run, order, items)
        while answer.left:
            run.tell("moving")
            answer = await call_once(run, order, items)
    except LostAnswerError as lost:
        await _look(run, order, what, seen)
        raise StopError(lost) from lost
    if what is not None and dict(first.before) != dict(answer.after):
        await run.keep([Change(order.ref, what, dict(first.before), dict(answer.after))])
    return first.statuses[0] if first.statuses else None


async def _look(run: Run, order: Order, what: str | None, seen: Queue | None) -> None:
    """Finds out what became of a change whose answer was lost; what was not done is left."""
    run.touched[order.ref] = None
    now: Queue | None = None
    if what is not None and seen is not None:
        for seconds in LOOK_AFTER_S:
            await run.clock.sleep(seconds)
            try:
                now = await run.actor.queue(order.ref)
                break
            except BulltuiError:
                continue
    if now is None or seen is None or what is None:
        run.count_unsure()
        return
    before, after = setting(seen, what), setting(now, what)
    if before != after:
        run.count(order.ref.shown, None)
        await run.keep([Change(order.ref, what, before, after)])


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
    """One call. Raises LostAnswerError where nobody knows whether it happened: it is not sent again."""
    try:
        answer = await run.actor.act(order, items)
    except LostAnswerError:
        raise
    except BulltuiError as error:
        raise StopError(error) from error
    run.note(order.ref, answer)
    return answer
