"""The keys of a queue itself, beside its jobs: saved before they are destroyed, and brought back."""

from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedKey, SavedQueue
from bulltui.domain.scheduler import run_ids
from bulltui.domain.text import exact, to_bytes
from bulltui.store.acts.restoring import told_key
from bulltui.store.acts.saving import read_value, save
from bulltui.store.calls import Calls
from bulltui.store.keys import base
from bulltui.store.mutate import Argument, Place, answer_of, mutate

OWN = (
    *("meta", "id", "pc", "repeat", "limiter", "stalled", "priority"),
    *("metrics:completed", "metrics:completed:data", "metrics:failed", "metrics:failed:data"),
)
"""What a queue has beside its jobs and its schedulers. Its event stream and what workers make anew by themselves, the
marker and the check for stalled jobs, is not worth keeping."""

KEYS_A_CALL = 20
BYTES_A_CALL = 1_000_000


async def save_queue(calls: Calls, order: Order, items: Sequence[Item]) -> SavedQueue:
    """See `Actor.save_queue`: of RemoveDeduplication the key of that id, of Unschedule the schedulers and their next
    runs, of Obliterate all that `OWN` names and every scheduler (their runs are jobs like others there)."""
    ref = order.ref
    match order.action:
        case actions.RemoveDeduplication(deduplication_id=own):
            keys = await _saved(calls, ref, (f"de:{own}",))
        case actions.Unschedule():
            keys = await _schedulers(calls, ref, [item.id for item in items])
        case actions.Obliterate():
            keys = await _saved(calls, ref, OWN)
            members = [entry[0] for one in keys if one.key == f"{ref.key}:repeat" for entry in one.value]
            keys += await _saved(calls, ref, [f"repeat:{member}" for member in members])
        case _:
            keys = []
    return SavedQueue(ref, tuple(keys))


async def _saved(calls: Calls, ref: QueueRef, suffixes: Sequence[str]) -> list[SavedKey]:
    """Those of these keys that are there."""
    saved: list[SavedKey] = []
    names = [base(ref) + to_bytes(suffix) for suffix in suffixes]
    for start in range(0, len(names), KEYS_A_CALL):
        part = names[start : start + KEYS_A_CALL]
        told = await calls.pipeline([(verb, name) for name in part for verb in ("TYPE", "PTTL")])
        for name, kind, ttl in zip(part, map(exact, told[::2]), told[1::2], strict=True):
            if kind in ("string", "list", "set", "hash", "zset"):
                value = await read_value(calls, name, kind)
                saved.append(SavedKey(exact(name), kind, value, ttl if ttl >= 0 else None))
    return saved


async def _schedulers(calls: Calls, ref: QueueRef, members: Sequence[str]) -> list[SavedKey]:
    scores = await calls.pipeline([("ZSCORE", base(ref) + b"repeat", to_bytes(member)) for member in members])
    # RESP3 has numbers for scores.
    texts = [f"{score:.17g}" if isinstance(score, float) else score and exact(score) for score in scores]
    armed = [(member, text) for member, text in zip(members, texts, strict=True) if text]
    keys = [SavedKey(f"{ref.key}:repeat", "zset", tuple(armed))] if armed else []
    keys += await _saved(calls, ref, [f"repeat:{member}" for member in members])
    run_names = dict.fromkeys(f"{one}{score}" for member, score in armed for one in run_beginnings(member))
    runs = await save(calls, ref, list(run_names))
    delayed = [run for run in runs if run.state == "delayed"]
    if delayed:
        keys.append(SavedKey(f"{ref.key}:delayed", "zset", tuple((run.id, run.score) for run in delayed)))
    return [*keys, *(key for run in delayed for key in run.keys)]


def run_beginnings(member: str) -> tuple[str, str, str]:
    """What the id of a run of this scheduler may begin with, before its time."""
    found = [one.removesuffix("0") for one in run_ids(member, 0)]
    return found[0], found[-1], found[len(found) // 2]


async def restore_queue(
    calls: Calls, layout: Layout | None, saved: SavedQueue, now_ms: int, saved_at_ms: int
) -> Answer:
    """See `Actor.restore_queue`. A key whose time has run out meanwhile is not brought back."""
    statuses: list[Reason | None] = []
    keys = [_aged(one, now_ms - saved_at_ms) for one in saved.keys]
    while len(statuses) < len(keys):
        at = len(statuses)
        first = keys[at]
        if first is None:
            statuses.append(None)
            continue
        arguments: list[Argument] = [layout.value if layout else ""]
        size = 0
        for one in keys[at : at + KEYS_A_CALL]:
            told = [] if one is None else list(told_key(saved.ref, one))
            size += sum(len(word) for word in told if isinstance(word, bytes))
            if one is None or (len(arguments) > 1 and size > BYTES_A_CALL):
                break
            arguments += told
        place = Place(saved.ref, Layout.V6, now_ms)
        statuses += answer_of(await mutate(calls, "act/restore_queue", place, arguments)).statuses
    return Answer(tuple(statuses))


def _aged(saved: SavedKey, elapsed_ms: int) -> SavedKey | None:
    if saved.ttl_ms is None:
        return saved
    left = saved.ttl_ms - max(0, elapsed_ms)
    return replace(saved, ttl_ms=left) if left > 0 else None
