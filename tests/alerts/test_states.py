"""How alerts begin and end, for any input."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.alert import Phase, Rule, Watched
from bulltui.domain.alert_states import (
    FLAP_MS,
    LONGEST_HOLD_MS,
    Ending,
    Subject,
    Track,
    Transition,
    ended,
    hold_ms,
    step,
)
from bulltui.domain.alert_values import Seen
from tests.alerts.support import NOW, PAYMENTS
from tests.thorough import tried

ABOUT = Subject(PAYMENTS, "cache:6379/0")
RULE = Rule("failed", Watched.FAILED, 100, for_s=60, clear=50, clear_s=60)


def run(
    rule: Rule, inputs: Sequence[tuple[float, float | None]], track: Track | None = None
) -> list[tuple[float, Transition]]:
    """The transitions of inputs, (seconds since the start, value), and when each was."""
    track = track or Track()
    found = []
    for at, value in inputs:
        if value is None:
            continue
        track, transition = step(track, rule, ABOUT, Seen(value, NOW + round(at * 1000)))
        if transition is not None:
            found.append((at, transition))
    return found


def shown(found: Sequence[tuple[float, Transition]]) -> list[tuple[float, str]]:
    return [(at, one.alert.phase.value) for at, one in found]


def test_it_fires_once_the_value_was_over_for_long_enough() -> None:
    values = [(at, 101.0) for at in range(0, 300, 10)]
    ((at, one),) = run(RULE, values)
    assert at == 60
    assert (one.alert.since_ms, one.alert.fired_ms) == (NOW, NOW + 60_000)


def test_one_that_passes_before_that_was_none() -> None:
    assert run(RULE, [(0, 101), (50, 101), (55, 100), (56, 101), (110, 101)]) == []


def test_it_ends_once_it_was_in_order_for_long_enough_and_only_then() -> None:
    over = [(at, 101.0) for at in range(0, 70, 10)]
    between = [(at, 80.0) for at in range(70, 300, 10)]  # below what it fires at, above what it ends at
    relapse = [(300, 50), (330, 51)]
    order = [(at, 50.0) for at in range(340, 420, 10)]
    assert shown(run(RULE, [*over, *between, *relapse, *order])) == [(60, "firing"), (400, "resolved")]


def test_at_once_where_nothing_is_to_be_waited_for() -> None:
    rule = replace(RULE, for_s=0, clear=None, clear_s=0)
    assert shown(run(rule, [(0, 101), (2, 100), (4, 100)])) == [(0, "firing"), (2, "resolved")]


def test_below() -> None:
    rule = Rule("few", Watched.BACKLOG, 10, below=True, for_s=0, clear=20, clear_s=0)
    assert shown(run(rule, [(0, 10), (1, 9), (2, 15), (3, 20)])) == [(1, "firing"), (3, "resolved")]


def test_a_value_that_is_not_known_changes_nothing() -> None:
    rule = replace(RULE, for_s=0, clear_s=0)
    assert shown(run(rule, [(0, 200), (10, None), (3600, None), (7200, 200)])) == [(0, "firing")]


def test_what_was_not_looked_at_for_long_does_not_count_for_the_time() -> None:
    found = run(RULE, [(0, 200), (50, 200), (3600, 200), (3650, 200), (3661, 200)])
    assert shown(found) == [(3661, "firing")]
    order = run(RULE, [(0, 200), (60, 200), (70, 0), (3600, 0), (3650, 0), (3660, 0)])
    assert shown(order) == [(60, "firing"), (3660, "resolved")]


def test_a_clock_that_is_set_back_neither_holds_up_nor_hurries() -> None:
    values = [(1000, 200.0), (1010, 200.0), *((at, 200.0) for at in range(0, 90, 10))]
    ((at, one),) = run(RULE, values)
    assert at == 60
    assert one.alert.since_ms <= one.alert.fired_ms


def test_the_id_stays_and_the_next_one_has_another() -> None:
    rule = replace(RULE, for_s=0, clear_s=0)
    found = [one for _, one in run(rule, [(0, 200), (1, 0), (7200, 300), (7201, 0)])]
    assert [one.alert.id for one in found[:2]] == [found[0].alert.id] * 2
    assert found[2].alert.id != found[0].alert.id
    assert len({one.id for one in found}) == 4


def test_a_resolved_one_has_the_worst_value() -> None:
    rule = replace(RULE, for_s=0, clear_s=0)
    found = run(rule, [(0, 200), (1, 900), (2, 300), (3, 0)])
    assert (found[1][1].alert.worst, found[1][1].alert.value) == (900, 900)


def test_a_queue_that_is_gone_ends_its_alert_and_one_that_is_pending_was_none() -> None:
    track, _ = step(Track(), replace(RULE, for_s=0), ABOUT, Seen(200, NOW))
    after, transition = ended(track, NOW + 5, Ending.GONE)
    assert transition is not None
    assert transition.alert.phase is Phase.RESOLVED
    assert after.alert is None
    pending, _ = step(Track(), RULE, ABOUT, Seen(200, NOW))
    assert ended(pending, NOW, Ending.GONE) == (Track(), None)


def test_what_comes_and_goes_is_held_for_longer_each_time() -> None:
    rule = replace(RULE, for_s=0, clear_s=0)
    flapping = [(at, 200.0 if at % 4 == 0 else 0.0) for at in range(0, tried(86_400, 20_000), 2)]
    found = run(rule, flapping)
    assert shown(found) == [(0, "firing"), (2, "resolved"), (4, "firing")]


def test_however_slowly_it_comes_and_goes_there_are_few_transitions() -> None:
    rule = replace(RULE, for_s=0, clear_s=0)
    for period in (10, 60, 120, 300, 600, 1200):
        flapping = [(at, 200.0 if at // period % 2 else 0.0) for at in range(0, tried(86_400, 30_000), 10)]
        assert len(run(rule, flapping)) <= 16, period


def test_a_day_in_order_is_forgotten() -> None:
    rule = replace(RULE, for_s=0, clear_s=0)
    flapping = [(at, 200.0 if at % 4 == 0 else 0.0) for at in range(0, 100, 2)]
    quiet = [(at, 0.0) for at in range(100, 86_400, 10)]
    found = run(rule, [*flapping, *quiet, (90_000, 200), (90_001, 0)])
    assert shown(found)[-2:] == [(90_000, "firing"), (90_001, "resolved")]


RULES = st.builds(
    Rule,
    st.just("any"),
    st.just(Watched.FAILED),
    st.just(10.0),
    for_s=st.sampled_from((0, 10, 60, 600)),
    clear=st.sampled_from((None, 5.0)),
    clear_s=st.sampled_from((0, 10, 60, 600)),
)
INPUTS = st.lists(
    st.tuples(st.sampled_from((1, 2, 10, 30, 90, 400)), st.sampled_from((None, 0.0, 5.0, 7.0, 10.0, 11.0, 99.0))),
    max_size=tried(400, 80),
)


@settings(max_examples=tried(1000, 120), deadline=None)
@given(RULES, INPUTS)
def test_each_that_fires_ends_at_most_once_and_nothing_else_does(
    rule: Rule, inputs: list[tuple[int, float | None]]
) -> None:
    at, timed = 0, []
    for pause, value in inputs:
        at += pause
        timed.append((float(at), value))
    found = [one for _, one in run(rule, timed)]
    assert [one.alert.phase for one in found[0::2]] == [Phase.FIRING] * len(found[0::2])
    assert [one.alert.phase for one in found[1::2]] == [Phase.RESOLVED] * len(found[1::2])
    for fired, over in zip(found[0::2], found[1::2], strict=False):
        assert fired.alert.id == over.alert.id
        assert over.alert.resolved_ms >= fired.alert.fired_ms + rule.clear_s * 1000
        assert fired.alert.fired_ms - fired.alert.since_ms >= rule.for_s * 1000
    assert len({one.id for one in found}) == len(found)


@settings(max_examples=tried(300, 40), deadline=None)
@given(RULES, st.lists(st.sampled_from((1, 5, 20, 60, 200, 500)), min_size=20, max_size=tried(400, 100)))
def test_the_faster_it_comes_and_goes_the_longer_it_has_to_be_in_order(rule: Rule, pauses: list[int]) -> None:
    at, timed, bad = 0.0, [], True
    for pause in pauses:
        timed += [(at + part, 99.0 if bad else 0.0) for part in range(0, pause, 5)]
        at, bad = at + pause, not bad
    found = run(rule, timed)
    # Level by level the hold doubles up to an hour, so there are at most some tens before it is an hour, then few.
    assert len(found) <= 2 * (10 + at * 1000 / min(FLAP_MS, LONGEST_HOLD_MS))


def test_the_hold_ends_at_an_hour_unless_the_rule_wants_more() -> None:
    assert hold_ms(RULE, 0) == 60_000
    assert hold_ms(RULE, 3) == 8 * 60_000
    assert hold_ms(RULE, 100) == LONGEST_HOLD_MS
    assert hold_ms(replace(RULE, clear_s=7200), 100) == 7_200_000
