"""Intents and outcomes as JSON, the same in audit and journal."""

import json
from collections.abc import Mapping
from typing import Any

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Intent
from bulltui.domain.outcome import Outcome, Reason

IDS = 20
"""How many ids of what an action was about are written."""
MADE = 20
_DETAIL = 2_000
"""How many characters of one text among the details are written."""


def line_of(document: Mapping[str, Any]) -> bytes:
    """One line of JSON in ASCII. Bytes that are no UTF-8 come through it as they are, as lone surrogates."""
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def intent_words(intent: Intent) -> dict[str, Any]:
    """An intent as JSON, what is empty left out."""
    words = {
        "verb": intent.verb,
        "server": intent.server,
        "queues": list(intent.queues),
        "details": {key: _short(value) for key, value in intent.details.items()},
        "state": intent.state,
        "count": intent.count,
        "ids": list(intent.ids[:IDS]),
        "reason": intent.reason,
        "undoes": intent.undoes,
    }
    return {key: value for key, value in words.items() if value not in ("", None, [], {})}


def _short(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= _DETAIL else value[:_DETAIL] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _short(one) for key, one in value.items()}
    return str(value)


def intent_from(words: Mapping[str, Any]) -> Intent:
    """The intent that `intent_words` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    count, undoes = words.get("count"), words.get("undoes")
    return Intent(
        verb=str(words["verb"]),
        server=str(words.get("server", "")),
        queues=tuple(map(str, words.get("queues", ()))),
        details=dict(words.get("details", {})),
        state=str(words.get("state", "")),
        count=None if count is None else int(count),
        ids=tuple(map(str, words.get("ids", ()))),
        reason=str(words.get("reason", "")),
        undoes=None if undoes is None else int(undoes),
    )


def outcome_words(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON, what is empty left out."""
    error = outcome.error
    words = {
        "kind": str(outcome.kind),
        "done": outcome.done,
        "skipped": {str(reason): count for reason, count in outcome.skipped.items()},
        "examples": {str(reason): list(names) for reason, names in outcome.examples.items()},
        "unsure": outcome.unsure,
        "left": outcome.left,
        "error": None if error is None else {"code": error.code, "message": error.message, "hint": error.hint},
        "cancelled": outcome.cancelled,
        "undo": outcome.undo,
        "made": list(outcome.made[:MADE]),
        "spared": sorted(map(str, outcome.spared & set(outcome.skipped))),
        "elapsed_s": round(outcome.elapsed_s, 3),
    }
    return {key: value for key, value in words.items() if key in ("kind", "done") or value not in (0, None, {}, [])}


def outcome_from(words: Mapping[str, Any], verb: str) -> Outcome:
    """The outcome that `outcome_words` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    error, undo = words.get("error"), words.get("undo")
    return Outcome(
        verb=verb,
        done=int(words["done"]),
        skipped={Reason(reason): int(count) for reason, count in words.get("skipped", {}).items()},
        examples={Reason(reason): tuple(map(str, names)) for reason, names in words.get("examples", {}).items()},
        unsure=int(words.get("unsure", 0)),
        left=int(words.get("left", 0)),
        error=None if error is None else BulltuiError(error["message"], hint=error["hint"], code=error["code"]),
        cancelled=bool(words.get("cancelled", False)),
        undo=None if undo is None else int(undo),
        made=tuple(map(str, words.get("made", ()))),
        elapsed_s=float(words.get("elapsed_s", 0.0)),
        spared=frozenset(map(Reason, words.get("spared", ()))),
    )
