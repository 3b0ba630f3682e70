"""Alerts while one looks at something else: how many there are, and what is new, whichever process looks for them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bulltui.config.watching import Way
from bulltui.domain.alert import Alert, Phase, Rule, Severity
from bulltui.domain.errors import BulltuiError
from bulltui.services.watch.protocols import AlertBoard
from bulltui.tui.alert_reads import EVERY_S
from bulltui.tui.loader import Loader
from bulltui.tui.present.alerts import NO_ALERTS, Tally, tally
from bulltui.tui.runtime import Runtime

_PATIENCE_S = 5.0
TERMINAL = "terminal"
"""The kind of the way of delivery that this is."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new: alerts that fire now, and alerts that are over."""

    fired: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fired or self.resolved)


class AlertNews:
    """Looks at the alerts after refreshes, at most every two seconds. What fired before the start is counted, and not
    told; each that fires later is told once, and once that it is over. What is muted is neither counted nor told."""

    def __init__(self, runtime: Runtime, told: Callable[[News], None], shown: Callable[[], None]) -> None:
        self._runtime = runtime
        self._told = told
        self._shown = shown
        self._board: AlertBoard | None = None
        self._asked: float | None = None
        self._started_ms = runtime.clock.now_ms()
        self._alerts: tuple[Alert, ...] = ()
        self._known: dict[str, Alert] = {}
        self._unseen: dict[str, Alert] = {}
        self.tally: Tally = NO_ALERTS
        self._loader: Loader[None, list[Alert]] = Loader(
            lambda _: self._read(), self._got, self._not_got, timeout_s=_PATIENCE_S
        )

    @property
    def busy(self) -> bool:
        """Whether alerts are being read."""
        return self._loader.busy

    @property
    def unseen(self) -> tuple[Alert, ...]:
        """Critical ones that fired since one last looked at the list, the newest first, and still do."""
        return tuple(reversed(self._unseen.values()))

    def look(self) -> None:
        """There was a refresh."""
        now = self._runtime.clock.monotonic()
        if self._asked is None or now - self._asked >= EVERY_S:
            self._asked = now
            self._loader.ask(None)

    def seen(self) -> None:
        """Somebody looks at the list."""
        self._unseen.clear()

    def close(self) -> None:
        """Looks no longer."""
        self._loader.drop()

    async def _read(self) -> list[Alert]:
        if self._board is None:
            # What keeps alerts takes some time to load, and keys come first.
            self._board = await asyncio.to_thread(lambda: self._runtime.alerts)
        return await self._board.alerts()

    def _got(self, _: None, alerts: list[Alert]) -> None:
        firing = {one.id: one for one in alerts if one.phase is Phase.FIRING}
        fresh = [one for one in firing.values() if one.id not in self._known and one.fired_ms >= self._started_ms]
        over = [one for key, one in self._known.items() if key not in firing and not one.muted]
        rules = () if self._board is None else self._board.rules
        fired = tuple(one for one in fresh if not one.muted and self._wanted(one, rules))
        news = News(fired, tuple(one for one in over if self._wanted(one, rules)))
        self._unseen |= {one.id: one for one in fired if one.severity is Severity.CRITICAL}
        self._unseen = {key: firing[key] for key in self._unseen if key in firing and not firing[key].muted}
        self._known = firing
        self._alerts, self.tally = tuple(alerts), tally(alerts)
        if news:
            self._told(news)
        self._shown()

    def _not_got(self, _: None, error: BulltuiError) -> None:
        self.tally = tally(self._alerts, error.message)
        self._shown()

    def _wanted(self, alert: Alert, rules: Sequence[Rule]) -> bool:
        """Whether the terminal is to tell of it, as the configuration has it."""
        to = next((rule.to for rule in rules if rule.name == alert.rule), ())
        return any(
            (not way.severities or alert.severity.value in way.severities) and (not to or way.name in to)
            for way in self._ways()
        )

    def _ways(self) -> list[Way]:
        """Those of the terminal; without one it is one for all alerts."""
        ways = self._runtime.settings.watching.alerts.ways
        return [one for one in ways if one.kind == TERMINAL] or [Way(TERMINAL, TERMINAL)]


def worst_of(alerts: Sequence[Alert]) -> Severity:
    """How bad the worst of them is."""
    order = list(Severity)
    return min((one.severity for one in alerts), key=order.index, default=Severity.INFO)
