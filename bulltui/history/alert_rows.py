"""Alerts as they are written in a row, and back."""

import json
from dataclasses import fields
from typing import Any

from bulltui.domain.alert import Alert, Phase, Severity, Watched
from bulltui.domain.queue import QueueRef

_PLAIN = tuple(one.name for one in fields(Alert) if one.name not in ("ref", "server", "watched", "severity", "phase"))


def written(alert: Alert) -> str:
    """All of an alert but what its server is called, as a text."""
    found: dict[str, Any] = {name: getattr(alert, name) for name in _PLAIN}
    found |= {"watched": alert.watched.value, "severity": alert.severity.value, "phase": alert.phase.value}
    found["queue"] = None if alert.ref is None else [alert.ref.prefix, alert.ref.name]
    return json.dumps(found, separators=(",", ":"))


def read(text: str, server: str, *, muted: int | None = None) -> Alert:
    """The alert of a row. Raises ValueError for what is none."""
    try:
        found = json.loads(text)
        queue = found["queue"]
        given = {name: found[name] for name in _PLAIN if name in found}
        if muted is not None:
            given["muted"] = muted
        return Alert(
            watched=Watched(found["watched"]),
            severity=Severity(found["severity"]),
            phase=Phase(found["phase"]),
            ref=None if queue is None else QueueRef(*queue),
            server=server,
            **given,
        )
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("no alert") from error
