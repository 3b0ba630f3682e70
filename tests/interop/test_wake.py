"""Whatever we put where workers take it runs at once, also where a worker sleeps with nothing to do."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bulltui.domain.actions import (
    Action,
    Duplicate,
    Pause,
    Promote,
    Release,
    Remove,
    Replay,
    Restore,
    Resume,
    Retry,
    Trigger,
)
from bulltui.domain.layout import Layout
from bulltui.domain.new_job import new_job
from bulltui.domain.outcome import Outcome
from bulltui.domain.targets import Past, Target
from bulltui.services.request import Request
from tests.interop.fidelity import one, scheduler, whole
from tests.interop.keyspace import paste
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

MAIL = "bull:mail"
WITHIN_S = 2.0
ASLEEP_S = 0.1
"""After that a worker with nothing to do waits for the server."""
LIBRARIES = ("3", "4", "5", "6")


class Sleeper:
    """A worker of a library on the scene, with nothing to do."""

    def __init__(self, stand: Stand, library: str, scene: str) -> None:
        self.stand = stand
        self.library = library
        self.client = stand.clients[OURS]
        paste(self.client, stand.scene(library, scene, paused=False).copy)
        stand.library(library)("work", OURS, queue="mail")

    def stop(self) -> None:
        """Ends the worker."""
        self.stand.library(self.library)("stop", OURS)

    def order(self, action: Action, target: Target | None = None) -> Outcome:
        """We act, on the layout of the worker's library where the queue does not tell."""
        outcome = self.stand.run(Request(action, target or whole("mail"), layout=Layout(f"v{self.library}")))
        assert outcome.error is None
        return outcome

    def woken(self, action: Action, target: Target | None = None, *, runs: int = 1) -> Outcome:
        """We act on the sleeping worker, which runs `runs` jobs because of it, soon."""
        time.sleep(ASLEEP_S)
        before = self.finished()
        outcome = self.order(action, target)
        assert outcome.done
        until = time.monotonic() + WITHIN_S
        while self.finished() < before + runs:
            assert time.monotonic() < until, f"{action} woke nobody"
            time.sleep(0.005)
        return outcome

    def finished(self) -> int:
        """How often workers finished something."""
        said: Any = self.client.xrange(f"{MAIL}:events")
        return sum(fields[b"event"] in (b"completed", b"failed") for _, fields in said)


@pytest.fixture
def sleeper(stand: Stand, request: pytest.FixtureRequest) -> Iterator[Sleeper]:
    library, scene = request.param
    made = Sleeper(stand, library, scene)
    yield made
    made.stop()


def sleepers(scene: str, libraries: tuple[str, ...] = LIBRARIES) -> pytest.MarkDecorator:
    """A sleeping worker of each library."""
    return pytest.mark.parametrize(
        "sleeper", [pytest.param((library, scene), id=f"v{library}") for library in libraries], indirect=True
    )


@sleepers("idle")
def test_jobs_without_a_priority(sleeper: Sleeper) -> None:
    sleeper.woken(Retry(), one("mail", "broken"))
    sleeper.woken(Promote(), one("mail", "hour"))
    sleeper.woken(new_job("ok", "{}", {}))
    sleeper.woken(new_job("ok", "{}", {"lifo": True}))
    sleeper.woken(Duplicate(), one("mail", "done"))
    sleeper.woken(Replay(data='{"n":2}'), one("mail", "done"))


@sleepers("idle", ("4", "5", "6"))
def test_jobs_with_a_priority(sleeper: Sleeper) -> None:
    sleeper.woken(Retry(), one("mail", "broken-urgent"))
    sleeper.woken(Promote(), one("mail", "hour-urgent"))
    sleeper.woken(new_job("ok", "{}", {"priority": 4}))
    sleeper.woken(Replay(data='{"n":2}'), one("mail", "done-urgent"))
    sleeper.woken(Retry(), one("mail", "broken"))


@sleepers("quiet", ("4", "5", "6"))
def test_where_nothing_is_delayed(sleeper: Sleeper) -> None:
    sleeper.woken(Retry(), one("mail", "broken-urgent"))
    sleeper.woken(Retry(), one("mail", "broken"))


@sleepers("idle")
def test_jobs_that_came_while_it_was_paused(sleeper: Sleeper) -> None:
    sleeper.order(Pause())
    sleeper.order(new_job("ok", "{}", {}))
    sleeper.order(Retry(), one("mail", "broken"))
    sleeper.order(Promote(), one("mail", "hour"))
    time.sleep(ASLEEP_S)
    before = sleeper.finished()
    sleeper.woken(Resume(), runs=3)
    assert sleeper.finished() == before + 3


@sleepers("idle", ("4", "5", "6"))
def test_a_job_with_a_priority_that_came_while_it_was_paused(sleeper: Sleeper) -> None:
    sleeper.order(Pause())
    sleeper.order(Retry(), one("mail", "broken-urgent"))
    sleeper.woken(Resume())


@sleepers("idle", ("4", "5", "6"))
def test_jobs_that_are_brought_back(sleeper: Sleeper) -> None:
    sleeper.order(Pause())
    for opts in ({"jobId": "gone"}, {"jobId": "gone-urgent", "priority": 3}):
        sleeper.order(new_job("ok", "{}", opts))
    entries = [sleeper.order(Remove(), one("mail", job_id)).undo for job_id in ("gone", "gone-urgent")]
    sleeper.order(Resume())
    for number in entries:
        assert number is not None
        sleeper.woken(Restore(number), Past(number))


@sleepers("states", ("4", "5", "6"))
def test_stuck_jobs(sleeper: Sleeper) -> None:
    sleeper.stand.library(sleeper.library)("quiet", OURS, queues=["mail"])
    sleeper.woken(Release(), one("mail", "stuck"))
    sleeper.woken(Release(), one("mail", "stuck-urgent"))


@sleepers("schedulers", ("5", "6"))
def test_a_run_of_a_scheduler(sleeper: Sleeper) -> None:
    sleeper.stand.library(sleeper.library)("quiet", OURS, queues=["mail"])
    sleeper.woken(Trigger(), scheduler("mail", "nightly"))
    sleeper.woken(Trigger(), scheduler("mail", "urgent"))
