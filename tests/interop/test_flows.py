"""Flows of the real libraries, seen as the libraries mean them."""

from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.flow_tree import Branch
from bulltui.domain.job import Dependencies
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.services.flows import FlowTree
from bulltui.wiring import open_runtime
from tests.interop.keyspace import paste
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

ORDERS, PARTS, STORE = (QueueRef("bull", name) for name in ("orders", "parts", "store"))
MODERN = ("4", "5", "6")
NEWEST = ("5", "6")


def flow_of(stand: Stand, job: JobRef) -> tuple[FlowTree, Branch]:
    """The flow of a job on our database, all of it, and the branch of the job."""

    async def work() -> tuple[FlowTree, Branch]:
        async with open_runtime(Settings(url=f"{stand.server.url}/{OURS}")) as runtime:
            tree = FlowTree(runtime.flows, (ORDERS, PARTS, STORE))
            branch = await tree.open(job)
            assert await tree.expand_all(10, 1_000)
            return tree, branch

    return stand.wait(work())


def prepare(stand: Stand, library: str) -> None:
    """The scene of flows that `node/scenes.mjs` tells of."""
    paste(stand.clients[OURS], stand.scene(library, "flow", paused=False).copy)


def children(branch: Branch) -> dict[str, tuple[Bond | None, JobState]]:
    """The children of a branch: how the parent stands to each, and where it is."""
    return {child.job.id: (child.node.bond, child.node.state) for child in branch.children}


@pytest.mark.parametrize("library", ["3", *MODERN])
def test_children_across_queues(stand: Stand, library: str) -> None:
    prepare(stand, library)
    tree, branch = flow_of(stand, JobRef(ORDERS, "waits"))
    assert tree.root is branch
    assert branch.node.state is JobState.WAITING_CHILDREN
    assert branch.node.children == Dependencies(unprocessed=3, processed=1)
    assert children(branch) == {
        "w-delayed": (Bond.UNPROCESSED, JobState.DELAYED),
        "w-pending": (Bond.UNPROCESSED, JobState.WAITING),
        "w-held": (Bond.UNPROCESSED, JobState.ACTIVE),
        "w-done": (Bond.PROCESSED, JobState.COMPLETED),
    }
    assert {child.job.ref for child in branch.children} == {PARTS, STORE}
    assert all(child.node.parent == branch.job for child in branch.children)


@pytest.mark.parametrize("library", ["3", *MODERN])
def test_from_a_leaf_to_the_top_and_down_again(stand: Stand, library: str) -> None:
    prepare(stand, library)
    tree, branch = flow_of(stand, JobRef(STORE, "d-leaf"))
    assert [one.job for one in branch.above()] == [JobRef(STORE, "d-inner"), JobRef(ORDERS, "deep")]
    assert tree.root is not None
    assert [line.branch.job.id for line in tree.lines()][:2] == ["deep", "d-inner"]
    assert {one.job.id for one in tree.root.below()} == {"d-inner", "d-leaf", "d-done"}


@pytest.mark.parametrize("library", NEWEST)
def test_children_that_failed_as_their_options_say(stand: Stand, library: str) -> None:
    prepare(stand, library)
    expected = {
        "breaks": ("b-failed", Bond.FAILED, Dependencies(unprocessed=1, failed=1)),
        "ignores": ("i-failed", Bond.IGNORED, Dependencies(unprocessed=1, ignored=1)),
        "continues": ("c-failed", Bond.IGNORED, Dependencies(unprocessed=1, ignored=1)),
    }
    for parent, (failed, bond, counts) in expected.items():
        _, branch = flow_of(stand, JobRef(ORDERS, parent))
        assert branch.node.children == counts, parent
        assert children(branch)[failed] == (bond, JobState.FAILED)
        (child,) = [child for child in branch.children if child.job.id == failed]
        assert child.node.failed_reason == "boom"
    # A dependency that was let go on failure is one no more, but the child still names its parent.
    tree, branch = flow_of(stand, JobRef(PARTS, "f-failed"))
    assert tree.root is not None
    assert tree.root.job == JobRef(ORDERS, "forgets")
    assert tree.root.node.children == Dependencies(unprocessed=1)
    assert branch.parent is tree.root
    assert branch.node.bond is None


def tree_of(*, other: str) -> dict[str, Any]:
    """A flow with a child under another prefix, ids with colons, and one that is removed once it is done."""
    leaf = {"name": "ok", "data": {}}
    return {
        "name": "ok",
        "queueName": "orders",
        "data": {},
        "opts": {"jobId": "order:7:eu"},
        "children": [
            {**leaf, "queueName": "parts", "opts": {"jobId": "part:1:a"}},
            {**leaf, "queueName": "parts", "opts": {"jobId": "brief", "removeOnComplete": True}},
            {**leaf, "queueName": "parts", "prefix": other, "opts": {"jobId": "elsewhere:2:b"}},
        ],
    }


@pytest.mark.parametrize("library", NEWEST)
def test_ids_with_colons_other_prefixes_and_children_that_are_gone(stand: Stand, library: str) -> None:
    stand.clients[OURS].flushdb()
    node = stand.library(library)
    node.act(OURS, "flow", "orders", tree=tree_of(other="app:eu"))
    node("work", OURS, queue="parts")
    node("quiet", OURS, queues=["parts"])
    node("stop", OURS)
    there = JobRef(QueueRef("app:eu", "parts"), "elsewhere:2:b")
    tree, branch = flow_of(stand, there)
    assert branch.parent is not None
    assert branch.parent.node == FlowNode(
        JobRef(ORDERS, "order:7:eu"),
        name="ok",
        state=JobState.WAITING_CHILDREN,
        children=Dependencies(unprocessed=1, processed=2),
    )
    found = {child.job: (child.node.bond, child.node.state, child.node.missing) for child in branch.parent.children}
    assert found == {
        there: (Bond.UNPROCESSED, JobState.WAITING, False),
        JobRef(PARTS, "part:1:a"): (Bond.PROCESSED, JobState.COMPLETED, False),
        JobRef(PARTS, "brief"): (Bond.PROCESSED, JobState.UNKNOWN, True),
    }
    assert tree.root is branch.parent
