"""What probes are told."""

from dataclasses import dataclass, replace

import pytest

from bulltui.domain.snapshot import EMPTY, Health, Link
from bulltui.metrics.gather import Gatherer
from bulltui.metrics.readiness import dead, unready
from tests.metrics.scene import Scene, row, vitals

NOW = 1_700_000_000_000


@dataclass
class Stopped:
    """Time that a test moves."""

    ms: int = NOW

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def scene(*labels: str) -> tuple[Scene, Stopped, Gatherer]:
    clock = Stopped()
    made = Scene(labels or ("",), clock)  # type: ignore[arg-type]
    return made, clock, Gatherer(made.source)


def test_not_before_anything_was_read() -> None:
    _, _, gatherer = scene()
    assert unready(gatherer) == ["No queues have been read yet."]


def test_numbers_may_be_two_refreshes_old() -> None:
    made, clock, gatherer = scene()
    made.publish([row(now_ms=NOW)])
    for passed, ready in ((0, True), (3_999, True), (4_100, False)):
        clock.ms = NOW + passed
        assert (not unready(gatherer)) == ready, passed
    assert unready(gatherer) == ["The numbers of the queues are 4.1 s old, and Redis is read every 2 s."]
    made.publish([row(now_ms=clock.ms)])
    assert not unready(gatherer)


def test_a_refresh_that_takes_longer_makes_nothing_stale() -> None:
    made, clock, gatherer = scene()
    made.publish([row(now_ms=NOW)])
    slow = replace(made.bus.last.servers[0], vitals=replace(vitals(), refresh_s=6.0))
    made.buses[""].publish(replace(made.bus.last, servers=(slow,)))
    clock.ms = NOW + 9_000
    assert not unready(gatherer)
    clock.ms = NOW + 13_000
    assert unready(gatherer)


def test_that_redis_is_away_is_said_with_since_when() -> None:
    made, clock, gatherer = scene()
    away = Health(Link.OFFLINE, since_ms=NOW - 65_000, message="redis://admin:secret@10.0.0.7 refuses.")
    made.publish([row(now_ms=NOW)], health=away)
    (why,) = unready(gatherer)
    assert why == "Redis has been away since 22:12:15 UTC, for 1m 05s."
    made.publish([row(now_ms=clock.ms)])
    assert not unready(gatherer)


def test_of_several_servers_each_that_is_not_ready_is_named() -> None:
    made, _, gatherer = scene("eu", "us", "as")
    made.publish([row(now_ms=NOW)])
    assert not unready(gatherer)
    made.buses["us"].publish(EMPTY)
    last = made.buses["as"].last
    away = replace(last.servers[0], health=Health(Link.OFFLINE, since_ms=NOW))
    made.buses["as"].publish(replace(last, servers=(away,)))
    assert unready(gatherer) == [
        "us: No queues have been read yet.",
        "as: Redis has been away since 22:13:20 UTC, for 0s.",
    ]


@pytest.mark.parametrize(("silent_s", "alive"), [(0, True), (9, True), (11, False)])
def test_a_loop_that_stands_still_is_dead(silent_s: int, alive: bool) -> None:
    _, clock, gatherer = scene()
    clock.ms += silent_s * 1000
    assert (dead(gatherer) == "") == alive
