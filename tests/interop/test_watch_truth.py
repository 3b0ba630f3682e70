"""What is recorded of a queue is what its worker did, over restarts, trimmed events, and queues that begin anew."""

import asyncio
from collections.abc import Iterator

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.point import UNKNOWN_NAME
from tests.interop.support import require_node
from tests.interop.watched import Recording, agrees, flows, near, told, working
from tests.thorough import tried

pytestmark = pytest.mark.interop

JOBS = tried(3_000, 120)
LIBRARIES = tried(["3", "4", "5", "6"], ["6"])


@pytest.fixture
def url() -> Iterator[str]:
    """A server of the test's own."""
    require_node()
    with EmbeddedServer() as server:
        yield server.url


@pytest.mark.quiet  # what Node says of its times is said before and after what the server says of them
@pytest.mark.parametrize("library", LIBRARIES)
async def test_jobs_and_durations_over_a_restart(url: str, library: str) -> None:
    recording = Recording(url)
    async with working(library, url) as worker:
        async with recording.on():
            await worker(jobs=JOBS)
            await asyncio.sleep(0.3)
        await asyncio.sleep(0.3)
        async with recording.on():
            await worker(quiet=True)
        truth = await worker(tell=True)
    point = recording.total
    assert flows(point) == told(truth)
    assert (point.flow.lost, point.flow.estimated) == (0, 0)
    agrees(point.wait, truth["wait"])
    agrees(point.run, truth["run"])
    names = {name: one for (_, name), one in recording.store.of_names.items()}
    assert names.keys() - {UNKNOWN_NAME} == truth["names"].keys()
    for name, one in truth["names"].items():
        assert near(names[name].completed, one["completed"])
        agrees(names[name].run, one["run"])
    ended = sum(one.ended for one in recording.totals.jobs.values())
    assert 0 < ended <= truth["completed"] + truth["failed"]  # of what ended while a process watched
    assert recording.problems == ()


@pytest.mark.parametrize("library", tried(["5", "6"], ["6"]))
async def test_events_that_were_trimmed_unread_are_lost_and_made_up_for(url: str, library: str) -> None:
    recording = Recording(url)
    async with working(library, url, "--metrics", "--keep") as worker:
        async with recording.on():
            await worker.work(20)  # until a job ended, nobody can know that metrics are kept
        async with recording.on():
            await worker(trim=5)
            await worker.work(JOBS)
            await worker(trim=0)
            await worker.work(20)
        truth = await worker(tell=True)
    flow = recording.total.flow
    assert flow.lost > 0
    assert flow.estimated > 0
    for name in ("added", "completed", "failed"):
        assert near(getattr(flow, name), truth[name]), name


@pytest.mark.parametrize("library", tried(["5", "6"], ["5"]))
async def test_a_queue_that_begins_anew_is_neither_negative_nor_counted_twice(url: str, library: str) -> None:
    recording = Recording(url)
    jobs = JOBS // 3
    async with working(library, url, "--metrics", "--keep") as worker, recording.on() as recorder:
        await worker.work(jobs)
        await recording.ended(
            recorder, jobs
        )  # what nobody has read yet is gone with its stream, and no counter is left to tell
        await worker(obliterate=True)
        await worker.work(jobs // 2)
        await recording.ended(recorder, jobs + jobs // 2)
        await worker(flush=True)
        await worker.work(jobs // 2)
        await recording.ended(recorder, jobs + jobs // 2 * 2)
        truth = await worker(tell=True)
    for written in recording.store.writes:
        assert all(number >= 0 for point in written.points.values() for number in flows(point).values())
    assert flows(recording.total) == told(truth)


async def test_without_events_jobs_are_counted_by_metrics(url: str) -> None:
    recording = Recording(url, events=False)
    async with working("6", url, "--metrics") as worker:
        await worker.work(20)
        before = await worker(tell=True)
        async with recording.on():
            await worker.work(JOBS)
        truth = await worker(tell=True)
    flow = recording.total.flow
    assert flow.estimated == flow.completed + flow.failed
    for name in ("added", "completed", "failed"):
        assert near(getattr(flow, name), truth[name] - before[name]), name
