"""What is measured of calls, and what stands before them."""

import pytest

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.snapshot import Link
from bulltui.domain.vitals import BUCKETS_MS, Breaker
from bulltui.services.vitals import ENOUGH_CALLS, KINDS, OTHER, SLOW_CALLS, SLOW_MS, Pace, ServerGate
from tests.acting.fakes import FakeClock

REFUSED = UnreachableError("Nothing listens.", code="refused")


def gate() -> tuple[ServerGate, FakeClock]:
    clock = FakeClock()
    return ServerGate(clock, "redis://x:6379"), clock


async def test_each_call_is_counted_in_the_bucket_of_its_time() -> None:
    made, _ = gate()
    for ms in (0.4, 0.5, 0.6, 3, 9_999):
        made.told("PING", ms, None)
    made.told("PING", 1, BulltuiError("It went wrong."))
    stats = made.snapshot().calls["PING"]
    assert (stats.count, stats.errors, stats.max_ms) == (6, 1, 9_999)
    assert stats.sum_ms == pytest.approx(10_004.5)
    assert stats.buckets == (2, 2, 0, 1, *[0] * (len(BUCKETS_MS) - 4), 1)
    assert sum(stats.buckets) == stats.count


async def test_slow_calls_are_kept_by_name_with_what_went_wrong() -> None:
    made, clock = gate()
    made.told("page", SLOW_MS - 1, None)
    made.told("page", SLOW_MS, None)
    clock.now += 1
    made.told("find", 5000, UnreachableError("It did not answer in time.", code="timeout"))
    slow = made.snapshot().slow
    assert [(call.call, call.ms, call.error) for call in slow] == [
        ("page", SLOW_MS, ""),
        ("find", 5000, "It did not answer in time."),
    ]
    assert slow[1].at_ms == clock.now_ms()


async def test_a_call_far_from_its_kind_is_slow_too_but_not_a_hiccup_of_nothing() -> None:
    made, _ = gate()
    for _ in range(ENOUGH_CALLS):
        made.told("PING", 0.3, None)
    made.told("PING", 20, None)
    assert not made.snapshot().slow
    made.told("PING", 60, None)
    assert [call.ms for call in made.snapshot().slow] == [60]


async def test_a_call_that_waits_for_news_is_not_slow_but_says_that_the_server_is_there() -> None:
    made, clock = gate()
    made.told("XREAD", 1_000, None)
    assert not made.snapshot().slow
    assert not made.snapshot().calls
    made.told("PING", 1, REFUSED)
    clock.now += 1
    made.told("XREAD", 1_000, None)
    assert made.snapshot().breaker is Breaker.CLOSED


async def test_what_is_kept_is_bounded() -> None:
    made, _ = gate()
    for number in range(1000):
        made.told(f"CALL{number}", 1000, None)
    vitals = made.snapshot()
    assert len(vitals.calls) <= KINDS + 1
    assert vitals.calls[OTHER].count == 1000 - KINDS
    assert len(vitals.slow) == SLOW_CALLS
    assert vitals.slow[-1].call == "CALL999"


async def test_while_it_is_away_calls_are_held_back_and_a_probe_is_not() -> None:
    made, _ = gate()
    turns: list[Breaker] = []
    made.turned = lambda: turns.append(made.breaker.state)
    await made.enter()
    made.told("PING", 1, REFUSED)
    with pytest.raises(UnreachableError, match=r"redis://x:6379 is offline since .*Nothing listens"):
        await made.enter()
    await made.enter(probe=True)
    with pytest.raises(UnreachableError, match="It is being tried now"):
        await made.enter(probe=True)
    made.told("PING", 1, None)
    await made.enter()
    assert turns == [Breaker.OPEN, Breaker.CLOSED]
    assert made.snapshot().opened == 1


async def test_an_error_that_is_an_answer_says_that_the_server_is_there() -> None:
    made, clock = gate()
    made.told("PING", 1, REFUSED)
    clock.now += 20
    await made.enter(probe=True)
    made.told("PING", 1, NotAllowedError("It wants a password.", code="no-password"))
    assert made.snapshot().breaker is Breaker.CLOSED


async def test_what_was_held_back_is_no_call() -> None:
    made, _ = gate()
    made.told("PING", 1, REFUSED)
    with pytest.raises(UnreachableError) as held:
        await made.enter()
    made.told("page", 0, held.value)
    assert "page" not in made.snapshot().calls


async def test_a_server_that_takes_no_changes_any_more_is_looked_at_again() -> None:
    made, _ = gate()
    asked: list[bool] = []
    made.demoted = lambda: asked.append(True)
    made.told("retry", 1, NotAllowedError("It is a read-only replica.", code="read-only-server"))
    assert asked == [True]


def test_one_slow_round_trip_is_no_slow_link() -> None:
    pace = Pace()
    for ms in (900, 1, 1, 900, 1, 1):
        pace.add(ms)
        assert pace.link is Link.ONLINE


def test_a_link_around_the_bound_does_not_flicker() -> None:
    pace = Pace()
    seen = []
    for ms in [SLOW_MS + 10] * 5 + [SLOW_MS - 10, SLOW_MS + 10] * 20:
        pace.add(ms)
        seen.append(pace.link)
    assert seen[2] is Link.SLOW
    assert set(seen[2:]) == {Link.SLOW}
    for _ in range(5):
        pace.add(SLOW_MS / 2)
    assert pace.link is Link.ONLINE
    pace.add(SLOW_MS * 4)
    pace.clear()
    assert pace.median_ms is None
