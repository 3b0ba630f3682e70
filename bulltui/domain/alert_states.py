"""How an alert begins and ends: ok, pending, firing, resolved, for one rule about one queue or server.

A step takes what was seen to what holds then, and tells of a transition where there is one. What comes and goes does
not come and go here: whoever fires again soon after it ended has to be in order for twice as long as before, up to an
hour, until it is resolved again.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from bulltui.domain.alert import Alert, Phase, Rule
from bulltui.domain.alert_values import Seen
from bulltui.domain.queue import QueueRef

FLAP_MS = 30 * 60_000
"""One that fires again within so long after its end comes and goes."""

LEAST_HOLD_MS = 15_000
LONGEST_HOLD_MS = 60 * 60_000
"""The least and the longest time for which one that comes and goes has to be in order."""

_GAP_MS = 120_000
_BACK_MS = 5_000


class Ending(StrEnum):
    """How an alert ended other than by its value."""

    PASSED = ""
    GONE = "gone"  # the queue is gone
    UNWATCHED = "unwatched"  # no rule is about it any more


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule is about: a queue, or (None) the server, and what the server is called."""

    ref: QueueRef | None
    server: str


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of a rule about a subject. `alert` is pending or firing, None where all is well; `clear_ms`
    since when a firing one is in order, 0 where it is not; `ended_ms` when the last one ended, `level` how often in a
    row it came back soon."""

    alert: Alert | None = None
    clear_ms: int = 0
    ended_ms: int = 0
    level: int = 0

    @property
    def idle(self) -> bool:
        """Whether there is nothing to remember."""
        return self == _NOTHING


_NOTHING = Track()


@dataclass(frozen=True, slots=True)
class Transition:
    """An alert began to fire, or was resolved: as it was then. `id` is that of this very transition."""

    alert: Alert
    ending: Ending = Ending.PASSED

    @property
    def id(self) -> str:
        """Whatever is told of it carries this."""
        return f"{self.alert.id}-{self.alert.phase.value}"

    @property
    def at_ms(self) -> int:
        """When that was (epoch ms)."""
        return self.alert.resolved_ms or self.alert.fired_ms


def breached(rule: Rule, value: float) -> bool:
    """Whether a value is on the wrong side of the rule's threshold."""
    return value < rule.threshold if rule.below else value > rule.threshold


def cleared(rule: Rule, value: float) -> bool:
    """Whether a value is far enough on the right side for an alert to end."""
    clear = rule.threshold if rule.clear is None else rule.clear
    return value >= clear if rule.below else value <= clear


def hold_ms(rule: Rule, level: int) -> int:
    """For how long an alert has to be in order until it is resolved."""
    plain = round(rule.clear_s * 1000)
    if not level:
        return plain
    return min(max(plain, LEAST_HOLD_MS) << min(level, 20), max(plain, LONGEST_HOLD_MS))


def step(track: Track, rule: Rule, subject: Subject, seen: Seen) -> tuple[Track, Transition | None]:
    """What holds after something was seen. It has to be newer than what was seen before; clocks may be set back."""
    at = seen.at_ms
    alert = track.alert
    if alert is None:
        if not breached(rule, seen.value):
            over = track.ended_ms and not 0 <= at - track.ended_ms < _memory_ms(rule, track)
            return (_NOTHING if over else track), None
        alert = _begun(rule, subject, seen, track)
    elif alert.phase is Phase.PENDING:
        if not breached(rule, seen.value):
            return replace(track, alert=None), None
        alert = _seen_again(alert, rule, seen)
        if not -_BACK_MS <= at - track_seen(track) <= _gap_ms(rule):
            alert = replace(alert, since_ms=at)  # nobody knows what was between
    else:
        return _firing(track, alert, rule, seen)
    if at - alert.since_ms < rule.for_s * 1000:
        return replace(track, alert=alert), None
    soon = bool(track.ended_ms) and at - track.ended_ms < _memory_ms(rule, track)
    fired = replace(alert, phase=Phase.FIRING, fired_ms=at)
    return Track(fired, 0, track.ended_ms, track.level + 1 if soon else 0), Transition(fired)


def track_seen(track: Track) -> int:
    """When its alert was looked at last (epoch ms), 0 where there is none."""
    return track.alert.seen_ms if track.alert else 0


def ended(track: Track, at_ms: int, ending: Ending) -> tuple[Track, Transition | None]:
    """What holds when there is nothing left to look at."""
    alert = track.alert
    if alert is None or alert.phase is not Phase.FIRING:
        return _NOTHING, None
    return _resolved(track, alert, at_ms, ending)


def _firing(track: Track, alert: Alert, rule: Rule, seen: Seen) -> tuple[Track, Transition | None]:
    known = -_BACK_MS <= seen.at_ms - alert.seen_ms <= _gap_ms(rule)
    alert = _seen_again(alert, rule, seen)
    if not cleared(rule, seen.value):
        return Track(alert, 0, track.ended_ms, track.level), None
    since = track.clear_ms if track.clear_ms and known else seen.at_ms
    if seen.at_ms - since < hold_ms(rule, track.level):
        return Track(alert, since, track.ended_ms, track.level), None
    return _resolved(track, alert, seen.at_ms, Ending.PASSED)


def _resolved(track: Track, alert: Alert, at_ms: int, ending: Ending) -> tuple[Track, Transition]:
    at = max(at_ms, alert.fired_ms)
    over = replace(alert, phase=Phase.RESOLVED, resolved_ms=at, value=alert.worst)
    return Track(None, 0, at, track.level), Transition(over, ending)


def _begun(rule: Rule, subject: Subject, seen: Seen, track: Track) -> Alert:
    since = max(seen.at_ms, track.ended_ms + 1) if 0 <= track.ended_ms - seen.at_ms < _BACK_MS else seen.at_ms
    return Alert(
        _id(rule, subject, since),
        rule.name,
        rule.watched,
        rule.severity,
        Phase.PENDING,
        subject.ref,
        subject.server,
        since,
        value=seen.value,
        worst=seen.value,
        threshold=rule.threshold,
        seen_ms=seen.at_ms,
    )


def _seen_again(alert: Alert, rule: Rule, seen: Seen) -> Alert:
    worst = min(alert.worst, seen.value) if rule.below else max(alert.worst, seen.value)
    return replace(
        alert,
        value=seen.value,
        worst=worst,
        seen_ms=seen.at_ms,
        since_ms=min(alert.since_ms, seen.at_ms) if not alert.fired_ms else alert.since_ms,
        severity=rule.severity,
        threshold=rule.threshold,
    )


def _memory_ms(rule: Rule, track: Track) -> int:
    """For how long after its end one that fires again comes and goes."""
    return FLAP_MS + hold_ms(rule, track.level)


def _gap_ms(rule: Rule) -> int:
    """What was not looked at for longer may have been otherwise meanwhile."""
    return max(_GAP_MS, round(rule.for_s * 500))


def _id(rule: Rule, subject: Subject, since_ms: int) -> str:
    key = "" if subject.ref is None else subject.ref.key
    text = "\0".join((rule.name, subject.server, key, str(since_ms)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
