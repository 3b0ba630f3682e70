"""A search through the jobs of queues on a real server."""

from typing import Any

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.services.search import Source
from bulltui.store.reader import RedisReader
from tests.store.finding import matched, put, searching, steps_of
from tests.store.support import MAIL

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
