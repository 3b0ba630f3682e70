"""Actions on the next jobs of a state, chosen where they are: no id travels but of those that are left alone."""

from collections.abc import Callable

from bulltui.domain import actions
from bulltui.domain.orders import Cursor, Order, Sweep
from bulltui.domain.outcome import Reason
from bulltui.domain.text import exact, to_bytes
from bulltui.store.acts.jobs import promote_words, retry_words
from bulltui.store.calls import Calls
from bulltui.store.mutate import Argument, Place, mutate

_SWEEPS: dict[type[actions.Action], tuple[str, Callable[[Order], tuple[Argument, ...]]]] = {
    actions.Retry: ("act/retry", retry_words),
    actions.Promote: ("act/promote", promote_words),
}


async def sweep(calls: Calls, order: Order, cursor: Cursor, limit: int) -> Sweep:
    """See `Actor.sweep`."""
    script, words_of = _SWEEPS[type(order.action)]
    told = (*words_of(order), limit, cursor.score, to_bytes(cursor.member))
    done, left, score, member, remaining = await mutate(calls, script, Place.of(order), told)
    stayed = tuple((exact(name), Reason(why.decode())) for name, why in zip(left[::2], left[1::2], strict=True))
    return Sweep(done, stayed, Cursor(exact(score), exact(member)) if score else None, remaining)
