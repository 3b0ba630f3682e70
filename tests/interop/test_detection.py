"""What is said of the layout of queues as each library leaves them, and which actions are allowed on that ground."""

import asyncio

import bullmq
import pytest

from bulltui.domain import actions
from bulltui.domain.actions import Need
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.footing import footing
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.new_job import new_job
from bulltui.domain.states import JobState
from bulltui.domain.targets import NewJobs, Target, queues_of
from bulltui.services.request import Request
from tests.interop.fidelity import every, one, ref, scheduler, whole
from tests.interop.keyspace import differences, paste
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

MAIL = "bull:mail"

NEW = {Layout.V5, Layout.V6}


def verdict_of(stand: Stand, name: str = "mail") -> LayoutVerdict:
    """What is said of a queue."""
    queue = stand.look(name)
    assert queue is not None
    assert queue.layout.evidence
    return queue.layout


def allowed(verdict: LayoutVerdict, need: Need) -> Layout | None:
    """The layout that an action of that need goes by, None where it is refused with a sentence and what to do."""
    try:
        return footing(ref("mail"), verdict, need)
    except NotAllowedError as error:
        if (error.code, error.message[-1], error.hint[-1]) != ("layout", ".", "."):
            raise
        return None


def lay_out(stand: Stand, library: str, scene: str, *, paused: bool = False) -> None:
    """A scene for us alone."""
    paste(stand.clients[OURS], stand.scene(library, scene, paused=paused).copy)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("scene", ["states", "plain", "idle", "quiet", "schedulers", "limits"])
@pytest.mark.parametrize("library", ["3", "4", "5", "6"])
def test_a_queue_of_one_library(stand: Stand, library: str, scene: str, paused: bool) -> None:
    lay_out(stand, library, scene, paused=paused)
    verdict = verdict_of(stand)
    assert (verdict.layout, verdict.sure) == (Layout(f"v{library}"), True)
    assert {allowed(verdict, need) for need in Need} == {Layout(f"v{library}")}


@pytest.mark.parametrize("queue", ["orders", "parts", "store"])
@pytest.mark.parametrize("library", ["3", "4", "5", "6"])
def test_queues_of_a_flow_beside_each_other(stand: Stand, library: str, queue: str) -> None:
    lay_out(stand, library, "flow")
    verdict = verdict_of(stand, queue)
    assert (verdict.layout, verdict.sure) == (Layout(f"v{library}"), True)


@pytest.mark.parametrize("library", ["5", "6"])
def test_only_workers(stand: Stand, library: str) -> None:
    """They write no version: enough to add a job, which both keep in the same place; not to pause."""
    stand.clients[OURS].flushdb()
    stand.library(library)("work", OURS, queue="mail")
    try:
        verdict = verdict_of(stand)
        assert not verdict.sure
        if stand.clients[OURS].exists(f"{MAIL}:marker"):
            assert set(verdict.could_be) == NEW
            assert allowed(verdict, Need.ENQUEUE) in NEW
        assert allowed(verdict, Need.PAUSE) is None
    finally:
        stand.library(library)("stop", OURS)


@pytest.mark.parametrize("library", ["3", "4", "5", "6"])
def test_only_flows(stand: Stand, library: str) -> None:
    stand.clients[OURS].flushdb()
    child = {"name": "ok", "queueName": "mail", "data": {}}
    tree = {"name": "ok", "queueName": "orders", "data": {}, "children": [child, child]}
    stand.library(library)("act", OURS, act="flow", tree=tree)
    verdict = verdict_of(stand)
    assert not verdict.sure
    assert Layout(f"v{library}") in verdict.could_be
    assert allowed(verdict, Need.PAUSE) is None
    enqueues = allowed(verdict, Need.ENQUEUE)
    assert enqueues in NEW if int(library) >= 5 else enqueues is None


class TestMixedFleets:
    def test_a_dashboard_of_6_over_a_fleet_of_5(self, stand: Stand) -> None:
        """It overwrites the version; the list tells how the queue was paused, and both take jobs from there."""
        lay_out(stand, "5", "states", paused=True)
        stand.library("6")("open", OURS, queue="mail")
        verdict = verdict_of(stand)
        assert (verdict.layout, verdict.sure, set(verdict.could_be)) == (Layout.V5, False, NEW)
        assert {allowed(verdict, need) for need in Need} == {Layout.V5}

    def test_a_fleet_of_5_over_a_pause_of_6(self, stand: Stand) -> None:
        lay_out(stand, "6", "states", paused=True)
        stand.library("5")("open", OURS, queue="mail")
        verdict = verdict_of(stand)
        assert not verdict.sure
        assert set(verdict.could_be) == NEW

    @pytest.mark.parametrize("scene", ["states", "idle", "quiet", "plain"])
    @pytest.mark.parametrize("dashboard", ["5", "6"])
    def test_a_dashboard_over_a_fleet_of_4(self, stand: Stand, dashboard: str, scene: str) -> None:
        """Its workers would sleep on after a retry of BullMQ 5 or 6, and would run on through a pause of 6."""
        lay_out(stand, "4", scene)
        stand.library(dashboard)("open", OURS, queue="mail")
        verdict = verdict_of(stand)
        assert Layout.V4 in verdict.could_be
        assert allowed(verdict, Need.PAUSE) is None
        assert allowed(verdict, Need.ENQUEUE) is None
        assert allowed(verdict, Need.ANY) is not None

    def test_workers_of_4_and_5(self, stand: Stand) -> None:
        """Refused with a sentence until somebody says which it is."""
        lay_out(stand, "5", "idle")
        stand.library("4")("open", OURS, queue="mail")
        stand.library("4").act(OURS, "add", "mail", opts={"delay": 3_600_000})
        before = stand.read(OURS)
        retry = Request(actions.Retry(), one("mail", "broken"))
        with pytest.raises(NotAllowedError, match="may be of BullMQ") as refused:
            stand.run(retry)
        assert "--layout" in refused.value.hint
        assert differences(before, before, stand.read(OURS)) == []
        for layout in (Layout.V5, Layout.V4):
            lay_out(stand, "5", "idle")
            stand.library("4")("open", OURS, queue="mail")
            assert stand.run(Request(retry.action, retry.target, layout=layout)).done == 1


@pytest.mark.parametrize("version", ["bullmq:7.0.0", "bullmq:50.1.2", "bullmq-pro:7.3.1", "glide-mq:0.15.4", "5", ":"])
def test_versions_that_are_not_known(stand: Stand, version: str) -> None:
    """Looked at, never changed: not by any action, not even where a person names a layout."""
    lay_out(stand, "5", "states")
    stand.clients[OURS].hset(f"{MAIL}:meta", "version", version)
    verdict = verdict_of(stand)
    assert (verdict.sure, verdict.could_be) == (False, ())
    refused_everywhere(stand)


def test_groups_of_bullmq_pro(stand: Stand) -> None:
    lay_out(stand, "5", "states")
    stand.clients[OURS].zadd(f"{MAIL}:groups", {"a": 1})
    assert verdict_of(stand).could_be == ()
    refused_everywhere(stand)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_bull_4(stand: Stand, paused: bool) -> None:
    """Recognised, shown, and refused."""
    stand.clients[OURS].flushdb()
    bull = stand.library("bull4")
    for job_id in ("first", "second"):
        bull.act(OURS, "add", "mail", opts={"jobId": job_id})
    bull.act(OURS, "add", "mail", opts={"jobId": "urgent", "priority": 2})
    bull.act(OURS, "add", "mail", opts={"jobId": "hour", "delay": 3_600_000})
    if paused:
        bull.act(OURS, "pause", "mail")
    verdict = verdict_of(stand)
    assert (verdict.layout, verdict.sure) == (Layout.BULL, True)
    assert {allowed(verdict, need) for need in Need} == {None}
    queue = stand.look("mail")
    assert queue is not None
    assert queue.paused is paused
    assert queue.counts.of(JobState.PAUSED if paused else JobState.WAITING) == 3
    assert queue.counts.of(JobState.DELAYED) == 1
    refused_everywhere(stand)


EVERY_ACTION: tuple[tuple[actions.Action, Target], ...] = (
    *(
        (action, one("mail", "first"))
        for action in (
            *(actions.Retry(), actions.Remove(), actions.Remove(children=True), actions.Promote(), actions.Duplicate()),
            *(
                actions.Replay(),
                actions.Reprioritize(3),
                actions.Reschedule(1000),
                actions.UpdateData(),
                actions.AddLog(),
            ),
            *(actions.Release(), actions.Fail(), actions.RemoveChildren()),
        )
    ),
    (actions.Retry(), every("mail", JobState.FAILED)),
    (actions.Promote(), every("mail", JobState.DELAYED)),
    *(
        (action, whole("mail"))
        for action in (
            *(new_job("ok", "{}", {}), actions.Pause(), actions.Resume(), actions.Drain(), actions.Clean()),
            *(actions.Obliterate(force=True), actions.SetConcurrency(3), actions.SetRateLimit(1, 1000)),
            *(actions.ClearRateLimit(), actions.RemoveDeduplication("a"), actions.TrimEvents()),
        )
    ),
    (actions.AddAll(), NewJobs(queues_of(whole("mail"))[0], (new_job("ok", "{}", {}),), 1)),
    (actions.Trigger(), scheduler("mail", "a")),
    (actions.Unschedule(), scheduler("mail", "a")),
)


def refused_everywhere(stand: Stand) -> None:
    """No action does anything, whatever layout is named."""
    assert {type(action) for action, _ in EVERY_ACTION} == {*actions.ALL} - {actions.Restore}
    before = stand.read(OURS)
    for action, target in EVERY_ACTION:
        for layout in (None, Layout.V5):
            with pytest.raises(NotAllowedError) as refused:
                stand.run(Request(action, target, layout=layout))
            assert refused.value.code == "layout"
            assert refused.value.message.endswith(".")
    assert differences(before, before, stand.read(OURS)) == []


async def _made_by_python(url: str) -> None:
    queue = bullmq.Queue("mail", {"connection": url})
    try:
        await queue.add("ok", {"n": 1}, {})
        await queue.add("ok", {"n": 2}, {"delay": 3_600_000})
    finally:
        await queue.close()


def test_made_by_python(stand: Stand) -> None:
    """It writes no version: of 5 or 6, whose workers take jobs from the same place."""
    stand.clients[OURS].flushdb()
    asyncio.run(_made_by_python(f"{stand.server.url}/{OURS}"))
    verdict = verdict_of(stand)
    assert (verdict.sure, set(verdict.could_be)) == (False, NEW)
    assert allowed(verdict, Need.ENQUEUE) in NEW
    assert allowed(verdict, Need.PAUSE) is None
    assert stand.run(Request(new_job("ok", "{}", {}), whole("mail"))).done == 1
