"""Which queues are read when not all are."""

from bulltui.domain.queue import QueueRef
from bulltui.services.turns import Turns
from tests.acting.fakes import FakeClock

REFS = [QueueRef("bull", f"q{number:04}") for number in range(1000)]
TTL_S = 30.0
TICK_S = 5.0


def ticks(turns: Turns, clock: FakeClock, number: int, moved: bool) -> list[list[QueueRef]]:
    """What each of so many refreshes reads, by itself."""
    reads = []
    for _ in range(number):
        due = turns.due(REFS, ahead_s=TICK_S)
        turns.done(due, due if moved else ())
        turns.spread(due, each_s=TICK_S)
        reads.append(due)
        clock.now += TICK_S
    return reads


def test_what_is_new_is_read_at_once_and_nothing_is_read_twice() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S)
    assert turns.due(REFS) == REFS
    turns.done(REFS)
    assert turns.due(REFS, REFS[5:7]) == REFS[5:7]


def test_nothing_is_ever_older_than_its_time_where_something_moves() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S)
    for _ in range(60):
        ticks(turns, clock, 1, moved=True)
        clock.now -= 0.001  # just before the next refresh
        assert max(turns.age_s(ref) or 0.0 for ref in REFS) < TTL_S
        clock.now += 0.001


def test_where_nothing_moves_the_time_is_twice_as_long_and_no_longer() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S)
    ticks(turns, clock, 30, moved=False)
    reads = ticks(turns, clock, 24, moved=False)
    assert 2 * 0.8 <= sum(map(len, reads)) / len(REFS) <= 2 * 1.4
    assert max(turns.age_s(ref) or 0.0 for ref in REFS) <= 2 * TTL_S


def test_turns_are_spread_over_the_time() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S)
    reads = ticks(turns, clock, 60, moved=True)[1:]
    fair = len(REFS) * TICK_S / (TTL_S - TICK_S)  # the next refresh would be too late for what is due before it
    assert max(map(len, reads)) < fair * 1.5
    assert min(map(len, reads)) > fair * 0.5


def test_after_all_is_asked_for_anew_turns_are_spread_again() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S)
    ticks(turns, clock, 10, moved=True)
    turns.changed()
    reads = ticks(turns, clock, 20, moved=True)
    assert sorted(reads[0]) == REFS
    assert max(map(len, reads[1:])) < len(REFS) / 2.5


def test_the_oldest_are_first() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S, chance=lambda: 0.0)
    for ref in reversed(REFS[:5]):
        turns.done([ref], [ref])
        clock.now += 1
    clock.now += TTL_S
    assert turns.due(REFS[:5]) == list(reversed(REFS[:5]))


def test_what_an_action_changed_is_read_at_once_and_once() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S)
    turns.done(REFS)
    turns.changed(REFS[3:5])
    assert turns.due(REFS) == REFS[3:5]
    turns.done(REFS[3:5])
    assert turns.due(REFS) == []


def test_a_read_that_began_before_the_change_does_not_count() -> None:
    turns = Turns(FakeClock(), TTL_S)
    turns.done(REFS)
    seen = turns.change
    turns.changed(REFS[3:4])
    turns.done(REFS, seen=seen)
    assert turns.due(REFS) == REFS[3:4]
    turns.done(REFS[3:4])
    assert turns.is_late(REFS[3], seen)
    assert not turns.is_late(REFS[2], seen)


def test_reads_one_after_the_other_do_not_make_a_queue_still() -> None:
    clock = FakeClock()
    turns = Turns(clock, TTL_S, chance=lambda: 0.0)
    for _ in range(20):  # it was on the screen
        turns.done(REFS[:1])
        clock.now += 2
    clock.now += TTL_S
    assert turns.due(REFS[:1]) == REFS[:1]


def test_what_is_gone_is_forgotten() -> None:
    turns = Turns(FakeClock(), TTL_S)
    turns.done(REFS)
    turns.keep(REFS[:10])
    assert turns.age_s(REFS[10]) is None
    assert turns.due(REFS[:11]) == REFS[10:11]
