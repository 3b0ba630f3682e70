"""Whom mutes are about, and when they are over."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from bulltui.domain.alert import Alert, Mute, Phase


def names_of(alert: Alert) -> tuple[str, ...]:
    """What a glob of subjects may fit: the queue's name, key, and either behind that of its server; or the server's."""
    if alert.ref is None:
        return (alert.server,)
    ref = alert.ref
    return (ref.name, ref.key, ref.shown, f"{alert.server}/{ref.name}", f"{alert.server}/{ref.key}")


def means(mute: Mute, alert: Alert) -> bool:
    """Whether a mute is about an alert."""
    if mute.rules != alert.rule and not fnmatchcase(alert.rule, mute.rules):
        return False
    return any(mute.subjects == name or fnmatchcase(name, mute.subjects) for name in names_of(alert))


def holds(mute: Mute, alerts: Iterable[Alert], now_ms: int) -> bool:
    """Whether a mute is not over: its time, or, until resolved, all that it was meant for. `alerts` are those that
    fire."""
    if mute.until_ms is not None and now_ms >= mute.until_ms:
        return False
    if not mute.until_resolved:
        return True
    return any(one.phase is Phase.FIRING and one.fired_ms <= mute.at_ms and means(mute, one) for one in alerts)


def muted_by(alert: Alert, mutes: Sequence[Mute]) -> int:
    """The number of the mute by which nobody is told of an alert, 0 for none."""
    return next((mute.number for mute in mutes if means(mute, alert)), 0)
