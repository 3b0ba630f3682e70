"""A queue that BullMQ 5 and 6 serve side by side, paused, acted on and resumed by each of them and by us.

The two keep a pause in different places. Nothing that we do may lose a job or run one twice, in whatever order it all
happens. What the libraries lose between themselves is named: BullMQ 5 renames `paused` to `wait` when it resumes, and
what lay in `wait` is gone.
"""

from collections import Counter
from itertools import product

import pytest

from bulltui.domain.actions import Action, Pause, Promote, Remove, Restore, Resume, Retry
from bulltui.domain.new_job import new_job
from bulltui.domain.outcome import Outcome
from bulltui.domain.targets import Past, Target
from bulltui.services.request import Request
from tests.interop.fidelity import one, whole
from tests.interop.invariants import broken
from tests.interop.keyspace import paste
from tests.interop.reshape import entries
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

WE = "ours"
OPERATORS = (WE, "5", "6")
MAIL = "bull:mail"
RUN = {"first", "third", "urgent-5", "broken", "broken-urgent", "hour", "hour-urgent", "acted"}
"""What is to run of the scene and of what the operator does, less what producers add."""


class Fleet:
    """The scene `fleet` as BullMQ 5 made it, `written` being who wrote the version last."""

    def __init__(self, stand: Stand, written: str) -> None:
        self.stand = stand
        self.client = stand.clients[OURS]
        self.expected = set(RUN)
        paste(self.client, stand.scene("5", "fleet", paused=False).copy)
        stand.library(written)("open", OURS, queue="mail")

    def lines(self) -> tuple[set[str], set[str]]:
        """What lies in `wait` and in `paused`."""
        space = self.stand.read(OURS)
        return set(entries(space, f"{MAIL}:wait")), set(entries(space, f"{MAIL}:paused"))

    def theirs(self, who: str, act: str, **at: object) -> None:
        """A library acts."""
        self.stand.library(who).act(OURS, act, "mail", **at)

    def ours(self, action: Action, target: Target | None = None) -> Outcome:
        """We act, and never part the jobs of one list into two. Where they lie in two already, nothing of ours comes
        into the one that BullMQ 5 loses."""
        before = self.lines()
        outcome = self.stand.run(Request(action, target or whole("mail")))
        assert outcome.error is None
        wait, paused = self.lines()
        if not isinstance(action, Resume):
            assert not (wait and paused and not all(before)), "jobs lie in two lists now"
            assert not (wait - before[0] and paused), "jobs were put where BullMQ 5 loses them"
        return outcome

    def pause(self, who: str) -> None:
        if who == WE:
            assert self.ours(Pause()).done == 1
        else:
            self.theirs(who, "pause")

    def resume(self, who: str) -> None:
        if who == WE:
            assert self.ours(Resume()).done == 1
        else:
            self.theirs(who, "resume")

    def produce(self, producers: tuple[str, ...], name: str) -> None:
        """Each of them adds a job, and one with a priority."""
        for who in producers:
            for job_id, opts in ((f"{name}-{who}", {}), (f"{name}-urgent-{who}", {"priority": 2})):
                self.theirs(who, "add", opts={"jobId": job_id, **opts})
                self.expected.add(job_id)

    def act(self, who: str) -> None:
        """A bit of everything."""
        if who == WE:
            for job_id in ("broken", "broken-urgent"):
                assert self.ours(Retry(), one("mail", job_id)).done == 1
            for job_id in ("hour", "hour-urgent"):
                assert self.ours(Promote(), one("mail", job_id)).done == 1
            assert self.ours(new_job("ok", "{}", {"jobId": "acted"})).done == 1
            assert self.ours(Remove(), one("mail", "second")).done == 1
            return
        for job_id in ("broken", "broken-urgent"):
            self.theirs(who, "retry", id=job_id)
        for job_id in ("hour", "hour-urgent"):
            self.theirs(who, "promote", id=job_id)
        self.theirs(who, "add", opts={"jobId": "acted"})
        self.theirs(who, "remove", id="second")

    def work(self) -> Counter[str]:
        """Workers of both versions run all that can run: how often each job ran."""
        workers = [self.stand.library(who) for who in ("5", "6")]
        for worker in workers:
            worker("work", OURS, queue="mail")
        workers[0]("quiet", OURS, queues=["mail"])
        return Counter(job_id for worker in workers for _, job_id in worker("stop", OURS))


@pytest.mark.parametrize("written", ["5", "6"])
@pytest.mark.parametrize("producers", [(), ("5",), ("6", "5")], ids="+".join)
@pytest.mark.parametrize(("pauser", "actor", "resumer"), list(product(OPERATORS, repeat=3)))
def test_every_order(
    stand: Stand, written: str, producers: tuple[str, ...], pauser: str, actor: str, resumer: str
) -> None:
    fleet = Fleet(stand, written)
    fleet.pause(pauser)
    fleet.produce(producers, "early")
    fleet.act(actor)
    fleet.produce(producers, "late")
    wait, paused = fleet.lines()
    fleet.resume(resumer)
    # The only loss there is: BullMQ 5 resumes while jobs lie in both lists. There they lie only where the two put them
    # side by side, one pausing (we pause as the version says) and the other adding or retrying; never because of us.
    paused_as = written if pauser == WE else pauser
    other = "6" if paused_as == "5" else "5"
    assert bool(wait and paused) == (other in (*producers, actor))
    lost = wait if resumer == "5" and wait and paused else set()
    runs = fleet.work()
    assert runs == Counter(fleet.expected - lost)
    faults = set(broken(stand.read(OURS), MAIL))
    assert faults == {f"{job_id} is in no state" for job_id in lost}


@pytest.mark.parametrize("written", ["5", "6"])
@pytest.mark.parametrize("first", ["5", "6"])
def test_we_pause_what_is_paused_in_the_other_way(stand: Stand, first: str, written: str) -> None:
    """A second pause of BullMQ 5 puts `wait` over `paused`; ours never does."""
    fleet = Fleet(stand, written)
    fleet.pause(first)
    fleet.produce(("5", "6"), "early")
    fleet.ours(Pause())
    fleet.act(WE)
    fleet.resume(WE)
    assert fleet.work() == Counter(fleet.expected)


@pytest.mark.parametrize("pauser", OPERATORS)
def test_paused_and_resumed_again_and_again(stand: Stand, pauser: str) -> None:
    fleet = Fleet(stand, "5")
    for turn in range(4):
        fleet.pause(pauser)
        fleet.produce(("5", "6"), f"turn-{turn}")
        fleet.resume(WE)
    fleet.act(WE)
    assert fleet.work() == Counter(fleet.expected)


def test_a_second_pause_of_bullmq_5_loses_jobs_without_us(stand: Stand) -> None:
    """The proof that it is theirs."""
    fleet = Fleet(stand, "5")
    fleet.pause("5")
    fleet.produce(("6",), "early")
    _, paused = fleet.lines()
    fleet.pause("5")
    fleet.resume("5")
    fleet.act("5")
    assert fleet.work() == Counter(fleet.expected - paused)


@pytest.mark.parametrize("late", [False, True], ids=["while-paused", "after-resume"])
@pytest.mark.parametrize("removed_first", [False, True], ids=["removed-while-paused", "removed-before"])
@pytest.mark.parametrize(("pauser", "resumer"), list(product(OPERATORS, repeat=2)))
def test_brought_back_on_the_other_side_of_a_pause(
    stand: Stand, pauser: str, resumer: str, removed_first: bool, late: bool
) -> None:
    """Removed and brought back while the list that it was in is another one, or not paused any more."""
    fleet = Fleet(stand, "5")
    fleet.expected = {"first", "second", "third", "urgent-5"}
    removed: list[Outcome] = []

    def remove() -> None:
        removed.extend(fleet.ours(Remove(), one("mail", job_id)) for job_id in ("second", "urgent-5"))

    def bring_back() -> None:
        for outcome in removed:
            assert outcome.undo is not None
            assert fleet.ours(Restore(outcome.undo), Past(outcome.undo)).done == 1

    if removed_first:
        remove()
    fleet.pause(pauser)
    if not removed_first:
        remove()
    if not late:
        bring_back()
    fleet.resume(resumer)
    if late:
        bring_back()
    assert fleet.work() == Counter(fleet.expected)
    assert list(broken(stand.read(OURS), MAIL)) == []
