"""A retry or a promotion of all jobs of a state, chosen where they are, call by call."""

import math
from contextlib import suppress

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError
from bulltui.domain.orders import CHUNK, Cursor, LostAnswerError, Order, Sweep
from bulltui.services.extent import Extent
from bulltui.services.run import LOOK_AFTER_S, Run, StopError

SWEPT = (actions.Retry, actions.Promote)
"""Actions that need not save a job before."""

_PART_S = 0.25
"""What is paced goes in parts of about this time."""

_LEAST = 50
"""Jobs that a call is asked for at least."""


async def sweep_state(run: Run, order: Order, extent: Extent) -> None:
    """Acts on the jobs of `order.state`, a sorted set. Raises StopError where it ends before."""
    began = run.clock.monotonic()
    done = looked = 0
    known = await _sweep(run, order, Cursor(), 0)
    cursor: Cursor | None = Cursor()
    width = CHUNK
    while cursor is not None and looked < extent.count and (extent.limit is None or done < extent.limit):
        run.check()
        room = width if extent.limit is None else min(width, extent.limit - done)
        if extent.per_second is not None:
            room = min(room, max(1, math.floor(extent.per_second * _PART_S)))
            await run.wait(began + done / extent.per_second - run.clock.monotonic())
        try:
            found = await _sweep(run, order, cursor, min(room, extent.count - looked))
        except LostAnswerError as lost:
            await _look(run, order, known.remaining, room)
            raise StopError(lost) from lost
        run.touched[order.ref] = None
        run.count_done(found.done)
        for job_id, why in found.left:
            run.count(job_id, why)
        done += found.done
        looked += found.done + len(found.left)
        known, cursor = found, found.cursor
        # What a call has no time for it should not look up either.
        width = min(CHUNK, max(_LEAST, (found.done + len(found.left)) * 5 // 4))
        run.tell()


async def _sweep(run: Run, order: Order, cursor: Cursor, limit: int) -> Sweep:
    try:
        return await run.actor.sweep(order, cursor, limit)
    except LostAnswerError:
        raise
    except BulltuiError as error:
        raise StopError(error) from error


async def _look(run: Run, order: Order, before: int, room: int) -> None:
    """Finds out what a call has done whose answer was lost: so many fewer there are than before it. Where the server
    does not answer in time, as many as it could have done are unsure."""
    run.tell("looking")
    for seconds in LOOK_AFTER_S:
        await run.clock.sleep(seconds)
        with suppress(StopError, LostAnswerError):
            gone = before - (await _sweep(run, order, Cursor(), 0)).remaining
            run.count_done(max(0, min(gone, room)))
            run.touched[order.ref] = None
            return
    for _ in range(min(before, room)):
        run.count_unsure()
