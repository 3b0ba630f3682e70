"""What happened and may explain a chart: actions of ours, from the audit, and alerts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from bulltui.domain.alert import Alert
from bulltui.domain.alert_text import bare
from bulltui.domain.charting import Mark, MarkKind
from bulltui.domain.history import Deed
from bulltui.domain.queue import QueueRef
from bulltui.domain.telling import came_of, what, who
from bulltui.services.watch.protocols import AlertBoard

DEEDS = 2000
"""How many actions are looked through at most, the newest first."""


class Deeds(Protocol):
    """The part of an audit that is read."""

    async def deeds(self, limit: int) -> list[Deed]:
        """What was done, the newest first."""


class TimeMarks:
    """See `protocols.Marks`. `servers` are the labels of the servers that are shown, by what the audit calls them;
    `known` are the queues that there are, since the audit has their keys alone."""

    def __init__(
        self, audit: Deeds, alerts: AlertBoard, servers: Mapping[str, str], known: Callable[[], Iterable[QueueRef]]
    ) -> None:
        self._audit = audit
        self._alerts = alerts
        self._servers = servers
        self._known = known

    async def marks(self, start_ms: int, end_ms: int) -> list[Mark]:
        """See Marks."""
        by_key = {(ref.server, ref.key): ref for ref in self._known()}
        found = [
            Mark(deed.at_ms, MarkKind.ACTION, text_of(deed), self._refs(deed, by_key))
            for deed in await self._audit.deeds(DEEDS)
            if start_ms <= deed.at_ms < end_ms and deed.intent.server in self._servers and _changed(deed)
        ]
        alerts = {one.id: one for one in (*await self._alerts.past(since_ms=start_ms), *await self._alerts.alerts())}
        for alert in alerts.values():
            found += [one for one in marks_of(alert) if start_ms <= one.at_ms < end_ms]
        return sorted(found, key=lambda one: one.at_ms)

    def _refs(self, deed: Deed, by_key: Mapping[tuple[str, str], QueueRef]) -> tuple[QueueRef, ...]:
        label = self._servers[deed.intent.server]
        return tuple(by_key.get((label, key)) or replace(_guessed(key), server=label) for key in deed.intent.queues)


def text_of(deed: Deed) -> str:
    """An action in a few words: what, on how many, what came of it, and who did it."""
    return f"{what(deed)}: {came_of(deed)}, by {who(deed)}"


def marks_of(alert: Alert) -> list[Mark]:
    """When an alert fired, and when it ended."""
    refs = () if alert.ref is None else (alert.ref,)
    found = []
    if alert.fired_ms:
        found.append(Mark(alert.fired_ms, MarkKind.FIRING, f"{alert.rule} on {alert.subject}: {bare(alert)}", refs))
    if alert.fired_ms and alert.resolved_ms:
        found.append(Mark(alert.resolved_ms, MarkKind.RESOLVED, f"{alert.rule} on {alert.subject} ended", refs))
    return found


def _changed(deed: Deed) -> bool:
    """Whether anything may have changed by it."""
    return deed.outcome is None or bool(deed.outcome.done or deed.outcome.unsure)


def _guessed(key: str) -> QueueRef:
    """A queue that is gone, by its key: most prefixes have no colon."""
    prefix, _, name = key.partition(":")
    return QueueRef(prefix, name)
