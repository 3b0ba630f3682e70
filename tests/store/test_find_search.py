"""A search through the jobs of queues on a real server."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import UnreachableError
from bulltui.domain.fields import raw_field
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import READABLE, Candidate, Look, Probe
from bulltui.domain.states import JobState
from bulltui.services.search import Search, Source, Step
from bulltui.store.calls import Calls
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.own_time import own_time
from tests.store.finding import NOW, matched, put, searching, steps_of
from tests.store.support import MAIL, reading

PAY = QueueRef("bull", "pay")


async def test_every_state_is_looked_through_those_that_failed_first(reader: RedisReader, raw: Any) -> None:
    for number, state in enumerate(JobState):
        if state is not JobState.UNKNOWN:
            put(raw, state, f"in-{state}", 5_000 + number, data='{"to":"ann@example.com"}')
            put(raw, state, f"other-{state}", 6_000 + number, data='{"to":"bob"}')
    steps = await steps_of(searching(reader, "data:ann@"))
    order = ["failed", "active", "waiting", "paused", "prioritized", "delayed", "waiting-children", "completed"]
    assert matched(steps) == [f"in-{state}" for state in order]
    last = steps[-1]
    assert (last.over, last.full, last.examined, last.total, last.unread) == (True, False, 16, 16, 0)
    assert last.source is (Source.CLIENT if reader.scripts_allowed is False else Source.SERVER)


async def test_the_failed_of_all_queues_come_before_what_waits_in_any(reader: RedisReader, raw: Any) -> None:
    for queue in ("bull:mail", "bull:pay"):
        put(raw, JobState.WAITING, "w", 1, queue=queue, data='{"to":"ann@example.com"}')
        put(raw, JobState.FAILED, "f", 1, queue=queue, data='{"to":"ann@example.com"}')
    steps = await steps_of(searching(reader, "data:ann@", [MAIL, PAY]))
    found = [(match.ref, match.job.id) for step in steps for match in step.matches]
    assert found == [(MAIL, "f"), (PAY, "f"), (MAIL, "w"), (PAY, "w")]


async def test_an_exact_id_is_told_before_anything_is_looked_through(reader: RedisReader, raw: Any) -> None:
    for number in range(100):
        put(raw, JobState.COMPLETED, f"{number}", number, data=f'{{"about":"{number}"}}')
    put(raw, JobState.FAILED, "42", 1, queue="bull:pay", failedReason="no money")
    steps = await steps_of(searching(reader, "42", [MAIL, PAY]))
    first = steps[0].matches
    assert steps[0].examined == 0
    assert [(match.ref, match.job.id) for match in first] == [(MAIL, "42")]
    found = [(match.ref, match.job.id, match.job.state) for step in steps for match in step.matches]
    assert found == [(MAIL, "42", JobState.COMPLETED), (PAY, "42", JobState.FAILED)]


async def test_id_alone_is_no_scan(reader: RedisReader, raw: Any) -> None:
    for number in range(10):
        put(raw, JobState.COMPLETED, f"{number}", number)
    steps = await steps_of(searching(reader, "id:7"))
    assert (matched(steps), steps[-1].examined, steps[-1].over) == (["7"], 0, True)


async def test_it_keeps_its_place_when_one_stops_looking(reader: RedisReader, raw: Any) -> None:
    for number in range(1_500):
        put(raw, JobState.COMPLETED, f"{number}", number, data='{"to":"ann"}' if number % 250 == 7 else "{}")
    search = searching(reader, "data:ann")
    seen: list[Step] = []
    for _ in range(50):
        async with aclosing(search.steps()) as steps:
            async for step in steps:
                seen.append(step)
                break
        if seen[-1].over:
            break
    assert matched(seen) == ["1257", "1007", "757", "507", "257", "7"]
    assert (seen[-1].over, seen[-1].examined, seen[-1].total) == (True, 1_500, 1_500)
    assert all(step.examined <= step.total for step in seen)


async def test_it_ends_when_as_many_are_found_as_were_wanted(reader: RedisReader, raw: Any) -> None:
    for number in range(1_000):
        put(raw, JobState.COMPLETED, f"{number}", number)
    steps = await steps_of(searching(reader, "name:job", limit=20))
    assert matched(steps) == [f"{number}" for number in range(999, 979, -1)]
    assert (steps[-1].over, steps[-1].full) == (True, True)
    assert steps[-1].examined < steps[-1].total


async def test_only_the_states_asked_for(reader: RedisReader, raw: Any) -> None:
    for state in (JobState.FAILED, JobState.COMPLETED, JobState.WAITING):
        put(raw, state, f"in-{state}", 1, data="needle")
    assert matched(await steps_of(searching(reader, "needle", states=[JobState.WAITING]))) == ["in-waiting"]
    steps = await steps_of(searching(reader, "needle state:failed,waiting"))
    assert (matched(steps), steps[-1].total) == (["in-failed", "in-waiting"], 2)


async def test_times_of_finished_jobs_need_no_scan(reader: RedisReader, raw: Any) -> None:
    hour = 3_600_000
    for number in range(500):
        at = NOW - number * hour - 60_000
        put(raw, JobState.FAILED, f"{number}", at, finishedOn=at)
    steps = await steps_of(searching(reader, "failed:<3h"))
    assert matched(steps) == ["0", "1", "2"]
    assert steps[-1].examined == steps[-1].total == 3


async def test_a_state_that_cannot_be_looked_into_is_told_and_passed_over(reader: RedisReader, raw: Any) -> None:
    put(raw, JobState.FAILED, "a", 1, data="needle")
    put(raw, JobState.COMPLETED, "b", 1, data="needle")
    search = searching(reader, "data:needle", finder=Spoiling(reader.calls, raw))
    assert matched(await steps_of(search)) == ["b"]
    assert len(search.problems) == 1
    assert "bull:mail:failed" in search.problems[0]


class Spoiling(RedisFinder):
    """Before it looks another program takes a key."""

    def __init__(self, calls: Calls, raw: Any) -> None:
        super().__init__(calls)
        self.raw = raw

    async def look(self, probe: Probe) -> Look:
        if probe.state is JobState.FAILED:
            self.raw.delete("bull:mail:failed")
            self.raw.set("bull:mail:failed", "mine")
        return await super().look(probe)


async def test_jobs_too_large_to_be_looked_into_are_counted(reader: RedisReader, raw: Any) -> None:
    put(raw, JobState.COMPLETED, "large", 3, data=f'"needle{"x" * READABLE}"', name="big")
    put(raw, JobState.COMPLETED, "small", 2, data='"needle"')
    steps = await steps_of(searching(reader, "needle"))
    assert (matched(steps), steps[-1].unread) == (["small"], 1)
    assert (await steps_of(searching(reader, "name:small")))[-1].unread == 0
    for text, expected in (("name:big", ["large"]), ("-data:needle", []), ("name:big OR data:none", ["large"])):
        assert matched(await steps_of(searching(reader, text))) == expected, text
    assert (await steps_of(searching(reader, "-data:needle")))[-1].unread == 1


async def test_an_error_ends_the_steps_and_new_ones_go_on(server: EmbeddedServer, raw: Any) -> None:
    for number in range(400):
        put(raw, JobState.COMPLETED, f"{number}", number, data="needle" if number in (7, 390) else "{}")
    async with reading(url_for(server)) as reader:
        search = searching(reader, "data:needle", finder=Faulty(reader.calls))
        seen: list[Step] = []
        with pytest.raises(UnreachableError):
            await until_it_fails(search, seen)
        assert matched(seen) == ["390"]
        seen += await steps_of(search)
        assert matched(seen) == ["390", "7"]
        assert (seen[-1].examined, seen[-1].total, seen[-1].over) == (400, 400, True)


async def until_it_fails(search: Search, seen: list[Step]) -> None:
    async for step in search.steps():
        seen += [step]


class Faulty(RedisFinder):
    """It looks at a hundred jobs at once, and the third look fails."""

    looks = 0

    async def look(self, probe: Probe) -> Look:
        self.looks += 1
        if self.looks == 3:
            raise UnreachableError("gone")
        return await super().look(replace(probe, limit=100))


async def test_many_queues(reader: RedisReader, raw: Any) -> None:
    refs = [QueueRef("bull", f"q{number:03}") for number in range(120)]
    for ref in refs:
        put(raw, JobState.WAITING, "w", 1, ref.key, data="needle" if ref.name == "q077" else "{}")
        put(raw, JobState.FAILED, "f", 1, ref.key, data="needle" if ref.name == "q078" else "{}")
    steps = await steps_of(searching(reader, "data:needle", refs))
    assert [(match.ref.name, match.job.id) for step in steps for match in step.matches] == [
        ("q078", "f"),
        ("q077", "w"),
    ]
    assert (steps[-1].examined, steps[-1].total) == (240, 240)
    named = await steps_of(searching(reader, "data:needle queue:q07?", refs))
    assert (len(matched(named)), named[-1].total) == (2, 20)


# --- while jobs move


async def test_no_job_that_stayed_is_missed_and_none_told_twice(reader: RedisReader, raw: Any) -> None:
    """Jobs are added, taken, finished and removed between the looks, as a busy queue does."""
    states = (JobState.WAITING, JobState.COMPLETED, JobState.DELAYED, JobState.FAILED)
    with raw.pipeline(transaction=False) as pipe:
        for state in states:
            for number in range(600):
                put(pipe, state, f"{state}-{number:04}", 10_000 + number // 3, data="needle")
        pipe.execute()
    dice = random.Random(7)
    gone: set[str] = set()

    class Moving(RedisFinder):
        async def look(self, probe: Probe) -> Look:
            found = await super().look(replace(probe, limit=dice.randint(1, 40)))
            for _ in range(dice.randint(0, 6)):
                stir()
            return found

    def stir() -> None:
        number = dice.randint(0, 599)
        match dice.randint(0, 5):
            case 0:
                put(raw, JobState.WAITING, f"new-{dice.random()}", data="needle")
            case 1:
                taken = raw.rpop("bull:mail:wait")
                if taken:
                    gone.add(taken.decode())
                    raw.zadd("bull:mail:completed", {taken: 20_000})
            case 2:
                one = f"completed-{number:04}"
                gone.add(one)
                raw.zrem("bull:mail:completed", one)
                raw.delete(f"bull:mail:{one}")
            case 3:
                one = f"delayed-{number:04}"
                gone.add(one)
                if raw.zrem("bull:mail:delayed", one):
                    raw.lpush("bull:mail:wait", one)
            case 4:
                one = f"waiting-{number:04}"
                gone.add(one)
                raw.lrem("bull:mail:wait", 1, one)
            case _:
                put(raw, JobState.WAITING, f"urgent-{dice.random()}", data="needle")
                raw.lmove("bull:mail:wait", "bull:mail:wait", "LEFT", "RIGHT")

    steps = await steps_of(searching(reader, "data:needle", limit=100_000, finder=Moving(reader.calls)))
    found = matched(steps)
    assert len(found) == len(set(found))
    stayed = {f"{state}-{number:04}" for state in states for number in range(600)} - gone
    assert len(stayed) > 1_000
    assert stayed <= set(found)
    assert all(step.examined <= step.total for step in steps)


async def held(search: Search) -> tuple[list[str], float]:
    """What a search finds, and for how long (s) it held the loop at most."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = own_time()
            await asyncio.sleep(0)
            longest = max(longest, own_time() - before)

    watching = asyncio.create_task(watch())
    steps = await steps_of(search)
    watching.cancel()
    return matched(steps), longest


async def test_the_loop_is_free_while_many_hits_are_checked(scripted: RedisReader, raw: Any) -> None:
    with raw.pipeline(transaction=False) as pipe:
        for number in range(2_500):
            put(pipe, JobState.COMPLETED, f"{number}", number, data=f'{{"user":{{"id":{number}}}}}')
        pipe.execute()
    best = 1e9
    for _ in range(3):
        found, longest = await held(searching(scripted, "data.user.id>=0"))
        assert len(found) == 2_500
        best = min(best, longest)
    assert best < 0.02


async def test_the_loop_is_free_while_large_jobs_are_checked(scripted: RedisReader, raw: Any) -> None:
    dice = random.Random(1)
    put(raw, JobState.COMPLETED, "1", 1, data="".join(dice.choices("abcdefgh ", k=1_000_000)))
    best = 1e9
    for _ in range(3):
        found, longest = await held(searching(scripted, "/(a|b)[^c]{60}d[^e]{60}f/i"))
        assert found == []
        best = min(best, longest)
    assert best < 0.1


class Indexed:
    """An index of one queue that is fresh, and finds too much."""

    async def _of_mail(self) -> AsyncIterator[Look]:
        for job_id, data in (("a", "needle"), ("b", "hay")):
            found = Candidate(MAIL, job_id, JobState.FAILED, 1.0, {"data": raw_field(data)})
            yield Look(1, 2, (found,), None)

    async def looks(self, query: Query, ref: QueueRef, states: Sequence[JobState]) -> AsyncIterator[Look] | None:
        return self._of_mail() if ref == MAIL else None


async def test_a_fresh_index_answers_for_its_queue_and_is_checked(scripted: RedisReader, raw: Any) -> None:
    put(raw, JobState.FAILED, "not-looked-at", 1, data="needle")
    put(raw, JobState.FAILED, "c", 1, "bull:pay", data="needle")
    steps = await steps_of(searching(scripted, "data:needle", [MAIL, PAY], index=Indexed()))
    found = [(match.ref, match.job.id) for step in steps for match in step.matches]
    assert found == [(MAIL, "a"), (PAY, "c")]
    assert {step.source for step in steps} <= {Source.INDEX, Source.SERVER}
    assert (steps[-1].examined, steps[-1].total) == (3, 3)
