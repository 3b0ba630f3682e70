"""Failed jobs in groups of the same error, while they are read."""

import asyncio
import time
from contextlib import aclosing

import pytest

from bulltui.domain.error_groups import MOST_NAMES, OTHER_NAMES, Order, Trend
from bulltui.domain.errors import UnreachableError
from bulltui.domain.fields import RawHash, raw_field
from bulltui.domain.fingerprint import fingerprint
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked
from bulltui.services import grouping as module
from bulltui.services.grouping import Grouping, Step, members
from tests.errors.corpus import failed_jobs
from tests.fake_finder import FakeFinder, Stored

NOW = 1_750_000_000_000
MINUTE = 60_000
MAIL, PAY = QueueRef("bull", "mail"), QueueRef("bull", "pay")


class Clock:
    """Time that passes by itself, and a date that stands still."""

    def now_ms(self) -> int:
        return NOW

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def failed(job_id: str, reason: str, ago_ms: int = 0, name: str = "send", trace: str = "[]") -> Stored:
    raw: RawHash = {"failedReason": raw_field(reason), "stacktrace": raw_field(trace), "name": raw_field(name)}
    return job_id, float(NOW - ago_ms), raw


def finder(mail: list[Stored], pay: list[Stored] | None = None, **more: object) -> FakeFinder:
    jobs = {(MAIL, JobState.FAILED): mail, (PAY, JobState.FAILED): pay or []}
    return FakeFinder(jobs, **more)  # type: ignore[arg-type]


async def all_of(grouping: Grouping) -> list[Step]:
    return [step async for step in grouping.steps()]


MANY = [failed(str(number), f"Order {number} not found", number * MINUTE) for number in range(10)]


class TestGroups:
    async def test_what_is_told_of_a_group(self) -> None:
        mail = [
            failed("3", "Order 3 not found", MINUTE, "send"),
            failed("2", "too slow", 2 * MINUTE),
            failed("1", "Order 1 not found", 90 * MINUTE, "resend"),
        ]
        grouping = Grouping(finder(mail, [failed("9", "Order 77 not found", 30 * MINUTE)]), Clock(), [MAIL, PAY])
        await all_of(grouping)
        first, second = grouping.groups()
        assert (first.fingerprint.title, first.count) == ("Order # not found", 3)
        assert (first.first_at, first.last_at) == (NOW - 90 * MINUTE, NOW - MINUTE)
        assert (first.last_hour, first.hour_before, first.trend) == (2, 1, Trend.STEADY)
        assert (first.sample, first.sample_id, first.sample_ref) == ("Order 3 not found", "3", MAIL)
        assert first.names == {"send": 2, "resend": 1}
        assert first.queues == {MAIL: 2, PAY: 1}
        assert first.ids == {MAIL: ["3", "1"], PAY: ["9"]}
        assert first.complete
        assert first.target == Picked((Jobs(MAIL, ("3", "1"), JobState.FAILED), Jobs(PAY, ("9",), JobState.FAILED)))
        assert grouping.group(second.fingerprint.key) is second
        assert grouping.group("no such") is None

    async def test_the_newest_of_any_queue_is_the_sample(self) -> None:
        grouping = Grouping(
            finder([failed("1", "no 1", 5000)], [failed("2", "no 2", 10), failed("3", "no 3", 20)]),
            Clock(),
            [MAIL, PAY],
        )
        await all_of(grouping)
        assert grouping.groups()[0].sample_id == "2"

    async def test_orders(self) -> None:
        mail = [failed("1", "new one", 0)]
        mail += [failed(f"o{number}", "old one", 300 * MINUTE + number) for number in range(3)]
        mail += [failed(f"g{number}", "gone one", 70 * MINUTE + number) for number in range(2)]
        grouping = Grouping(finder(sorted(mail, key=lambda job: -job[1])), Clock(), [MAIL])
        await all_of(grouping)

        def titles(order: Order) -> list[str]:
            return [group.fingerprint.title.split()[0] for group in grouping.groups(order)]

        assert titles(Order.COUNT) == ["old", "gone", "new"]
        assert titles(Order.LAST) == ["new", "gone", "old"]
        assert titles(Order.TREND) == ["new", "gone", "old"]

    async def test_scores_that_are_no_times(self) -> None:
        mail = [("1", float("inf"), failed("1", "no")[2]), ("2", float("nan"), failed("2", "no")[2])]
        grouping = Grouping(finder(mail), Clock(), [MAIL])
        await all_of(grouping)
        (group,) = grouping.groups()
        assert (group.count, group.first_at, group.last_at, group.sample_id) == (2, None, None, "1")


class TestTrend:
    @pytest.mark.parametrize(
        ("now", "before", "older", "trend"),
        [
            (3, 0, 0, Trend.NEW),
            (3, 0, 2, Trend.GROWING),
            (5, 2, 0, Trend.GROWING),
            (5, 5, 0, Trend.STEADY),
            (2, 1, 0, Trend.STEADY),
            (2, 5, 0, Trend.SHRINKING),
            (0, 5, 0, Trend.GONE),
            (0, 0, 5, Trend.OLD),
        ],
    )
    async def test_the_last_span_against_the_one_before(self, now: int, before: int, older: int, trend: Trend) -> None:
        ages = [1] * now + [11 * MINUTE] * before + [500 * MINUTE] * older
        mail = [failed(str(place), "no", age) for place, age in enumerate(ages)]
        grouping = Grouping(finder(mail), Clock(), [MAIL], compare_ms=10 * MINUTE)
        await all_of(grouping)
        assert grouping.groups()[0].trend is trend

    async def test_a_job_that_fails_meanwhile_is_of_the_last_span(self) -> None:
        grouping = Grouping(finder([failed("1", "no", -5 * MINUTE)]), Clock(), [MAIL])
        await all_of(grouping)
        assert grouping.groups()[0].last_hour == 1


class TestSteps:
    async def test_they_say_how_far_it_is(self) -> None:
        grouping = Grouping(finder(MANY, MANY[:2]), Clock(), [MAIL, PAY], expected={MAIL: 10, PAY: 2})
        steps = await all_of(grouping)
        assert [(step.examined, step.total) for step in steps] == [(3, 12), (6, 12), (9, 12), (10, 12), (12, 12)]
        assert [step.over for step in steps] == [False] * 4 + [True]
        assert steps[0].where == MAIL
        assert steps[-1].where == PAY

    async def test_groups_grow_while_it_goes_on(self) -> None:
        grouping = Grouping(finder(MANY), Clock(), [MAIL])
        counts = [grouping.groups()[0].count async for _ in grouping.steps()]
        assert counts == [3, 6, 9, 10]

    async def test_it_goes_on_where_it_was_left(self) -> None:
        grouping = Grouping(finder(MANY), Clock(), [MAIL])
        async with aclosing(grouping.steps()) as steps:
            async for _ in steps:
                break
        assert grouping.progress.examined == 3
        await all_of(grouping)
        (group,) = grouping.groups()
        assert group.count == 10
        assert group.ids[MAIL] == [str(number) for number in range(10)]
        assert grouping.progress.over

    async def test_it_goes_on_after_an_error(self) -> None:
        broken = finder(MANY, error=UnreachableError("gone"), error_after=2)
        grouping = Grouping(broken, Clock(), [MAIL])
        with pytest.raises(UnreachableError):
            await all_of(grouping)
        assert not grouping.progress.over
        await all_of(grouping)
        assert grouping.groups()[0].ids[MAIL] == [str(number) for number in range(10)]

    async def test_a_cancelled_one_loses_and_doubles_nothing(self) -> None:
        mail = [failed(str(number), f"no {number} of {'x' * 200}") for number in range(3000)]
        grouping = Grouping(finder(mail, most=1000), Clock(), [MAIL])
        for _ in range(20):
            task = asyncio.create_task(all_of(grouping))
            await asyncio.sleep(0.005)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await all_of(grouping)
        ids = [one for group in grouping.groups() for one in group.ids[MAIL]]
        assert sorted(ids, key=int) == [str(number) for number in range(3000)]

    async def test_no_queues(self) -> None:
        grouping = Grouping(finder([]), Clock(), [])
        assert await all_of(grouping) == []
        assert grouping.progress.over

    async def test_the_loop_is_free_every_few_ms(self) -> None:
        mail = [failed(str(place), job.reason, trace=job.stacktrace) for place, job in enumerate(failed_jobs(6000))]
        grouping = Grouping(finder(mail, most=2000), Clock(), [MAIL])
        gaps: list[float] = []

        async def watch() -> None:
            while True:
                before = time.thread_time()
                await asyncio.sleep(0)
                gaps.append(time.thread_time() - before)

        watching = asyncio.create_task(watch())
        await all_of(grouping)
        watching.cancel()
        assert len(gaps) > 10
        assert sorted(gaps)[int(len(gaps) * 0.9)] < 0.012


class TestBounds:
    async def test_only_what_failed_lately(self) -> None:
        found = finder(MANY)
        grouping = Grouping(found, Clock(), [MAIL], since_ms=4 * MINUTE)
        await all_of(grouping)
        assert grouping.groups()[0].count == 5
        assert found.probes[0].low == NOW - 4 * MINUTE
        assert (grouping.progress.examined, grouping.progress.total) == (5, 5)

    async def test_only_so_many_ids_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_IDS", 4)
        found = finder(MANY)
        grouping = Grouping(found, Clock(), [MAIL])
        await all_of(grouping)
        (group,) = grouping.groups()
        assert (group.count, group.kept, group.complete) == (10, 4, False)
        assert group.ids == {MAIL: ["0", "1", "2", "3"]}
        key = group.fingerprint.key
        parts = [part async for part in members(found, Clock(), [MAIL, PAY], key)]
        assert [job.id for _, jobs in parts for job in jobs] == [str(number) for number in range(10)]
        assert sum(examined for examined, _ in parts) == 10

    async def test_only_so_many_groups(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_GROUPS", 2)
        mail = [failed(str(place), text) for place, text in enumerate(["a", "b", "c", "a", "d"])]
        grouping = Grouping(finder(mail), Clock(), [MAIL])
        await all_of(grouping)
        assert sorted(group.fingerprint.title for group in grouping.groups())[1:] == ["a", "b"]
        assert grouping.groups()[0].fingerprint is module.OTHERS or grouping.groups()[1].fingerprint is module.OTHERS
        assert sum(group.count for group in grouping.groups()) == 5

    async def test_only_so_many_names(self) -> None:
        mail = [failed(str(number), "no", name=f"n{number}") for number in range(MOST_NAMES + 5)]
        grouping = Grouping(finder(mail, most=100), Clock(), [MAIL])
        await all_of(grouping)
        names = grouping.groups()[0].names
        assert len(names) == MOST_NAMES + 1
        assert names[OTHER_NAMES] == 5

    async def test_ids_without_a_job_and_jobs_too_large_are_counted(self) -> None:
        found = finder([failed("1", "no"), ("2", float(NOW), {})], unread=("9",))
        grouping = Grouping(found, Clock(), [MAIL])
        await all_of(grouping)
        assert (grouping.progress.missing, grouping.progress.unread) == (1, 1)
        assert [group.count for group in grouping.groups()] == [1]

    async def test_members_lately(self) -> None:
        key = fingerprint("Order 1 not found", "[]").key
        parts = [jobs async for _, jobs in members(finder(MANY), Clock(), [MAIL], key, since_ms=MINUTE)]
        assert [job.id for jobs in parts for job in jobs] == ["0", "1"]
