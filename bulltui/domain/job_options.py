"""The options of a job as a person gives them, checked as the library checks them, and as they are stored.

Names are BullMQ's public ones. What the library takes without a look and then trips over (a delay that is a text, a
negative priority) is refused here as well. docs/bullmq-reference.md, section 2, has the forms in Redis.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from bulltui.domain.errors import UsageError
from bulltui.domain.jsontext import Json, parse
from bulltui.domain.text import to_bytes, visible

PRIORITY_LIMIT = 2**21 - 1
MOST_MS = 2**53 - 1
"""Beyond this JavaScript cannot count."""

_SHORT: Mapping[str, str] = {
    "failParentOnFailure": "fpof",
    "continueParentOnFailure": "cpof",
    "ignoreDependencyOnFailure": "idof",
    "removeDependencyOnFailure": "rdof",
    "keepLogs": "kl",
    "deduplication": "de",
}
_ONE_OF = ("removeDependencyOnFailure", "failParentOnFailure", "continueParentOnFailure", "ignoreDependencyOnFailure")
"""What becomes of a parent when a child fails: at most one of these."""

_REFUSED: Mapping[str, str] = {
    "repeat": "A job that repeats is made by a scheduler, with `upsertJobScheduler` in the service that owns it.",
    "repeatJobKey": "It belongs to the runs of schedulers, which the library makes.",
    "prevMillis": "It belongs to the runs of schedulers, which the library makes.",
    "parent": "A job of a flow is added together with its parent, with `FlowProducer` in the service that owns it.",
    "debounce": "BullMQ 6 has no such option; use deduplication, which is the same.",
}

_KEYS = frozenset(
    (
        *("meta", "id", "wait", "waiting", "paused", "active", "prioritized", "priority", "pc", "delayed", "completed"),
        *("failed", "waiting-children", "stalled", "stalled-check", "limiter", "marker", "events", "repeat", "metrics"),
        *("de", "dn", "groups"),
    )
)
"""Last parts of a queue's own keys, which a job of that id would be taken for."""

_INTEGER = re.compile(r"-?(0|[1-9]\d*)\Z")

Check = Callable[[str, Json], Json]
"""Gives a value as it is stored, or raises UsageError. The first argument is the option's whole name."""


def _wrong(name: str, expected: str) -> UsageError:
    return UsageError(f"The option {name} has to be {expected}.", code="option")


def _whole(least: int, most: int = MOST_MS) -> Check:
    def check(name: str, value: Json) -> Json:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _wrong(name, f"a whole number from {least}" + (f" to {most:,}" if most < MOST_MS else " on"))
        return value

    return check


def _flag(name: str, value: Json) -> Json:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false")
    return value


def _text(name: str, value: Json) -> Json:
    if not isinstance(value, str) or not value:
        raise _wrong(name, "a text that is not empty")
    return value


def _part(name: str, value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _wrong(name, "a number from 0 to 1")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _object(checks: Mapping[str, Check], *needed: str) -> Check:
    def check(name: str, value: Json) -> Json:
        if not isinstance(value, dict):
            raise _wrong(name, "an object with " + ", ".join(checks))
        for one in needed:
            if value.get(one) is None:
                raise UsageError(f"The option {name} needs {one}.", code="option")
        return _checked(checks, value, f"{name}.")

    return check


_natural = _whole(0)
_backoff_object = _object({"type": _text, "delay": _natural, "jitter": _part}, "type")
_keep_object = _object({"age": _natural, "count": _whole(-1), "limit": _natural})


def _backoff(name: str, value: Json) -> Json:
    if isinstance(value, dict):
        return _backoff_object(name, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, "a number of ms or an object with type, delay, jitter")
    return {"type": "fixed", "delay": _natural(name, value)}


def _keep(name: str, value: Json) -> Json:
    if isinstance(value, bool):
        return value
    return _keep_object(name, value) if isinstance(value, dict) else _keep_number(name, value)


def _keep_number(name: str, value: Json) -> Json:
    if not isinstance(value, int | float):
        raise _wrong(name, "true, false, how many to keep, or an object with age, count, limit")
    return _whole(-1)(name, value)


def _job_id(name: str, value: Json) -> Json:
    if not isinstance(value, str):
        raise _wrong(name, "a text")
    check_id(value)
    return value


_CHECKS: Mapping[str, Check] = {
    "attempts": _natural,
    "backoff": _backoff,
    "delay": _natural,
    "priority": _whole(0, PRIORITY_LIMIT),
    "lifo": _flag,
    "jobId": _job_id,
    "removeOnComplete": _keep,
    "removeOnFail": _keep,
    "keepLogs": _natural,
    "stackTraceLimit": _natural,
    "sizeLimit": _natural,
    "timestamp": _natural,
    "deduplication": _object(
        {"id": _text, "ttl": _natural, "extend": _flag, "replace": _flag, "keepLastIfActive": _flag}, "id"
    ),
    "telemetry": _object({"metadata": _text, "omitContext": _flag}),
} | dict.fromkeys(_ONE_OF, _flag)

OPTIONS: tuple[str, ...] = tuple(_CHECKS)
"""The options that a new job can have."""


def _checked(checks: Mapping[str, Check], given: Mapping[str, Json], start: str = "") -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in given.items():
        if name in checks:
            if value is not None:  # the library stores no null
                found[name] = checks[name](start + name, value)
            continue
        raise _unknown(start + name, tuple(checks))
    return found


def _unknown(name: str, known: tuple[str, ...]) -> UsageError:
    from difflib import get_close_matches  # noqa: PLC0415  only for a hint

    near = get_close_matches(name.rpartition(".")[2].lower(), [one.lower() for one in known], n=1)
    spelled = {one.lower(): one for one in known}
    hint = f"Did you mean {spelled[near[0]]}?" if near else f"There are: {', '.join(known)}."
    return UsageError(f"BullMQ has no option {visible(name)!r}.", hint=hint, code="option")


def check_id(job_id: str) -> None:
    """Raises UsageError for an id that the library refuses for a new job, or that would be lost in another key."""
    shown = visible(job_id)
    if not job_id:
        raise UsageError("A job's id cannot be empty.", hint="Leave it out for the next number.", code="job-id")
    if _as_javascript_counts(job_id) or job_id.startswith("0:"):
        raise UsageError(
            f"The id {shown!r} cannot be given: whole numbers are the queue's own.",
            hint="Put a word before it, such as order-17, or leave it out.",
            code="job-id",
        )
    parts = job_id.split(":")
    if len(parts) not in (1, 3):
        raise UsageError(
            f"The id {shown!r} cannot be given: BullMQ takes colons only in ids of exactly three parts.",
            hint="Use another sign, such as a dash.",
            code="job-id",
        )
    if parts[0] in _KEYS:
        raise UsageError(
            f"The id {shown!r} cannot be given: it would be the name of one of the queue's own keys.", code="job-id"
        )


def _as_javascript_counts(text: str) -> bool:
    """Whether JavaScript's parseInt gives a number that is written like this. Of long numbers it loses digits, so that
    they pass for names."""
    if not _INTEGER.match(text) or text == "-0" or len(text) > 22:
        return False
    number = Decimal(repr(float(text)))
    return abs(number) < Decimal(10) ** 21 and format(number.to_integral_value(), "f") == text


def read_options(text: str) -> dict[str, Json]:
    """The options of a JSON object as a person gave them, not checked. Raises UsageError."""
    found = parse(text)
    if not found.ok:
        raise UsageError(f"The options are {found.problem}.", code="json")
    if not isinstance(found.value, dict):
        raise UsageError('The options have to be a JSON object, such as {"attempts":3}.', code="json")
    return found.value


def check_options(given: Mapping[str, Json], kept: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Options as the library would keep them, under their public names, in the order given. Those of `kept` that are
    given as they are there pass without a look: the job has them already. Raises UsageError."""
    known = kept or {}
    passed = {name for name, value in given.items() if name in known and known[name] == value}
    fresh = {name: value for name, value in given.items() if name not in passed}
    for name in fresh:
        if name in _REFUSED:
            raise UsageError(f"The option {name} cannot be given here.", hint=_REFUSED[name], code="option")
    checked = _checked(_CHECKS, fresh)
    options = {
        name: given[name] if name in passed else checked[name] for name in given if name in passed | set(checked)
    }
    together = [name for name in _ONE_OF if options.get(name)]
    if len(together) > 1:
        raise UsageError(
            f"These options cannot be used together: {', '.join(together)}.", hint="Keep one.", code="option"
        )
    return options


def check_size(options: Mapping[str, Json], data: str) -> None:
    """Raises UsageError where the data is larger than the options allow."""
    limit = options.get("sizeLimit")
    size = len(to_bytes(data))
    if isinstance(limit, int) and limit and size > limit:
        raise UsageError(f"The data has {size:,} bytes, and the option sizeLimit allows {limit:,}.", code="size-limit")


def stored_options(options: Mapping[str, Json]) -> str:
    """Checked options as the library writes them: short names, and `attempts` always, first."""
    stored: dict[str, Json] = {"attempts": 0}
    for name, value in options.items():
        if name == "telemetry" and isinstance(value, dict):
            stored |= {
                short: value[name] for short, name in (("tm", "metadata"), ("omc", "omitContext")) if name in value
            }
        else:
            stored[_SHORT.get(name, name)] = value
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


def own_id(opts: str) -> str:
    """The id that stored options ask for, empty for the next number."""
    options = parse(opts).value
    own = options.get("jobId") if isinstance(options, dict) else None
    return own if isinstance(own, str) else ""
