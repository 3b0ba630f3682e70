"""Finding out why: what is read of a job belongs together, also while it moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.job import Job, decode
from bulltui.domain.queue import QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState
from bulltui.domain.surroundings import Surroundings
from bulltui.domain.why import Cause
from bulltui.domain.worker import Client
from bulltui.services.why import why_job, why_queue
from tests.cli.fakes import NOW, PAYMENTS, FakeReader, StillClock, hash_of
from tests.fake_explorer import FakeExplorer
from tests.fake_following import FakeFlows

BUSY = Client(1, "bull:cGF5bWVudHM=", "127.0.0.1:9", command="bzpopmin")


@dataclass
class MovingReader(FakeReader):
    """The jobs read one after the other, the last one for good."""

    reads: list[Job | None] = field(default_factory=list)

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = 0, seen: Job | None = None) -> Job | None:
        if not self.reads:
            return await super().job(ref, job_id)
        return self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]


@dataclass
class Runtime:
    """What evidence comes from, in memory."""

    reader: MovingReader = field(default_factory=MovingReader)
    explorer: FakeExplorer = field(default_factory=FakeExplorer)
    flows: FakeFlows = field(default_factory=FakeFlows)
    clock: StillClock = field(default_factory=StillClock)

    def holds(self, places: Sequence[Surroundings], jobs: Sequence[Job | None]) -> None:
        """What the looks at the job `a` find, one after the other."""
        self.explorer.places[PAYMENTS, "a"] = places
        self.reader.reads = list(jobs)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


def stored(state: JobState, **fields: str) -> Job:
    whole = {"name": "charge", "data": "{}", "opts": '{"attempts":3}', "timestamp": str(NOW - 60_000)} | fields
    return decode("a", PAYMENTS, state, hash_of(**whole))


WAITS = Surroundings(NOW, exists=True, states=(JobState.WAITING,), ahead=0, higher=0, active=1)
RUNS = Surroundings(
    NOW, exists=True, states=(JobState.ACTIVE,), lock_ttl_ms=29_000, active=1, stamp=(NOW - 50, None, 0)
)
DONE = Surroundings(NOW, exists=True, states=(JobState.COMPLETED,), stamp=(NOW - 50, NOW - 10, 1))
WAITING = stored(JobState.WAITING)
ACTIVE = stored(JobState.ACTIVE, processedOn=str(NOW - 50))
FINISHED = stored(JobState.COMPLETED, processedOn=str(NOW - 50), finishedOn=str(NOW - 10), atm="1")


async def test_a_job_that_moves_between_two_reads_is_read_again(runtime: Runtime) -> None:
    runtime.reader.connections = [BUSY]
    runtime.holds([WAITS, RUNS], [ACTIVE])
    why = await why_job(runtime, PAYMENTS, "a")
    assert why.causes == (Cause.RUNNING,)
    assert why.sure
    assert runtime.explorer.looks == 2


async def test_another_attempt_is_another_instant(runtime: Runtime) -> None:
    again = replace(RUNS, stamp=(NOW - 5, None, 1))
    runtime.holds([RUNS, again], [stored(JobState.ACTIVE, processedOn=str(NOW - 5), atm="1")])
    why = await why_job(runtime, PAYMENTS, "a")
    assert why.cause is Cause.RUNNING
    assert runtime.explorer.looks == 2


async def test_one_that_never_stands_still_is_told_as_not_sure(runtime: Runtime) -> None:
    runtime.holds([WAITS, RUNS, WAITS, RUNS], [ACTIVE, WAITING, ACTIVE, WAITING])
    why = await why_job(runtime, PAYMENTS, "a")
    assert not why.sure
    assert why.evidence[-1] == "It moves from state to state as it is looked at: this was true a moment ago."


async def test_one_that_was_just_taken_is_not_stalled(runtime: Runtime) -> None:
    """BullMQ up to 4 and Bull take a job, and lock it in the next step."""
    runtime.reader.connections = [BUSY]
    taken = replace(RUNS, lock_ttl_ms=None)
    runtime.holds([taken, RUNS], [ACTIVE])
    assert (await why_job(runtime, PAYMENTS, "a")).causes == (Cause.RUNNING,)
    runtime.explorer.looks = 0
    runtime.holds([taken], [ACTIVE])
    stalled = await why_job(runtime, PAYMENTS, "a")
    assert stalled.causes == (Cause.STALLED,)
    assert runtime.explorer.looks == 2


async def test_one_that_is_removed_while_it_is_looked_at(runtime: Runtime) -> None:
    runtime.holds([DONE, Surroundings(NOW, exists=False)], [None])
    assert (await why_job(runtime, PAYMENTS, "a")).cause is Cause.NOT_FOUND


async def test_a_moment_in_no_state_is_none(runtime: Runtime) -> None:
    runtime.holds([replace(WAITS, states=(), ahead=None), WAITS], [stored(JobState.UNKNOWN), WAITING])
    assert Cause.NO_STATE not in (await why_job(runtime, PAYMENTS, "a")).causes


async def test_a_row_saves_the_measurement(runtime: Runtime) -> None:
    runtime.reader.connections = [BUSY]
    runtime.holds([replace(WAITS, ahead=10)], [WAITING])
    row = QueueRow(runtime.reader.queues[PAYMENTS], Rates(finished=60.0))
    why = await why_job(runtime, PAYMENTS, "a", row=row)
    assert "its turn comes in about 10s" in why.verdict
    assert runtime.clock.slept == [0.1]  # to see whether its workers really are busy
    unknown = await why_job(runtime, PAYMENTS, "a", row=replace(row, rates=Rates()))
    assert "about" not in unknown.verdict


async def test_a_worker_that_just_takes_a_job_is_not_busy(runtime: Runtime) -> None:
    class Taking(MovingReader):
        looks = 0

        async def clients(self) -> list[Client]:
            self.looks += 1
            return [replace(BUSY, blocked=self.looks > 1)]

    runtime.reader = Taking()
    runtime.holds([WAITS], [WAITING])
    why = await why_job(runtime, PAYMENTS, "a")
    assert Cause.WORKERS_BUSY not in why.causes
    assert "1 worker connected, 1 of them waiting for a job." in why.evidence


async def test_a_stop_saves_it_too(runtime: Runtime) -> None:
    queue = runtime.reader.queues[PAYMENTS]
    runtime.reader.queues[PAYMENTS] = replace(queue, completed_total=None)
    runtime.holds([replace(WAITS, ahead=10, paused=True)], [WAITING])
    await why_job(runtime, PAYMENTS, "a")
    assert runtime.clock.slept == []
    runtime.reader.connections = [BUSY]
    runtime.holds([replace(WAITS, ahead=10)], [WAITING])
    await why_job(runtime, PAYMENTS, "a")
    assert runtime.clock.slept == [0.1, 1.0]


async def test_children_are_read_until_one_says_why(runtime: Runtime) -> None:
    parent, parts = JobRef(PAYMENTS, "a"), QueueRef("bull", "parts")
    children = [JobRef(parts, f"c{number}") for number in range(3_000)]
    runtime.flows.bonds[parent] = [(Bond.UNPROCESSED, child) for child in children]
    runtime.flows.jobs = {child: FlowNode(child, state=JobState.WAITING) for child in children}
    runtime.flows.jobs[children[250]] = FlowNode(children[250], state=JobState.FAILED, failed_reason="boom")
    waits = Surroundings(NOW, exists=True, states=(JobState.WAITING_CHILDREN,), score=NOW - 5.0)
    job = stored(JobState.WAITING_CHILDREN)
    job = replace(job, dependencies=replace(job.dependencies, unprocessed=3_000))
    runtime.holds([waits], [job])
    why = await why_job(runtime, PAYMENTS, "a")
    assert why.causes == (Cause.CHILDREN, Cause.CHILD_FAILED)
    assert why.related[0].job.id == "c250"
    assert runtime.flows.reads == 2
    runtime.flows.jobs[children[250]] = FlowNode(children[250], state=JobState.WAITING)
    runtime.flows.reads = 0
    unsure = await why_job(runtime, PAYMENTS, "a")
    assert unsure.causes == (Cause.CHILDREN,)
    assert not unsure.sure
    assert "Only 1,000 of those it waits for were looked at." in unsure.evidence
    assert runtime.flows.reads == 5


async def test_a_queue_that_is_gone(runtime: Runtime) -> None:
    with pytest.raises(NotFoundError):
        await why_queue(runtime, QueueRef("bull", "nowhere"))


async def test_a_server_that_is_away(runtime: Runtime) -> None:
    runtime.explorer.error = BulltuiError("Connection refused.")
    with pytest.raises(BulltuiError, match="Connection refused"):
        await why_job(runtime, PAYMENTS, "a")


async def test_a_job_of_a_queue_that_is_not_there(runtime: Runtime) -> None:
    assert (await why_job(runtime, QueueRef("bull", "nowhere"), "1")).cause is Cause.NOT_FOUND
