"""The settings of a queue that actions change: what they are, and which action sets one back."""

from collections.abc import Mapping

from bulltui.domain import actions
from bulltui.domain.queue import Queue
from bulltui.domain.record import Change

SETTINGS: dict[type[actions.Action], str] = {
    actions.Pause: "paused",
    actions.Resume: "paused",
    actions.SetConcurrency: "concurrency",
    actions.SetRateLimit: "limit",
}
"""What each of these changes, as `Change` calls it."""


def setting(queue: Queue, what: str) -> dict[str, str]:
    """A setting of a queue, in the words of `Change`; what is not set is left out."""
    if what == "paused":
        return {"paused": "1"} if queue.paused else {}
    if what == "concurrency":
        return {} if queue.concurrency is None else {"concurrency": str(queue.concurrency)}
    found = {"max": queue.limit.maximum, "duration": queue.limit.duration_ms}
    return {name: str(value) for name, value in found.items() if value is not None}


def as_set(values: Mapping[str, str]) -> dict[str, str]:
    """The values of a `Change` as `setting` has them. Any value of `paused` counts, as in BullMQ."""
    return {name: "1" if name == "paused" else value for name, value in values.items() if value}


def opposite(change: Change) -> actions.Action:
    """The action that sets back."""
    before = change.before
    match change.what:
        case "paused":
            return actions.Pause() if before.get("paused") else actions.Resume()
        case "concurrency":
            return actions.SetConcurrency(_number(before.get("concurrency")))
        case _:
            return actions.SetRateLimit(_number(before.get("max")), _number(before.get("duration")))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
