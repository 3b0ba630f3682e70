"""What of a watch is worth a line to whoever looks after a service: found by comparing how things stand with how they
stood."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bulltui.domain.alert import Alert, Phase, Severity
from bulltui.domain.alert_text import bare
from bulltui.domain.human import age
from bulltui.domain.jsontext import Json
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Link, ServerState, Snapshot
from bulltui.services.watch.protocols import HistoryState


class Level(StrEnum):
    """How bad a line is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class News:
    """A line: what happened in one word for programs, a sentence, and what a program may want to know apart."""

    event: str
    message: str
    level: Level = Level.INFO
    fields: Mapping[str, Json] = field(default_factory=dict)


_LEVELS = {Severity.CRITICAL: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.INFO: Level.INFO}


class Newsroom:
    """Remembers how things stood. Each call says what is new since the last of its kind."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], Link] = {}
        self._met: set[tuple[str, str]] = set()
        self._searched: set[tuple[str, str]] = set()
        self._troubles: frozenset[str] = frozenset()
        self._firing: dict[str, Alert] | None = None
        self._over: Collection[str] = ()
        self._leads = False
        self._writer = ""
        self._away_since: dict[tuple[str, str], int] = {}

    def of_servers(self, snapshot: Snapshot, now_ms: int) -> list[News]:
        """That a server is there, away or back, and that its queues are known."""
        return [news for state in snapshot.servers for news in self._of_server(state, snapshot, now_ms)]

    def _of_server(self, state: ServerState, snapshot: Snapshot, now_ms: int) -> Iterable[News]:
        key = state.label, state.address
        who = f"{state.label} ({state.address})" if state.label else state.address
        fields: dict[str, Json] = {"server": state.label or state.address}
        link, before = state.health.link, self._links.get(key)
        self._links[key] = link
        if link is Link.OFFLINE and before is not Link.OFFLINE:
            since = self._away_since[key] = state.health.since_ms or now_ms
            why = f"{state.health.message} {state.health.hint}".strip()
            yield News("server-away", f"{who} is away: {why}", Level.ERROR, {**fields, "since": since})
        elif link in (Link.ONLINE, Link.SLOW) and key in self._away_since:
            away_ms = max(0, now_ms - self._away_since.pop(key))
            self._met.add(key)
            yield News(
                "server-back", f"{who} is there again, after {age(away_ms)}.", fields={**fields, "awayMs": away_ms}
            )
        elif link in (Link.ONLINE, Link.SLOW) and key not in self._met:
            self._met.add(key)
            yield News("server-there", f"Connected to {who}.", fields=fields)
        if state.discovery.finished_at is not None and key not in self._searched:
            self._searched.add(key)
            count = sum(row.ref.server == state.label for row in snapshot.rows)
            message = f"{who}{_software(state.server)} has {count:,} queue{'s' * (count != 1)}."
            yield News("queues-found", message, fields={**fields, "queues": count})

    def of_troubles(self, problems: Sequence[str]) -> list[News]:
        """What cannot be done now and could be before, and the other way round."""
        troubles = frozenset(problems)
        began, over = sorted(troubles - self._troubles), sorted(self._troubles - troubles)
        self._troubles = troubles
        return [
            *(News("problem", one, Level.WARNING) for one in began),
            *(News("problem-over", f"No longer so: {one}") for one in over),
        ]

    def of_alerts(self, now: Sequence[Alert], ended: Sequence[Alert]) -> list[News]:
        """Alerts that fired and that ended since the last time, of those of now and of the newest that are over; at
        first those that fire still are told together."""
        firing = {one.id: one for one in now if one.phase is Phase.FIRING}
        over = {one.id: one for one in ended}
        before, self._firing, told, self._over = self._firing, firing, self._over, over.keys()
        if before is None:
            return [_still(tuple(firing.values()))] if firing else []
        short = {key: one for key, one in over.items() if key not in told and key not in before}
        gone = {key: over.get(key, one) for key, one in before.items() if key not in firing}
        fired = {key: one for key, one in firing.items() if key not in before}
        return [*map(_fired, (*short.values(), *fired.values())), *map(_resolved, (*short.values(), *gone.values()))]

    def status(self, snapshot: Snapshot) -> str:
        """How it is, in a line."""
        away = ", ".join(one.label or one.address for one in snapshot.servers if one.health.link is Link.OFFLINE)
        firing = len(self._firing or ())
        queues = f"{len(snapshot.rows):,} queue{'s' * (len(snapshot.rows) != 1)}"
        alerts = f"{firing:,} alert{'s' * (firing != 1)} firing"
        return f"{queues}, {alerts}{f', away: {away}' if away else ''}"

    @property
    def knows_writer(self) -> bool:
        """Whether it was told who writes the history."""
        return self._leads or bool(self._writer)

    def of_history(self, state: HistoryState) -> list[News]:
        """Who writes the history."""
        if state.problem or (state.leads, state.writer) == (self._leads, self._writer):
            return []
        self._leads, self._writer = state.leads, state.writer
        if state.leads:
            return [
                News("history-ours", f"This process writes the history: {state.where}.", fields={"where": state.where})
            ]
        if state.writer:
            message = f"The history is written by {state.writer}; this process takes over when that ends."
            return [News("history-of-another", message, fields={"writer": state.writer})]
        return []


def _software(info: ServerInfo | None) -> str:
    words = f"{info.software} {info.version}".strip() if info is not None else ""
    return f", {words}," if words else ""


def _of_alert(alert: Alert) -> dict[str, Json]:
    return {
        "alert": alert.id,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "subject": alert.subject,
        "value": alert.value,
        "threshold": alert.threshold,
        "muted": bool(alert.muted),
    }


def _fired(alert: Alert) -> News:
    muted = " (muted)" if alert.muted else ""
    message = f"Alert {alert.rule} on {alert.subject}{muted}: {bare(alert)}"
    return News("alert-fired", message, _LEVELS[alert.severity], {**_of_alert(alert), "at": alert.fired_ms})


def _resolved(alert: Alert) -> News:
    lasted = max(0, alert.resolved_ms - alert.fired_ms)
    after = f" after {age(lasted)}" if alert.resolved_ms and alert.fired_ms else ""
    message = f"Alert {alert.rule} on {alert.subject} has ended{after}."
    return News("alert-ended", message, fields={**_of_alert(alert), "at": alert.resolved_ms})


def _still(alerts: Sequence[Alert]) -> News:
    which = ", ".join(f"{one.rule} on {one.subject}" for one in alerts[:5])
    more = f" and {len(alerts) - 5:,} more" if len(alerts) > 5 else ""
    worst = min(alerts, key=lambda one: list(Severity).index(one.severity))
    how_many = "An alert is" if len(alerts) == 1 else f"{len(alerts):,} alerts are"
    message = f"{how_many} firing from before: {which}{more}."
    return News("alerts-firing", message, _LEVELS[worst.severity], {"firing": len(alerts)})
