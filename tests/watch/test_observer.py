"""What events of each library add up to, by what they write (tests/interop has the libraries themselves)."""

from collections.abc import Iterable

import pytest

from bulltui.domain.event import Event, Gap
from bulltui.domain.job_times import JobTimes
from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, UNKNOWN_NAME, Flow, OfName, Point, after
from bulltui.services.watch.asking import Asking
from bulltui.services.watch.gathered import Steps
from bulltui.services.watch.job_counts import JobCounts
from bulltui.services.watch.observer import Observer
from tests.watch.recording import MAIL, START, FakePast, TurnedClock, event


class Seen:
    """An observer and what it saw."""

    def __init__(self) -> None:
        self.past = FakePast()
        self.clock = TurnedClock(START + 500_000)
        self.steps = Steps()
        self.counts = JobCounts()
        self.asking = Asking(self.past, self.clock)
        self.observer = Observer(self.steps, self.asking, self.counts, START)

    def take(self, *events: Event | Gap) -> None:
        self.observer.take(events, self.clock.now)

    async def ask(self) -> None:
        """What is to be asked is asked."""
        while len(self.asking):
            await self.asking._ask_some()

    def point(self) -> Point:
        """All of the queue."""
        return after((found.point(at) for at, found in self.steps.pending(MAIL, 0)), 0)

    def names(self) -> dict[str, OfName]:
        found: dict[str, OfName] = {}
        for _, step in self.steps.pending(MAIL, 0):
            for name, one in step.of_names().items():
                found[name] = found.get(name, OfName()) + one
        return found


@pytest.fixture
def seen() -> Seen:
    return Seen()


def flow_of(point: Point) -> Flow:
    return point.flow


def about(found: float | None, ms: float) -> bool:
    return found is not None and abs(found - ms) <= 0.01 * ms


async def test_a_job_from_its_start_to_its_end(seen: Seen) -> None:
    seen.take(
        event(0, "added", name="welcome"),
        event(0, "waiting", place=1),
        event(700, "active", prev="waiting"),
        event(1_900, "completed", returnvalue="1", prev="active"),
        event(1_900, "drained", "", place=1),
    )
    assert seen.point().flow == Flow(added=1, started=1, completed=1)
    assert about(seen.point().wait.quantile(0.5), 700)
    assert about(seen.point().run.quantile(0.5), 1_200)
    assert seen.names()["welcome"].completed == 1
    counted = seen.counts.snapshot()[MAIL, "welcome", "completed"]
    assert (counted.ended, counted.wait.sum_s, counted.run.sum_s) == (1, 0.7, 1.2)
    assert not len(seen.observer.in_flight)
    assert not seen.past.asked


@pytest.mark.parametrize("prev", ["active", "failed"])
async def test_an_attempt_in_vain_is_retried_and_no_failed_job(seen: Seen, prev: str) -> None:
    """BullMQ 5 and 6 say `active`, 3 and 4 `failed`; the last attempt alone writes that the job failed."""
    seen.past.times[MAIL, "1"] = JobTimes("welcome", failed=True, attempts=2)
    seen.take(
        event(0, "added", name="welcome"),
        event(0, "waiting", place=1),
        event(10, "active", prev="waiting"),
        event(20, "waiting", prev=prev),
        event(30, "active", prev="waiting"),
        event(40, "waiting", prev=prev),
        event(50, "active", prev="waiting"),
        event(60, "failed", failedReason="no", prev="active"),
        event(60, "retries-exhausted", attemptsMade="3", place=1),
    )
    await seen.ask()
    assert seen.point().flow == Flow(added=1, started=3, failed=1, retried=2)
    assert seen.point().wait.total == 3
    assert seen.point().run.total == 1


async def test_a_retry_after_a_pause_waits_from_when_it_was_due(seen: Seen) -> None:
    seen.past.times[MAIL, "1"] = JobTimes("welcome", failed=True)
    seen.take(
        event(0, "added", name="welcome"),
        event(0, "waiting", place=1),
        event(10, "active", prev="waiting"),
        event(20, "delayed", delay=str(START + 5_000)),
        event(9_000, "waiting", prev="delayed"),  # nobody was there to notice
        event(9_010, "active", prev="waiting", place=1),
        event(9_020, "completed", prev="active"),
    )
    await seen.ask()
    assert seen.point().flow == Flow(added=1, started=2, completed=1, retried=1)
    assert about(seen.point().wait.quantile(1.0), 4_010)


async def test_a_job_that_is_promoted_waits_from_then_on(seen: Seen) -> None:
    seen.take(
        event(0, "added", name="welcome"),
        event(0, "delayed", delay=str(START + 3_600_000), place=1),
        event(1_000, "waiting", prev="delayed"),
        event(1_500, "active", prev="waiting"),
    )
    assert about(seen.point().wait.quantile(0.5), 500)


@pytest.mark.parametrize("delay", ["", "no number", "9" * 40, "-5", "1"])
async def test_a_date_that_is_none_is_now(seen: Seen, delay: str) -> None:
    seen.take(
        event(100, "added", name="welcome"),
        event(100, "delayed", delay=delay, place=1),
        event(1_100, "waiting", prev="delayed"),
        event(1_200, "active"),
    )
    assert about(seen.point().wait.quantile(0.5), 1_100)


@pytest.mark.parametrize(
    "back",
    [{"kind": "waiting", "prev": "active"}, {"kind": "delayed", "delay": str(START + 50)}],
    ids=["rate limit", "put off by itself"],
)
async def test_a_job_that_goes_back_without_a_failure_is_not_retried(seen: Seen, back: dict[str, str]) -> None:
    seen.past.times[MAIL, "1"] = JobTimes("welcome")
    seen.take(
        event(0, "added", name="welcome"),
        event(0, "waiting", place=1),
        event(10, "active", prev="waiting"),
        event(20, **back),  # type: ignore[arg-type]  # a test's own words
        event(90, "active", prev="waiting"),
        event(99, "completed", prev="active"),
    )
    await seen.ask()
    assert seen.point().flow == Flow(added=1, started=2, completed=1)


async def test_a_stalled_job_is_stalled_and_not_retried(seen: Seen) -> None:
    seen.take(
        event(0, "added", name="welcome"),
        event(0, "waiting", place=1),
        event(10, "active", prev="waiting"),
        event(9_000, "waiting", prev="active"),
        event(9_000, "stalled", place=1),
        event(9_001, "active", prev="waiting"),
        event(9_002, "completed", prev="active"),
    )
    await seen.ask()
    assert seen.point().flow == Flow(added=1, started=2, completed=1, stalled=1)


async def test_a_parent_fails_with_its_child_without_an_attempt(seen: Seen) -> None:
    seen.take(
        event(0, "added", name="parent"),
        event(0, "waiting-children", place=1),
        event(500, "failed", failedReason="child failed", prev="waiting-children"),
    )
    assert seen.point().flow == Flow(added=1, failed=1)
    assert not seen.point().run
    assert not seen.point().wait


async def test_a_parent_waits_from_when_its_children_are_done(seen: Seen) -> None:
    seen.take(
        event(0, "added", name="parent"),
        event(0, "waiting-children", place=1),
        event(5_000, "waiting", prev="waiting-children"),
        event(5_300, "active", prev="waiting"),
    )
    assert about(seen.point().wait.quantile(0.5), 300)


async def test_an_operators_retry_is_no_attempt_in_vain(seen: Seen) -> None:
    seen.take(event(0, "waiting", prev="failed"), event(5, "active", prev="waiting"))
    assert seen.point().flow == Flow(started=1)


async def test_a_job_of_before_is_asked_for_its_name(seen: Seen) -> None:
    seen.past.times[MAIL, "1"] = JobTimes("welcome", START - 2_000, 0, START + 10)
    seen.take(event(10, "active", prev="waiting"))
    await seen.ask()
    seen.take(event(60, "completed", prev="active"))
    assert seen.past.asked == [(MAIL, "1")]
    assert (seen.names()["welcome"].completed, seen.names()["welcome"].run.total) == (1, 1)
    assert about(seen.point().wait.quantile(0.5), 2_010)


async def test_a_job_of_before_that_is_gone_counts_without_a_name(seen: Seen) -> None:
    seen.take(event(10, "completed", prev="active"))
    await seen.ask()
    assert seen.point().flow == Flow(completed=1)
    assert seen.names() == {UNKNOWN_NAME: OfName(completed=1)}
    assert seen.counts.snapshot()[MAIL, UNKNOWN_NAME, "completed"].ended == 1


async def test_more_than_can_be_asked_for_counts_at_once(seen: Seen) -> None:
    seen.take(*(event(10, "completed", str(number), place=number) for number in range(5_000)))
    assert len(seen.asking) == 4_000
    assert seen.names()[UNKNOWN_NAME].completed == 1_000
    await seen.ask()
    assert seen.names()[UNKNOWN_NAME].completed == 5_000


async def test_names_beyond_a_bound_are_others_and_have_room_in_the_next_hour(seen: Seen) -> None:
    def jobs(at_ms: int, names: Iterable[str]) -> list[Event]:
        found = []
        for name in names:
            found += [
                event(at_ms, "added", name, name=name),
                event(at_ms, "active", name),
                event(at_ms + 1, "completed", name),
            ]
        return found

    seen.clock.now = START + 9_000_000
    seen.take(*jobs(0, [f"job-{number}" for number in range(NAMES_A_QUEUE + 10)]))
    assert len(seen.names()) == NAMES_A_QUEUE + 1
    assert seen.names()[OTHER_NAMES].completed == 10
    seen.take(*jobs(3_600_000, ["real"]))
    assert seen.names()["real"].completed == 1


async def test_an_event_of_a_strange_time_counts_as_now(seen: Seen) -> None:
    seen.take(Event(MAIL, f"{2**62}-0", "completed", "1"))
    ((at, _),) = seen.steps.pending(MAIL, 0)
    assert at == seen.clock.now // 10_000 * 10_000


async def test_the_clock_of_the_server_is_brought_to_ours(seen: Seen) -> None:
    seen.observer.shift_ms = 3_600_000
    seen.clock.now = START - 3_600_000 + 5_000
    seen.take(event(0, "added", name="a"), event(0, "waiting"), event(700, "active"), event(800, "completed"))
    ((at, _),) = seen.steps.pending(MAIL, 0)
    assert at == START - 3_600_000
    assert about(seen.point().wait.quantile(0.5), 700)


async def test_a_gap_is_lost_at_its_end(seen: Seen) -> None:
    seen.take(Gap(MAIL, f"{START}-0", f"{START + 12_000}-0", 7), Gap(MAIL, f"{START}-0", f"{START + 12_000}-0"))
    assert seen.point().flow == Flow(lost=8)


async def test_events_of_before_teach_what_is_under_way_and_count_nothing(seen: Seen) -> None:
    seen.observer.recall([event(0, "added", name="welcome"), event(0, "waiting", place=1)], seen.clock.now)
    assert seen.point() == Point(0)
    seen.take(event(500, "active", prev="waiting"), event(600, "completed", prev="active"))
    assert seen.point().flow == Flow(started=1, completed=1)
    assert about(seen.point().wait.quantile(0.5), 500)
    assert seen.names()["welcome"].completed == 1
    assert seen.counts.snapshot()[MAIL, "welcome", "completed"].ended == 1


async def test_strangers_write_what_they_like(seen: Seen) -> None:
    seen.take(
        event(0, ""), event(0, "completed", ""), event(0, "added"), event(0, "tick", value="1"), event(0, "stalled")
    )
    assert seen.point().flow == Flow(added=1, stalled=1)
