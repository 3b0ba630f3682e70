"""Times of jobs as each library writes them, of jobs that are gone, and of what strangers left."""

import pytest
from redis import Redis

from bulltui.domain.job_times import Ended, EndedJobs, JobTimes
from bulltui.domain.states import JobState
from bulltui.store.job_times import RedisPast
from bulltui.store.reader import RedisReader
from tests.store.support import MAIL

AT = 1_800_000_000_000


def put(raw: Redis, job_id: str, **fields: object) -> None:
    raw.hset(f"bull:mail:{job_id}", mapping={name: str(value) for name, value in fields.items()})


async def test_a_job_that_ended(reader: RedisReader, raw: Redis) -> None:
    put(raw, "1", name="welcome", timestamp=AT, delay=0, processedOn=AT + 700, finishedOn=AT + 900, atm=1)
    put(
        raw,
        "2",
        name="welcome",
        timestamp=AT,
        processedOn=AT + 700,
        finishedOn=AT + 900,
        attemptsMade=3,
        failedReason="x",
    )
    first, second, gone = await RedisPast(reader.calls).job_times([(MAIL, "1"), (MAIL, "2"), (MAIL, "3")])
    assert first == JobTimes("welcome", AT, 0, AT + 700, AT + 900, 1)
    assert (first.wait_ms, first.run_ms) == (700, 200)
    assert second is not None
    assert (second.wait_ms, second.run_ms, second.attempts, second.failed) == (None, 200, 3, True)
    assert gone is None


@pytest.mark.parametrize("options", ['{"delay":500}', '{"delay":500.0,"attempts":2}'])
async def test_a_delay_that_only_the_options_remember(reader: RedisReader, raw: Redis, options: str) -> None:
    put(raw, "1", name="a", timestamp=AT, delay=0, opts=options, processedOn=AT + 700, finishedOn=AT + 900, atm=1)
    (found,) = await RedisPast(reader.calls).job_times([(MAIL, "1")])
    assert found is not None
    assert found.wait_ms == 200


@pytest.mark.parametrize(
    "options", ['{"delay":', '{"delay":"soon"}', '["delay"]', '{"delay":-5}', '{"delay":' + "9" * 400 + "}"]
)
async def test_options_and_times_of_strangers(reader: RedisReader, raw: Redis, options: str) -> None:
    put(raw, "1", name="a", timestamp="soon", delay="9" * 30, opts=options, processedOn=-4, finishedOn="")
    raw.set("bull:mail:2", "text")
    raw.hset("bull:mail:3", "color", "blue")
    first, text, other = await RedisPast(reader.calls).job_times([(MAIL, "1"), (MAIL, "2"), (MAIL, "3")])
    assert first == JobTimes("a")
    assert text is None
    assert other is None


async def test_what_is_large_is_not_read(reader: RedisReader, raw: Redis) -> None:
    put(raw, "1", name="n" * 100_000, timestamp=AT, opts='{"delay":5}' + " " * 100_000, failedReason="f" * 100_000)
    raw.config_resetstat()
    before = raw.info("stats")["total_net_output_bytes"]
    (found,) = await RedisPast(reader.calls).job_times([(MAIL, "1")])
    assert raw.info("stats")["total_net_output_bytes"] - before < 20_000
    assert found is not None
    assert (found.name, found.delay_ms, found.failed) == ("", 0, True)


async def test_the_newest_that_ended(reader: RedisReader, raw: Redis) -> None:
    raw.zadd("bull:mail:completed", {f"{number}": AT + number for number in range(120)})
    put(raw, "119", name="a", timestamp=AT, processedOn=AT + 100, finishedOn=AT + 119, atm=1)
    past = RedisPast(reader.calls)
    found = await past.newest_ended(MAIL, JobState.COMPLETED, 3)
    assert found.jobs[0] == Ended(AT + 119, JobTimes("a", AT, 0, AT + 100, AT + 119, 1))
    assert [one.at_ms - AT for one in found.jobs] == [119, 118, 117]
    assert not found.all_of_them
    assert (await past.newest_ended(MAIL, JobState.COMPLETED, 120)).all_of_them
    assert len((await past.newest_ended(MAIL, JobState.COMPLETED, 500)).jobs) == 120
    assert await past.newest_ended(MAIL, JobState.FAILED, 5) == EndedJobs()
    raw.set("bull:mail:failed", "text")
    assert await past.newest_ended(MAIL, JobState.FAILED, 5) == EndedJobs()
