"""Actions on jobs that are there: which script does it and what it is told."""

from collections.abc import Sequence
from typing import cast

from bulltui.domain import actions
from bulltui.domain.job_options import own_id
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.states import SUFFIX, JobState
from bulltui.domain.text import to_bytes
from bulltui.store.calls import Calls
from bulltui.store.mutate import Argument, Place, answer_of, mutate


async def retry(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Retry."""
    return await _on_ids(calls, "act/retry", order, items, *retry_words(order), "")


async def promote(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Promote."""
    return await _on_ids(calls, "act/promote", order, items, *promote_words(order), "")


def retry_words(order: Order) -> tuple[Argument, ...]:
    """What the script of Retry is told before the jobs."""
    action = cast("actions.Retry", order.action)
    return (_state(order), int(action.reset_attempts), int(action.reset_stalled), _until(order))


def promote_words(order: Order) -> tuple[Argument, ...]:
    """What the script of Promote is told before the jobs."""
    action = cast("actions.Promote", order.action)
    return (SUFFIX[JobState.DELAYED], int(action.scheduled), _until(order))


async def duplicate(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Duplicate."""
    return await _on_ids(calls, "act/duplicate", order, items, _state(order), "", "", "")


async def replay(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Replay."""
    action = cast("actions.Replay", order.action)
    given = tuple("" if text is None else f"={text}" for text in (action.name, action.data, action.opts))
    if action.copy:
        return await _on_ids(calls, "act/duplicate", order, items, _state(order), *given)
    return await _on_checked(calls, "act/replay", order, items, *given)


async def reprioritize(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Reprioritize."""
    action = cast("actions.Reprioritize", order.action)
    told = (_state(order), action.priority, int(action.lifo))
    return await _on_checked(calls, "act/reprioritize", order, items, *told)


async def reschedule(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Reschedule."""
    action = cast("actions.Reschedule", order.action)
    return await _on_checked(calls, "act/reschedule", order, items, action.delay_ms)


async def update_data(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See UpdateData."""
    action = cast("actions.UpdateData", order.action)
    return await _on_checked(calls, "act/update_data", order, items, _state(order), action.data)


async def add_log(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See AddLog."""
    action = cast("actions.AddLog", order.action)
    return await _on_ids(calls, "act/add_log", order, items, action.line)


async def release(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Release."""
    return await _on_ids(calls, "act/release", order, items)


async def fail(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Fail."""
    action = cast("actions.Fail", order.action)
    return await _on_ids(calls, "act/fail", order, items, action.reason)


async def add(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Add. The id that the new job is to have stands in its options, as in the library; an item names another."""
    action = cast("actions.Add", order.action)
    return await _new(calls, order, [(action, item.id) for item in items] or [(action, own_id(action.opts))])


async def add_all(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See AddAll. There are no items; the answer has a status for each job."""
    action = cast("actions.AddAll", order.action)
    return await _new(calls, order, [(job, own_id(job.opts)) for job in action.jobs])


async def _new(calls: Calls, order: Order, jobs: Sequence[tuple[actions.Add, str]]) -> Answer:
    words = (to_bytes(word) for job, job_id in jobs for word in (job.name, job.data, job.opts, job_id))
    return answer_of(await mutate(calls, "act/add", Place.of(order), tuple(words)))


async def trigger(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Trigger."""
    return await _on_ids(calls, "act/trigger", order, items)


def _state(order: Order) -> str:
    return SUFFIX[order.state] if order.state else ""


def _until(order: Order) -> Argument:
    return "" if order.not_after_ms is None else order.not_after_ms


async def _on_ids(calls: Calls, script: str, order: Order, items: Sequence[Item], *arguments: Argument) -> Answer:
    told = (*map(_exact, arguments), *(to_bytes(item.id) for item in items))
    return answer_of(await mutate(calls, script, Place.of(order), told))


async def _on_checked(calls: Calls, script: str, order: Order, items: Sequence[Item], *arguments: Argument) -> Answer:
    ids = (word for item in items for word in (to_bytes(item.id), item.digest.encode()))
    return answer_of(await mutate(calls, script, Place.of(order), (*map(_exact, arguments), *ids)))


def _exact(argument: Argument) -> Argument:
    return to_bytes(argument) if isinstance(argument, str) else argument
