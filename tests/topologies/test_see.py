"""What is seen is the same on every kind of server."""

import asyncio
import base64
from collections.abc import Mapping, Sequence

from redis import Redis

from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.worker import assign
from bulltui.wiring import Runtime
from tests.topologies.filling import COUNTS, T
from tests.topologies.places import Place

MAIL = QueueRef("bull", "{mail}")


def pay(place: Place) -> QueueRef:
    """The queue with a bit of everything."""
    return QueueRef(place.prefix, "pay")


def refs(place: Place) -> list[QueueRef]:
    """All queues of the place."""
    return [pay(place), QueueRef(place.prefix, "shop"), MAIL]


ORDER = {
    JobState.WAITING: ["w1", "w2", "w3", "w4", "w5", "child", "leaf"],
    JobState.ACTIVE: ["held", "stuck"],
    JobState.PRIORITIZED: ["p1", "p2", "p3"],
    JobState.DELAYED: [f"repeat:night:{T}", "d1", "d2", "d3"],
    JobState.WAITING_CHILDREN: ["middle"],
    JobState.COMPLETED: [f"c{number}" for number in range(1, 6)],
    JobState.FAILED: [f"f{number}" for number in range(1, 10)],
}
"""The jobs of `pay`, those first that came first."""


async def test_queues_are_found_and_counted(place: Place, runtime: Runtime) -> None:
    found = [ref async for step in runtime.reader.discover(place.prefixes) for ref in step.refs]
    assert sorted(found, key=str) == sorted(refs(place), key=str)
    of_pay, shop, mail = await runtime.reader.counts(refs(place))
    assert {state: of_pay.counts.of(JobState(state)) for state in COUNTS} == COUNTS
    assert (shop.counts.waiting_children, mail.counts.waiting, mail.counts.failed) == (1, 3, 3)
    assert not of_pay.paused


async def test_a_refresh_shows_all_of_it(place: Place, runtime: Runtime) -> None:
    seen: dict[QueueRef, int] = {}
    whole = asyncio.Event()
    wanted = dict(zip(refs(place), (9, 0, 3), strict=True))

    def look(snapshot: Snapshot) -> None:
        seen.update({row.queue.ref: row.queue.counts.failed for row in snapshot.rows})
        if seen == wanted and snapshot.server is not None:
            whole.set()

    runtime.bus.subscribe(look)
    polling = asyncio.create_task(runtime.poller.run())
    try:
        async with asyncio.timeout(10):
            await whole.wait()
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


async def test_pages_in_both_orders(place: Place, runtime: Runtime) -> None:
    for state, oldest in ORDER.items():
        for oldest_first, wanted in ((True, oldest), (False, oldest[::-1])):
            seen: list[str] = []
            while len(seen) < len(wanted):
                page = await runtime.reader.page(pay(place), state, len(seen), 3, oldest_first=oldest_first)
                assert page.total == len(wanted)
                assert page.jobs, f"{state} ends at {seen}"
                seen += [job.id for job in page.jobs]
            assert sorted(seen) == sorted(wanted)
            if state not in (JobState.WAITING, JobState.ACTIVE):
                assert seen == wanted, state
    page = await runtime.reader.page(pay(place), JobState.FAILED, 0, 2, anchor=Anchor("f5", 0))
    assert page.jobs[0].id == "f5"


async def test_a_job_with_its_logs(place: Place, runtime: Runtime) -> None:
    job = await runtime.reader.job(pay(place), "f1")
    assert job is not None
    assert (job.id, job.name, job.failed_reason) == ("f1", "charge", "card 14242 declined")
    logs = await runtime.reader.logs(pay(place), "f1", 1, 5)
    assert (logs.total, logs.lines) == (3, ("two", "three"))
    assert await runtime.reader.field(pay(place), "f1", "data") == b'{"to":"ann","amount":5}'
    assert await runtime.reader.job(pay(place), "none") is None
    (several,) = await runtime.reader.jobs(MAIL, ["n2"], state=JobState.FAILED, cap=1_000)
    assert several.id == "n2"


async def test_schedulers(place: Place, runtime: Runtime) -> None:
    page = await runtime.reader.schedulers(pay(place), 0, 10)
    assert [(one.id, one.pattern) for one in page.items] == [("night", "0 3 * * *")]


def named(nodes: Sequence[Redis], ref: QueueRef) -> None:
    """One connection to each server, named as a worker of the queue names it."""
    for number, node in enumerate(nodes):
        word = base64.b64encode(ref.name.encode()).decode()
        node.client_setname(f"{ref.prefix}:{word}:w:worker-{number}")


async def test_workers_of_every_server(place: Place, runtime: Runtime) -> None:
    """Each client keeps to one connection here, since nobody else uses it at the same time."""
    named(place.nodes, MAIL)
    workers = assign(await runtime.reader.clients(), refs(place))
    seen = {worker.name for worker in workers.get(MAIL, ())}
    wanted = {f"worker-{number}" for number in range(len(place.nodes))}
    # Of a master and replicas by themselves we are connected to one: workers are where jobs are taken, at the master.
    if "sentinel" in place.name:
        assert seen & wanted
        assert place.name != "sentinel" or "worker-0" in seen
    else:
        assert seen == wanted


async def test_the_server_itself(place: Place, runtime: Runtime) -> None:
    told = await runtime.reader.server()
    assert told.role == ("slave" if place.name == "sentinel-replica" else "master") or "cluster" in place.name
    assert (told.mode == "cluster") is ("cluster" in place.name)
    assert told.tls is (place.name == "tls")
    assert told.user == ("ops" if place.name == "acl" else "default")
    assert (await runtime.reader.latency(3)).median > 0
    assert (await runtime.reader.rights(place.prefix)).missing == ()


async def test_events_of_all_queues_are_followed(place: Place, runtime: Runtime) -> None:
    cursors: Mapping[QueueRef, str] = await runtime.events.tails(refs(place))
    for ref in refs(place):
        place.raw.xadd(f"{ref.prefix}:{ref.name}:events", {"event": "failed", "jobId": f"of-{ref.name}"})
    seen: list[tuple[QueueRef, str]] = []
    for _ in range(20):
        batch = await runtime.events.read(cursors, wait_ms=1_000, limit=100)
        cursors = batch.cursors
        seen += [(event.ref, event.job_id) for event in batch.events]
        if len(seen) >= 3:
            break
    assert sorted(seen, key=str) == sorted(((ref, f"of-{ref.name}") for ref in refs(place)), key=str)
