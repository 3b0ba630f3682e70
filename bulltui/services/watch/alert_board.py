"""Alerts of one server or several, as screens and commands see them."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bulltui.domain.alert import Alert, Delivery, Mute, Phase, Rule, Severity
from bulltui.domain.alert_text import labelled
from bulltui.domain.errors import NotFoundError
from bulltui.domain.text import visible
from bulltui.services.protocols import Clock
from bulltui.services.watch.alert_mutes import holds, muted_by
from bulltui.services.watch.outlets import AlertStore, Outlet
from bulltui.services.watch.telling import try_out

_WORST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class OfServer:
    """Where the alerts of a server lie. `label` stands before its queues where several are shown, and `name` is what
    it is called."""

    store: AlertStore
    name: str
    label: str = ""


class Alerts:
    """See `protocols.AlertBoard`."""

    def __init__(self, servers: Sequence[OfServer], rules: Sequence[Rule], outlets: Sequence[Outlet], clock: Clock):
        self._servers = tuple(servers)
        self._rules = tuple(rules)
        self._outlets: Mapping[str, Outlet] = {one.name: one for one in outlets}
        self._clock = clock

    @property
    def rules(self) -> tuple[Rule, ...]:
        """See AlertBoard."""
        return self._rules

    async def watched(self) -> bool:
        """See AlertBoard."""
        return all([await one.store.led() for one in self._servers])

    async def alerts(self) -> list[Alert]:
        """See AlertBoard."""
        found: list[Alert] = []
        for one in self._servers:
            here = await one.store.alerts(one.name)
            mutes = [mute for mute in await one.store.mutes() if holds(mute, here, self._clock.now_ms())]
            found += [_labelled(replace(alert, muted=muted_by(alert, mutes)), one.label) for alert in here]
        return sorted(found, key=_order)

    async def past(self, *, since_ms: int = 0, limit: int = 1000) -> list[Alert]:
        """See AlertBoard."""
        each = [
            [_labelled(alert, one.label) for alert in await one.store.past(one.name, since_ms, limit)]
            for one in self._servers
        ]
        return sorted((alert for some in each for alert in some), key=lambda one: -one.resolved_ms)[:limit]

    async def deliveries(self, limit: int = 200) -> list[Delivery]:
        """See AlertBoard."""
        each = [await one.store.deliveries(limit) for one in self._servers]
        return heapq.nlargest(limit, (one for some in each for one in some), key=lambda one: one.at_ms)

    async def mutes(self) -> list[Mute]:
        """See AlertBoard."""
        found: dict[int, Mute] = {}
        now = self._clock.now_ms()
        for one in self._servers:
            mutes = await one.store.mutes()
            firing = await one.store.alerts(one.name) if any(mute.until_resolved for mute in mutes) else []
            found |= {mute.number: mute for mute in mutes if holds(mute, firing, now)}
        return [mute for _, mute in sorted(found.items())]

    async def mute(self, mute: Mute) -> Mute:
        """See AlertBoard. Of several servers each has it, under the same number."""
        while True:
            number = max([await one.store.next_mute() for one in self._servers], default=1)
            made = replace(mute, number=number, at_ms=mute.at_ms or self._clock.now_ms())
            if all([await one.store.mute(made) for one in self._servers]):  # else another process was quicker
                return made

    async def unmute(self, number: int) -> bool:
        """See AlertBoard."""
        now = self._clock.now_ms()
        return any([await one.store.unmute(number, now) for one in self._servers])

    async def test(self, way: str = "") -> list[Delivery]:
        """See AlertBoard. Raises NotFoundError for a way that there is not."""
        if way and way not in self._outlets:
            known = ", ".join(map(visible, self._outlets)) or "none"
            raise NotFoundError(
                f"There is no way of delivery {visible(way)}.", hint=f"`[alerts.ways]` has: {known}.", code="no-way"
            )
        some = [self._outlets[way]] if way else list(self._outlets.values())
        return await try_out(some, ", ".join(one.name for one in self._servers), self._clock)


def _labelled(alert: Alert, label: str) -> Alert:
    return labelled(alert, label) if label else alert


def _order(alert: Alert) -> tuple[bool, int, int, str]:
    return alert.phase is not Phase.FIRING, _WORST[alert.severity], alert.fired_ms or alert.since_ms, alert.id


__all__ = ["Alerts", "OfServer"]
