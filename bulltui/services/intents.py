"""A request as audit and journal say it."""

from collections.abc import Mapping
from dataclasses import fields

from bulltui.domain import actions
from bulltui.domain.history import Intent
from bulltui.domain.queue import QueueRef
from bulltui.domain.redacting import masked
from bulltui.domain.redaction import NOTHING, Redaction
from bulltui.domain.targets import Every, Jobs, Picked, Schedulers, queues_of
from bulltui.services.ground import Ground
from bulltui.services.request import Request
from bulltui.services.undo import LAYOUTS

IDS = 20
"""Of how many jobs the ids are written down."""
_PAYLOADS = frozenset(("name", "data", "opts", "line"))
"""Fields of actions that hold what jobs hold."""


def intent_of(
    request: Request,
    server: str,
    grounds: Mapping[QueueRef, Ground],
    *,
    count: int | None = None,
    payloads: bool = False,
    redaction: Redaction = NOTHING,
    past: Intent | None = None,
) -> Intent:
    """The intent. `payloads` lets names, data and options of jobs in, save for what `redaction` hides; `past` is what
    an undo takes back."""
    target, action = request.target, request.action
    details: dict[str, object] = {
        one.name: _masked(redaction, one.name, _plain(getattr(action, one.name)))
        for one in fields(action)
        if one.name != "state" and getattr(action, one.name) != one.default and (payloads or one.name not in _PAYLOADS)
    }
    state = action.state if isinstance(action, actions.Clean) else None
    ids: tuple[str, ...] = ()
    match target:
        case Jobs() as jobs:
            ids, state = jobs.ids, jobs.state
        case Picked() as picked:
            state, parts = picked.state, picked.together
            several = len({part.ref for part in parts}) > 1
            ids = tuple(f"{part.ref.key}:{one}" if several else one for part in parts for one in part.ids[:IDS])
            details["parts"] = {f"{part.ref.key} {part.state or 'any'}": len(part.ids) for part in parts}
        case Schedulers() as schedulers:
            ids = schedulers.ids
        case Every() as every:
            state = every.state
            options = {
                "limit": every.limit,
                "older_than_ms": every.older_than_ms,
                "per_second": every.per_second,
            }
            details |= {name: value for name, value in options.items() if value}
        case _:
            pass
    if not request.undo:
        details["undo"] = False
    if grounds:
        details[LAYOUTS] = {ref.key: str(ground.layout) for ref, ground in grounds.items()}
    return Intent(
        verb=request.verb,
        server=server,
        queues=past.queues if past is not None else tuple(ref.key for ref in queues_of(target)),
        details=details,
        state=str(state or ""),
        count=count,
        ids=ids[:IDS],
        reason=request.reason,
        undoes=action.number if isinstance(action, actions.Restore) else None,
    )


def _masked(redaction: Redaction, name: str, value: object) -> object:
    return masked(redaction, name, value) if isinstance(value, str) else value


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
