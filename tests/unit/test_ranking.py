"""The jobs of a state in the order of a column."""

from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Look, Probe
from bulltui.domain.states import JobState
from bulltui.services.ranking import By, Ranking
from tests.tui.fakes import NOW, FakeClock, FakeFinder, FakeQueue, FakeReader, failed

REF = QueueRef("bull", "pay")


def ran(job: JobSummary) -> float | None:
    if job.processed_on is None or job.finished_on is None:
        return None
    return job.finished_on - job.processed_on


BY = By((("processedOn", 40), ("finishedOn", 40)), ran, downwards=True)


def finder(count: int) -> FakeFinder:
    jobs = [failed(n, finishedOn=str(NOW), processedOn=str(NOW - n * 7 % 1000)) for n in range(count)]
    return FakeFinder(FakeReader({"pay": FakeQueue({JobState.FAILED: jobs})}))


async def test_all_are_looked_at_and_the_best_kept() -> None:
    ranking = Ranking(finder(950), FakeClock(), REF, JobState.FAILED, BY, most=50)
    steps = [step async for step in ranking.steps()]
    assert (steps[-1].examined, steps[-1].total, steps[-1].over) == (950, 950, True)
    worth = {str(n): n * 7 % 1000 for n in range(950)}
    assert [worth[one] for one in ranking.ids] == sorted(worth.values(), reverse=True)[:50]
    assert ranking.cut


class Hasty(FakeFinder):
    """A second passes with each look."""

    def __init__(self, store: FakeFinder, clock: FakeClock) -> None:
        self._store = store
        self._clock = clock

    async def look(self, probe: Probe) -> Look:
        self._clock.now += 1000
        return await self._store.look(probe)


async def test_it_goes_on_where_it_was_stopped() -> None:
    store = finder(500)
    clock = FakeClock()
    ranking = Ranking(Hasty(store, clock), clock, REF, JobState.FAILED, BY)
    async for step in ranking.steps():
        assert (step.examined, step.total, step.over) == (100, 500, False)
        break
    async for _ in ranking.steps():
        pass
    assert ranking.progress.over
    assert len(ranking.ids) == 500
    assert store.looks == 5
