"""The queues of a request as they are before it is carried out, each with the layout that the action goes by."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bulltui.domain.actions import Need
from bulltui.domain.errors import BulltuiError, NotAllowedError, NotFoundError
from bulltui.domain.footing import footing
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.services.acting import Actor
from bulltui.services.run import Run

AT_ONCE = 8
"""How many queues are looked at together."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A queue as it was looked at before the action, and the layout that the action goes by."""

    queue: Queue
    layout: Layout

    @property
    def ref(self) -> QueueRef:
        """Which queue."""
        return self.queue.ref


@dataclass(slots=True)
class Grounds:
    """Those that can be acted on, and why the others cannot."""

    found: dict[QueueRef, Ground] = field(default_factory=dict)
    refused: dict[QueueRef, tuple[Reason, BulltuiError]] = field(default_factory=dict)


async def survey(
    actor: Actor, refs: Sequence[QueueRef], need: Need, chosen: Layout | None, usual: Layout | None = None
) -> Grounds:
    """Looks at each queue. `chosen` is the layout that a person says they have, `usual` only the one of those that do
    not tell. Raises NotFoundError or NotAllowedError where none can be acted on."""
    grounds = Grounds()
    unique = list(dict.fromkeys(refs))
    for start in range(0, len(unique), AT_ONCE):
        some = unique[start : start + AT_ONCE]
        looks = (_look_at(actor, ref, need, chosen, usual) for ref in some)
        for ref, found in zip(some, await asyncio.gather(*looks, return_exceptions=True), strict=True):
            match found:
                case Ground():
                    grounds.found[ref] = found
                case NotFoundError():
                    grounds.refused[ref] = (Reason.MISSING, found)
                case NotAllowedError(code="layout"):
                    grounds.refused[ref] = (Reason.LAYOUT, found)
                case _:
                    raise found
    if not grounds.found and grounds.refused:
        raise next(error for _, error in grounds.refused.values())
    return grounds


async def _look_at(actor: Actor, ref: QueueRef, need: Need, chosen: Layout | None, usual: Layout | None) -> Ground:
    queue = await actor.queue(ref)
    if queue is None:
        raise NotFoundError(
            f"There is no queue {visible(ref.shown)} under the prefix {visible(ref.prefix)}.",
            hint="`bulltui queues list` shows what is there.",
        )
    if chosen is None and not queue.layout.sure and usual in queue.layout.could_be:
        chosen = usual
    return Ground(queue, footing(ref, queue.layout, need, chosen))


def order_on(run: Run, ground: Ground, state: JobState | None = None, not_after_ms: int | None = None) -> Order:
    """The request as an order on one queue."""
    return Order(run.request.action, ground.ref, ground.layout, run.started_ms, state, not_after_ms)
