"""A flow opens from any of its jobs, is read on where one looks, and never goes round in circles."""

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.flow import Bond, FlowNode, JobRef, divisions, of_known, queue_of
from bulltui.domain.flow_tree import Branch, counts_said
from bulltui.domain.job import Dependencies
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.services.flows import HEIGHT, FlowTree
from tests.fake_following import FakeFlows

SHOP = QueueRef("bull", "shop")


def job(name: str) -> JobRef:
    return JobRef(SHOP, name)


def family(flows: FakeFlows, parent: str, *children: str, bond: Bond = Bond.UNPROCESSED) -> None:
    """A parent with these children."""
    flows.bonds[job(parent)] = [(bond, job(child)) for child in children]
    above = flows.jobs.get(job(parent))
    counts = Dependencies(unprocessed=len(children))
    flows.jobs[job(parent)] = FlowNode(job(parent), children=counts, parent=above.parent if above else None)
    for child in children:
        before = flows.jobs.get(job(child))
        flows.jobs[job(child)] = FlowNode(
            job(child), children=before.children if before else Dependencies(), parent=job(parent)
        )


def drawn(tree: FlowTree) -> list[str]:
    """The tree as text."""
    return [f"{line.guides}{f'{line.more} more' if line.more else line.branch.job.id}" for line in tree.lines()]


async def test_from_a_leaf_its_parents_and_siblings_are_read_and_no_more() -> None:
    flows = FakeFlows()
    family(flows, "top", "a", "b", "c")
    family(flows, "b", "b1", "b2")
    family(flows, "c", "c1")
    tree = FlowTree(flows)
    branch = await tree.open(job("b2"))
    assert branch.job == job("b2")
    assert drawn(tree) == ["top", "├─ a", "├─ b", "│  ├─ b1", "│  └─ b2", "└─ c"]
    assert flows.reads == 2
    (last,) = [line.branch for line in tree.lines() if line.branch.job == job("c")]
    await tree.expand(last)
    assert drawn(tree)[-2:] == ["└─ c", "   └─ c1"]
    last.open = False
    assert drawn(tree)[-1] == "└─ c"
    await tree.expand(last)
    assert flows.reads == 3, "what was read is not read again"


async def test_wide_ones_come_in_pages_and_the_job_asked_for_first() -> None:
    flows = FakeFlows()
    family(flows, "top", *(f"c{number}" for number in range(95)))
    tree = FlowTree(flows, width=10)
    branch = await tree.open(job("c42"))
    assert drawn(tree)[:3] == ["top", "├─ c42", "├─ c0"]
    assert drawn(tree)[-1] == "└─ 84 more"
    root = tree.root
    assert root is not None
    counts = []
    while shown := await tree.more(root):
        counts.append(shown)
    assert counts == [10] * 8 + [4]
    assert drawn(tree)[-1] == "└─ c94"
    names = [child.job.id for child in root.children]
    assert len(names) == len(set(names)) == 95
    assert branch.node.bond is Bond.UNPROCESSED, "known once its turn came"


async def test_a_server_that_hands_out_more_than_asked_for_shows_a_page_all_the_same() -> None:
    class Generous(FakeFlows):
        async def children(self, job, cursor, limit, known):  # type: ignore[no-untyped-def]
            return await super().children(job, cursor, limit + 25, known)

    flows = Generous()
    family(flows, "top", *(f"c{number}" for number in range(40)))
    tree = FlowTree(flows, width=10)
    root = await tree.open(job("top"))
    assert (len(root.children), root.left) == (10, 30)
    await tree.more(root)
    assert flows.reads == 1
    assert (len(root.children), root.left) == (20, 20)


async def test_where_a_page_holds_all_there_are_no_more() -> None:
    flows = FakeFlows()
    family(flows, "top", *(f"c{number}" for number in range(10)))
    flows.bonds[job("top")] += [(Bond.PROCESSED, job("late"))]
    tree = FlowTree(flows, width=10)
    root = await tree.open(job("top"))
    assert root.left == 1, "one came after the children were counted"
    flows.bonds[job("top")].pop()
    root = await tree.open(job("top"))
    assert drawn(tree)[-1] == "└─ c9"


async def test_parents_in_a_circle_end() -> None:
    flows = FakeFlows()
    for child, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        flows.jobs[job(child)] = FlowNode(job(child), children=Dependencies(unprocessed=1), parent=job(parent))
        flows.bonds[job(parent)] = [(Bond.UNPROCESSED, job(child))]
    tree = FlowTree(flows)
    await tree.open(job("a"))
    assert tree.circular
    assert await tree.expand_all(1_000, 1_000)
    assert drawn(tree) == ["c", "└─ b", "   └─ a", "      └─ c"]
    assert tree.lines()[-1].branch.again
    assert not tree.lines()[-1].branch.can_open


async def test_a_chain_without_an_end_is_read_up_to_a_height() -> None:
    flows = FakeFlows()
    for number in range(HEIGHT * 2):
        family(flows, str(number + 1), str(number))
    for number in range(HEIGHT * 2):
        flows.jobs[job(str(number))] = FlowNode(
            job(str(number)), children=Dependencies(unprocessed=1), parent=job(str(number + 1))
        )
    tree = FlowTree(flows)
    branch = await tree.open(job("0"))
    assert branch.depth == HEIGHT - 1


async def test_a_missing_parent_is_the_top() -> None:
    flows = FakeFlows(jobs={job("a"): FlowNode(job("a"), parent=job("gone"))})
    tree = FlowTree(flows)
    branch = await tree.open(job("a"))
    assert tree.root is not None
    assert tree.root.node.missing
    assert drawn(tree) == ["gone", "└─ a"]
    assert branch.parent is tree.root


async def test_all_is_expanded_level_by_level_up_to_a_number() -> None:
    flows = FakeFlows()
    family(flows, "top", "a", "b", "c")
    for name in "abc":
        family(flows, name, f"{name}1", f"{name}2")
    family(flows, "a1", "deep")
    flows.jobs[job("a")] = FlowNode(job("a"), children=Dependencies(unprocessed=2), parent=job("top"))
    tree = FlowTree(flows)
    await tree.open(job("top"))
    assert await tree.expand_all(2, 100)
    assert "deep" not in " ".join(drawn(tree))
    assert len(drawn(tree)) == 10
    other = FlowTree(flows)
    await other.open(job("top"))
    assert not await other.expand_all(5, 5)
    assert len(drawn(other)) == 6


async def test_states_are_read_again_and_a_failure_leaves_the_tree() -> None:
    flows = FakeFlows()
    family(flows, "top", "a", "b")
    tree = FlowTree(flows)
    await tree.open(job("a"))
    before = drawn(tree)
    flows.jobs[job("a")] = FlowNode(job("a"), state=JobState.FAILED)
    await tree.refresh(line.branch for line in tree.lines())
    shown = {line.branch.job.id: line.branch.node for line in tree.lines()}
    assert shown["a"].state is JobState.FAILED
    assert shown["a"].bond is Bond.UNPROCESSED
    flows.error = UnreachableError("gone")
    with pytest.raises(UnreachableError):
        await tree.open(job("b"))
    assert drawn(tree) == before


def test_counts_in_words() -> None:
    assert not counts_said(Dependencies())
    assert counts_said(Dependencies(unprocessed=3, processed=2)) == "2 of 5 done"
    assert counts_said(Dependencies(1, 1_000, 1, 1)) == "1,000 of 1,003 done, 1 failed, 1 ignored"


def test_keys_are_divided() -> None:
    colons = QueueRef("bull", "a:b")
    assert of_known("bull:a:b:c:d", [QueueRef("bull", "a"), colons]) == JobRef(colons, "c:d")
    assert of_known("bull:ab:c", [QueueRef("bull", "a")]) is None
    assert divisions("p:q:r:1") == [JobRef(QueueRef("p:q", "r"), "1"), JobRef(QueueRef("p", "q"), "r:1")]
    assert divisions("bull:q") == []
    assert queue_of("app:bull:mail") == QueueRef("app:bull", "mail")
    assert queue_of("app:bull:a:b", QueueRef("app:bull", "x")) == QueueRef("app:bull", "a:b")


def test_a_branch_without_children_opens_not() -> None:
    branch = Branch(FlowNode(job("a")))
    assert not branch.can_open
