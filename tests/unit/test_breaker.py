"""When calls are held back, and when they are let through again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.errors import UnreachableError
from bulltui.domain.vitals import Breaker
from bulltui.services.breaker import (
    BACKOFF_FIRST_S,
    BACKOFF_LAST_S,
    OFFLINE,
    PROBE_S,
    STEADY_S,
    CircuitBreaker,
    backoff_s,
)
from tests.acting.fakes import FakeClock

REFUSED = UnreachableError("Nothing listens at redis://x: connection refused.", hint="Is it there?", code="refused")
CLOSED = UnreachableError("The connection to redis://x was closed.", code="closed")


def longest(failures: int) -> float:
    """The backoff without its jitter."""
    return float(min(BACKOFF_LAST_S, BACKOFF_FIRST_S * 2 ** min(failures - 1, 10)))


def state(made: CircuitBreaker) -> Breaker:
    """The state now, which a type checker does not know to stay what it was."""
    return made.state


def breaker() -> tuple[CircuitBreaker, FakeClock]:
    clock = FakeClock()
    made = CircuitBreaker(clock, backoff=longest)
    made.answered()
    clock.now += 1
    return made, clock


def test_backoff_doubles_within_its_bounds() -> None:
    assert 0.125 <= backoff_s(1) <= 0.25
    assert 0.5 <= backoff_s(3) <= 1.0
    assert backoff_s(1000) <= BACKOFF_LAST_S
    assert len({backoff_s(5) for _ in range(20)}) > 10, "watchers would come back at the same instant"


def test_one_lost_connection_is_not_a_lost_server() -> None:
    made, clock = breaker()
    assert not made.lost(clock.now, CLOSED)
    assert state(made) is Breaker.CLOSED
    made.answered()
    clock.now += 1
    assert not made.lost(clock.now, CLOSED)
    assert made.opened == 0


def test_all_connections_cut_at_once_are_one_loss_and_a_second_try_decides() -> None:
    made, clock = breaker()
    began = clock.now
    clock.now += 0.1
    for _ in range(3):
        assert not made.lost(began, CLOSED)
        clock.now += 0.01
    assert made.lost(clock.now, CLOSED)
    assert state(made) is Breaker.OPEN


def test_a_server_that_refuses_is_known_after_one_call() -> None:
    made, clock = breaker()
    assert made.lost(clock.now, REFUSED)
    assert state(made) is Breaker.OPEN
    assert not made.admits()
    assert made.since_ms == clock.now_ms()


def test_a_long_call_that_is_cut_short_while_others_are_answered_says_nothing() -> None:
    made, clock = breaker()
    began = clock.now
    clock.now += 1
    made.answered()
    clock.now += 1
    assert not made.lost(began, UnreachableError("It did not answer in time.", code="timeout"))
    assert made.lost(clock.now - 0.5, UnreachableError("It did not answer in time.", code="timeout"))


def test_one_probe_at_a_time() -> None:
    made, clock = breaker()
    made.lost(clock.now, REFUSED)
    clock.now += made.wait_s
    assert made.admits(probe=True)
    assert state(made) is Breaker.HALF_OPEN
    assert not made.admits(probe=True)
    assert not made.admits()
    made.lost(clock.now, REFUSED)
    assert state(made) is Breaker.OPEN
    assert made.admits(probe=True)
    assert made.answered()
    assert state(made) is Breaker.CLOSED
    assert made.admits()


def test_a_probe_of_which_nothing_is_heard_does_not_hold_up_others_for_ever() -> None:
    made, clock = breaker()
    made.lost(clock.now, REFUSED)
    assert made.admits(probe=True)
    clock.now += PROBE_S
    assert state(made) is Breaker.OPEN
    assert made.admits(probe=True)


def test_calls_that_were_under_way_do_not_make_the_wait_longer() -> None:
    made, clock = breaker()
    began = clock.now
    clock.now += 0.5
    made.lost(began, REFUSED)
    until = made.next_try_ms
    clock.now += 0.1
    for _ in range(10):
        assert not made.lost(began, REFUSED)
    assert made.next_try_ms == until
    assert made.opened == 1


def test_failed_probes_are_further_and_further_apart() -> None:
    made, clock = breaker()
    made.lost(clock.now, REFUSED)
    waits = []
    for _ in range(10):
        waits.append(made.wait_s)
        clock.now += made.wait_s
        assert made.admits(probe=True)
        clock.now += 0.01
        made.lost(clock.now - 0.01, REFUSED)
    assert [round(wait, 2) for wait in waits[:4]] == [0.25, 0.5, 1.0, 2.0]
    assert round(waits[-1], 2) == BACKOFF_LAST_S
    assert made.opened == 1


def test_a_server_that_comes_and_goes_is_not_asked_four_times_a_second() -> None:
    made, clock = breaker()
    for _ in range(4):
        made.lost(clock.now, REFUSED)
        last = made.wait_s
        made.answered()
        clock.now += STEADY_S / 5
    assert last > BACKOFF_FIRST_S * 4
    clock.now += STEADY_S
    made.lost(clock.now, REFUSED)
    assert made.wait_s <= BACKOFF_FIRST_S + 1e-6


def test_a_refused_call_is_told_why_since_when_and_when_it_is_tried() -> None:
    made, clock = breaker()
    made.lost(clock.now, REFUSED)
    for _ in range(4):
        clock.now += made.wait_s
        made.admits(probe=True)
        made.lost(clock.now, REFUSED)
    told = made.refusal("redis://x:6379")
    assert told.code == OFFLINE
    assert told.message.startswith("redis://x:6379 is offline since 20")
    assert "Nothing listens at redis://x: connection refused. Next try in 4 s." in told.message
    assert told.hint == "Is it there? It is tried again by itself."
    made.admits(probe=True)
    assert made.refusal("redis://x:6379").message.endswith("It is being tried now.")


def test_being_held_back_is_no_news_of_the_server() -> None:
    made, clock = breaker()
    made.lost(clock.now, REFUSED)
    until = made.next_try_ms
    clock.now += 0.2
    assert not made.lost(clock.now, made.refusal("redis://x"))
    assert made.error is REFUSED
    assert made.next_try_ms == until


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 30)),
        st.tuples(st.just("call"), st.booleans()),
        st.tuples(st.just("end"), st.integers(0, 30)),
        st.tuples(st.just("lose"), st.integers(0, 30)),
        st.tuples(st.just("cut"), st.integers(0, 30)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
    ),
    max_size=60,
)


@given(STEPS)
@settings(max_examples=300, deadline=None)
def test_whatever_happens_the_promises_hold(steps: list[tuple[str, float]]) -> None:
    clock = FakeClock()
    made = CircuitBreaker(clock)
    flying: list[tuple[float, bool]] = []  # when each call that was let through began, and whether it is a probe
    for what, value in steps:
        before = state(made)
        if what == "wait":
            clock.now += value
        elif what == "call":
            probe = bool(value)
            admitted = made.admits(probe=probe)
            assert admitted == (before is Breaker.CLOSED or (probe and before is Breaker.OPEN))
            if admitted and before is not Breaker.CLOSED:
                assert state(made) is Breaker.HALF_OPEN
            if admitted:
                flying.append((clock.now, probe))
        elif flying:
            began, _ = flying.pop(int(value) % len(flying))
            if what == "end":
                made.answered()
                assert state(made) is Breaker.CLOSED
            elif what in ("lose", "cut"):
                turned = made.lost(began, REFUSED if what == "lose" else CLOSED)
                if before is Breaker.CLOSED:
                    assert turned == (state(made) is Breaker.OPEN)
                else:
                    assert state(made) is not Breaker.CLOSED, "a failure never closes it"
                if turned:
                    assert state(made) is Breaker.OPEN
                    assert 0 < made.wait_s <= BACKOFF_LAST_S
        # In every state at all times:
        assert (made.error is None) == (state(made) is Breaker.CLOSED) == (made.next_try_ms is None)
        assert 0 <= made.wait_s <= BACKOFF_LAST_S
    # And it always finds back: once nothing is heard of what was under way, a probe goes through and is believed.
    clock.now += PROBE_S
    assert made.admits(probe=True)
    made.answered()
    assert state(made) is Breaker.CLOSED
    assert made.admits()
