"""An export on a real server that is stopped, while jobs come, go and move, and gone on with by another process."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bulltui.domain.export_mark import Mark
from bulltui.domain.export_rows import Format
from bulltui.domain.query.parsing import parse
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.services.clock import SystemClock
from bulltui.services.export import Export, Selection
from bulltui.services.request import Cancel
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.store.finding import NOW, place, put
from tests.store.support import MAIL

STATES = (JobState.FAILED, JobState.WAITING, JobState.COMPLETED)


class Memory:
    """Keeps what is written, and asks to stop after so many pieces."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.text = b""
        self.marks: list[Mark] = []
        self.cancel = Cancel()
        self.whole = False
        self._stop_after = stop_after

    async def write(self, content: bytes, mark: Mark) -> None:
        self.text += content
        self.marks.append(mark)
        if len(self.marks) > self._stop_after:
            self.cancel.ask()

    async def finish(self, content: bytes) -> None:
        self.text += content
        self.whole = True

    @property
    def ids(self) -> list[str]:
        return [json.loads(line)["id"] for line in self.text.splitlines()]


def exporting(reader: RedisReader, selection: Selection, *, before: Memory | None = None) -> Export:
    """An export, or one that goes on behind another one."""
    written = b"" if before is None else b"".join(mark.digests for mark in before.marks)
    after = None if before is None else before.marks[-1]
    finder = RedisFinder(reader.calls)
    return Export(finder, reader, SystemClock(), selection, Format.JSONL, after=after, written=written)


def fill(raw: Any, jobs: int) -> None:
    with raw.pipeline(transaction=False) as pipe:
        for state in STATES:
            for number in range(jobs):
                put(pipe, state, f"{state}-{number}", NOW + number, timestamp=NOW, data=f'{{"n":{number}}}')
        pipe.execute()


async def test_all_states_with_every_job_once(reader: RedisReader, raw: Any) -> None:
    fill(raw, 700)
    memory = Memory()
    ended = await exporting(reader, Selection((MAIL,), STATES)).run(memory)
    assert (ended.mark.jobs, ended.stopped, memory.whole) == (2100, False, True)
    assert len(memory.ids) == len(set(memory.ids)) == 2100
    assert json.loads(memory.text.splitlines()[0])["data"] == {"n": 699}


@pytest.mark.parametrize("stop_after", [1, 4])
async def test_stopped_and_gone_on_with_while_jobs_move(reader: RedisReader, raw: Any, stop_after: int) -> None:
    fill(raw, 600)
    selection = Selection((MAIL,), STATES)
    first = Memory(stop_after)
    ended = await exporting(reader, selection).run(first, cancel=first.cancel)
    assert (ended.stopped, first.whole, ended.total) == (True, False, 1800)
    written = set(first.ids)

    stayed = {f"{state}-{number}" for state in STATES for number in range(600)}
    for state in (JobState.FAILED, JobState.COMPLETED):
        for number in range(0, 600, 7):  # some are gone, the one that was met last among them or not
            raw.zrem(f"bull:mail:{state}", f"{state}-{number}")
            raw.delete(f"bull:mail:{state}-{number}")
            stayed.discard(f"{state}-{number}")
        for number in range(600, 650):  # and there are new ones
            put(raw, state, f"{state}-{number}", NOW + number)
    for number in range(1, 600, 7):  # some failed ones are retried, after they were written or before
        raw.zrem("bull:mail:failed", f"failed-{number}")
        place(raw, JobState.WAITING, f"failed-{number}")
        stayed.discard(f"failed-{number}")
    for number in range(50):  # some waiting ones are taken
        raw.rpop("bull:mail:wait")
        place(raw, JobState.COMPLETED, f"waiting-{number}", NOW + 5000)
        stayed.discard(f"waiting-{number}")

    second = Memory()
    ended = await exporting(reader, selection, before=first).run(second)
    assert not written & set(second.ids), "written twice"
    assert len(second.ids) == len(set(second.ids))
    assert stayed <= written | set(second.ids), "missed, though it stayed"
    assert ended.mark.jobs == len(first.ids) + len(second.ids)


async def test_a_stop_in_the_middle_of_a_look(reader: RedisReader, raw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where much is to be written a mark has no spot behind it: what was written is known by its digests."""
    monkeypatch.setattr("bulltui.services.export.PIECE", 500)
    fill(raw, 100)
    selection = Selection((MAIL,), (JobState.FAILED,))
    first = Memory(3)
    await exporting(reader, selection).run(first, cancel=first.cancel)
    assert 0 < len(first.ids) < 30
    second = Memory()
    await exporting(reader, selection, before=first).run(second)
    assert sorted(first.ids + second.ids) == sorted(f"failed-{number}" for number in range(100))


async def test_matches_of_a_query_in_a_range_of_time(reader: RedisReader, raw: Any) -> None:
    fill(raw, 600)
    query = parse(f"data.n>100 failed:{NOW + 90}..{NOW + 400}", NOW + 1000)
    first = Memory(1)
    await exporting(reader, Selection((MAIL,), (), query)).run(first, cancel=first.cancel)
    second = Memory()
    ended = await exporting(reader, Selection((MAIL,), (), query), before=first).run(second)
    assert first.ids + second.ids == [f"failed-{number}" for number in range(400, 100, -1)]
    assert ended.mark.examined == ended.total == 311


async def test_jobs_by_their_ids_in_this_order(reader: RedisReader, raw: Any) -> None:
    fill(raw, 50)
    named = Jobs(MAIL, (*(f"failed-{number}" for number in range(45)), "none", "waiting-3", "failed-1"))
    first = Memory(1)
    await exporting(reader, Selection((MAIL,), jobs=(named,))).run(first, cancel=first.cancel)
    second = Memory()
    ended = await exporting(reader, Selection((MAIL,), jobs=(named,)), before=first).run(second)
    assert first.ids + second.ids == [*(f"failed-{number}" for number in range(45)), "waiting-3"]
    assert (ended.mark.missing, ended.missing) == (1, ("none",))
    assert '"state":"waiting"' in second.text.splitlines()[-1].decode()


async def test_fields_of_any_size_come_whole(reader: RedisReader, raw: Any) -> None:
    large = {"middling": 300_000, "large": 3_000_000}
    for number, (job_id, size) in enumerate(large.items()):
        put(raw, JobState.FAILED, job_id, NOW + number, data='"' + "x" * size + '"', returnvalue='"' + "y" * size + '"')
    for selection in (
        Selection((MAIL,), (JobState.FAILED,)),
        Selection((MAIL,), jobs=(Jobs(MAIL, ("large", "middling")),)),
    ):
        memory = Memory()
        ended = await exporting(reader, selection).run(memory)
        assert ended.mark == replace(ended.mark, cut=0, inexact=0, jobs=2)
        found = {job["id"]: job for job in map(json.loads, memory.text.splitlines())}
        assert {job_id: len(job["data"]) for job_id, job in found.items()} == large
        assert {job_id: len(job["returnvalue"]) for job_id, job in found.items()} == large


async def test_ids_without_a_hash_and_queues_that_are_gone(reader: RedisReader, raw: Any) -> None:
    fill(raw, 1)
    place(raw, JobState.FAILED, "ghost", NOW + 5)
    memory = Memory()
    selection = Selection((replace(MAIL, name="gone"), MAIL), (JobState.FAILED,))
    await exporting(reader, selection).run(memory)
    ghost, job = map(json.loads, memory.text.splitlines())
    assert (ghost["id"], ghost["missing"], job["id"]) == ("ghost", True, "failed-0")
