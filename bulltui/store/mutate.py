"""How a script that changes something reaches the server: once, or not at all (store/once.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from redis.exceptions import NoScriptError, RedisError

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import exact, visible
from bulltui.store.calls import Calls, Raw, about_scripts
from bulltui.store.errors import explain
from bulltui.store.keys import base, key
from bulltui.store.once import ANSWERED
from bulltui.store.refusals import UNDECLARED

BUDGET_MS = 4
"""For how many ms of server time a script goes on to its next item."""

_FOREIGN = "FOREIGN "

Argument = bytes | str | int


@dataclass(frozen=True, slots=True)
class Place:
    """What every script is told first: the queue, its layout and the time (epoch ms)."""

    ref: QueueRef
    layout: Layout
    now_ms: int

    @classmethod
    def of(cls, order: Order) -> Self:
        """Where and when an order is carried out."""
        return cls(order.ref, order.layout, order.started_ms)


async def mutate(
    calls: Calls, name: str, place: Place, arguments: Sequence[Argument] = (), *, budget_ms: int = BUDGET_MS
) -> Raw:
    """Runs the script `name` on a queue; the script sees `arguments` from ARGV[5] on. It is sent once.

    Raises LostAnswerError where it was sent and no answer came, NotAllowedError where scripts or one of its commands
    are not allowed (nothing was changed then), BulltuiError for whatever else the server refuses.
    """
    head = (key(place.ref, "meta"), base(place.ref), place.layout.value, place.now_ms, budget_ms)
    tail = (1, *head, *arguments)
    try:
        try:
            return await calls.once(name, "EVALSHA", calls.digest(name), *tail)
        except NoScriptError:  # nothing ran
            return await calls.once(name, "EVAL", calls.text(name), *tail)
    except ANSWERED as error:
        raise _refusal(error, calls.address) from error


def foreign_key(text: str) -> BulltuiError | None:
    """What a script says in `text` of a key that another program wrote, None where it is about something else."""
    _, found, told = text.partition(_FOREIGN)
    if not found:
        return None
    name, _, kind = visible(told).partition(" ")
    return BulltuiError(
        f"The key {name} of the queue holds a {kind} of another program, so nothing was changed.",
        hint="Look at the key with redis-cli; move it away if it is not needed.",
        code="foreign-key",
    )


def _refusal(error: RedisError, address: str) -> BulltuiError:
    foreign = foreign_key(str(error))
    if foreign is not None:
        return foreign
    if UNDECLARED.decode() in str(error).lower():
        return NotAllowedError(
            f"{address} wants every key of a script declared, which those that change queues cannot do.",
            hint="Start Dragonfly with --default_lua_flags=allow-undeclared-keys, as BullMQ says.",
            code="undeclared-keys",
        )
    if about_scripts(error):
        return scripts_needed(address)
    return explain(error, address)


def scripts_needed(address: str) -> NotAllowedError:
    """Nothing can be changed without scripts."""
    return NotAllowedError(
        f"{address} does not let this user run scripts, and every change is one script.",
        hint="Grant +eval and +evalsha to the Redis user; `bulltui doctor` lists the rights that are missing.",
        code="no-scripts",
    )


def answer_of(raw: Raw) -> Answer:
    """What the scripts on jobs answer: the status of each item (empty: done), ids of new jobs, digests of changed
    ones."""
    statuses, made, digests = (*raw, [], [])[:3]
    return Answer(
        tuple(Reason(status.decode()) if status else None for status in statuses),
        made=tuple(map(exact, made)),
        digests=tuple(map(exact, digests)),
    )
