"""Parents and children as they lie in Redis, whatever their ids, and however many."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.flow import Bond, ChildCursor, FlowNode, JobRef
from bulltui.domain.job import Dependencies
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.services.flows import FlowTree
from bulltui.store.flows import RedisFlows
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD, url_for
from tests.own_time import own_time
from tests.store.support import MAIL, ServerTime, add_job, fill_list, reading

TOP = QueueRef("bull", "top")
LEAF = QueueRef("bull", "leaf")
ROOT = JobRef(TOP, "root")


@pytest.fixture
def flows(reader: RedisReader) -> RedisFlows:
    """Reads flows in each way."""
    return RedisFlows(reader.calls)


def add_child(raw: Any, key: str, parent: JobRef = ROOT, **fields: Any) -> None:
    """A child's hash, with its parent as the library notes it."""
    queue, _, job_id = key.rpartition(":")
    told = {"id": parent.id, "queueKey": parent.ref.key}
    add_job(raw, queue, job_id, parentKey=f"{parent.ref.key}:{parent.id}", parent=json.dumps(told), **fields)


async def all_children(
    flows: RedisFlows, job: JobRef = ROOT, limit: int = 50, known: Sequence[QueueRef] = ()
) -> list[FlowNode]:
    """All children of a job, page by page."""
    nodes: list[FlowNode] = []
    cursor: ChildCursor | None = ChildCursor()
    while cursor is not None:
        page = await flows.children(job, cursor, limit, known)
        nodes += page.nodes
        cursor = page.cursor
    return nodes


# --- nodes


async def test_a_node_has_its_state_its_counts_and_its_parent(flows: RedisFlows, raw: Redis) -> None:
    add_child(raw, "bull:leaf:7", failedReason="no money\nat all")
    raw.zadd("bull:leaf:failed", {"7": 1})
    raw.sadd("bull:leaf:7:dependencies", "a:b:1", "a:b:2")
    raw.hset("bull:leaf:7:processed", mapping={"a:b:3": "1"})
    raw.hset("bull:leaf:7:failed", mapping={"a:b:4": "bad", "a:b:5": "bad", "a:b:6": "bad"})
    raw.zadd("bull:leaf:7:unsuccessful", {"a:b:7": 1})
    assert await flows.nodes([JobRef(LEAF, "7")]) == [
        FlowNode(
            JobRef(LEAF, "7"),
            name="job",
            state=JobState.FAILED,
            failed_reason="no money\nat all",
            children=Dependencies(unprocessed=2, processed=1, ignored=3, failed=1),
            parent=ROOT,
        )
    ]


async def test_every_state_is_found(flows: RedisFlows, raw: Redis) -> None:
    for number, state in enumerate(("completed", "failed", "delayed", "prioritized", "waiting-children")):
        add_job(raw, "bull:leaf", str(number))
        raw.zadd(f"bull:leaf:{state}", {str(number): 1})
    for number, state in enumerate(("active", "wait", "paused"), start=5):
        add_job(raw, "bull:leaf", str(number))
        raw.rpush(f"bull:leaf:{state}", str(number), "other")
    add_job(raw, "bull:leaf", "8")
    nodes = await flows.nodes([JobRef(LEAF, str(number)) for number in range(10)])
    assert [node.state.value for node in nodes] == [
        *("completed", "failed", "delayed", "prioritized", "waiting-children"),
        *("active", "waiting", "paused", "unknown", "unknown"),
    ]
    assert [node.missing for node in nodes] == [False] * 9 + [True]


async def test_one_in_a_list_too_long_to_look_through_waits(flows: RedisFlows, raw: Redis) -> None:
    fill_list(raw, "bull:leaf:wait", 300_000)
    add_job(raw, "bull:leaf", "150000")
    (node,) = await flows.nodes([JobRef(LEAF, "150000")])
    assert node.state is JobState.WAITING


async def test_strangers_hashes(flows: RedisFlows, raw: Any) -> None:
    raw.set("bull:leaf:text", "no hash")
    raw.hset("bull:leaf:1", mapping={"name": b"\xff\x1b[31m", "parent": "no json", "parentKey": "bull:top:a"})
    raw.hset("bull:leaf:2", mapping={"name": "x" * 100_000, "parent": "[]", "failedReason": "é" * 20_000})
    raw.hset("bull:leaf:3", mapping={"parent": '{"id":5,"queueKey":"bull:top"}'})
    raw.set("bull:leaf:3:dependencies", "no set")
    raw.set("bull:leaf:completed", "no set")
    raw.hset("bull:leaf:4", mapping={"parent": '{"id":true,"queueKey":1}', "parentKey": "nothing"})
    names = ["text", "1", "2", "3", "4"]
    text, one, two, three, four = await flows.nodes([JobRef(LEAF, name) for name in names])
    assert text.missing
    assert (one.name, one.parent) == ("\udcff\x1b[31m", JobRef(TOP, "a"))
    assert (two.name, two.failed_reason, two.parent) == ("", "é" * 256, None)
    assert (three.parent, three.children) == (JobRef(TOP, "5"), Dependencies())
    assert four.parent is not None
    assert four.parent.id == "nothing"


# --- children


async def test_those_that_failed_come_first_then_the_pending_the_ignored_and_the_done(
    flows: RedisFlows, raw: Redis
) -> None:
    add_job(raw, "bull:top", "root")
    for name in ("done", "pending", "ignored", "failed"):
        add_child(raw, f"bull:leaf:{name}")
    raw.sadd("bull:top:root:dependencies", "bull:leaf:pending")
    raw.hset("bull:top:root:processed", mapping={"bull:leaf:done": "x" * 10_000, "bull:leaf:gone": "1"})
    raw.hset("bull:top:root:failed", mapping={"bull:leaf:ignored": "bad"})
    raw.zadd("bull:top:root:unsuccessful", {"bull:leaf:failed": 1})
    nodes = await all_children(flows)
    assert [node.bond for node in nodes] == [*Bond, Bond.PROCESSED]
    assert [node.job.id for node in nodes][:3] == ["failed", "pending", "ignored"]
    assert {node.job.id: node.missing for node in nodes[3:]} == {"done": False, "gone": True}


async def test_keys_with_colons_are_divided_by_the_longest_known_queue_then_by_what_is_there(
    flows: RedisFlows, raw: Redis
) -> None:
    keys = ["bull:leaf:repeat:nightly:17", "bull:leaf:a:b:c", "app:prod:bull:leaf:7", "bull:v3:with:colon:9", "odd"]
    raw.sadd("bull:top:root:dependencies", *keys, "bull:top:x:y:z")
    raw.hset("bull:leaf:meta", "opts.maxLenEvents", "1")
    raw.hset("app:prod:bull:leaf:meta", "opts.maxLenEvents", "1")
    known = (QueueRef("bull", "v3"), QueueRef("bull", "v3:with:colon"))
    jobs = {node.job for node in await all_children(flows, known=known)}
    assert jobs == {
        JobRef(LEAF, "repeat:nightly:17"),
        JobRef(LEAF, "a:b:c"),
        JobRef(QueueRef("app:prod:bull", "leaf"), "7"),
        JobRef(QueueRef("bull", "v3:with:colon"), "9"),
        JobRef(TOP, "x:y:z"),
        JobRef(QueueRef("", ""), "odd"),
    }


async def test_a_parent_under_a_prefix_with_colons_is_in_its_queue(flows: RedisFlows, raw: Redis) -> None:
    there = QueueRef("app:prod:bull", "v3:with:colon")
    add_child(raw, "app:prod:bull:leaf:7", JobRef(there, "a:b"))
    (node,) = await flows.nodes([JobRef(QueueRef("app:prod:bull", "leaf"), "7")])
    assert node.parent == JobRef(there, "a:b")


async def test_children_of_foreign_types_are_none(flows: RedisFlows, raw: Redis) -> None:
    for suffix in ("dependencies", "processed", "failed", "unsuccessful"):
        raw.set(f"bull:top:root:{suffix}", "text")
    assert await all_children(flows) == []


def wide(raw: Any, count: int, value: str = "1") -> None:
    """A parent with so many children, half of them done."""
    add_job(raw, "bull:top", "root")
    raw.hset("bull:leaf:meta", "opts.maxLenEvents", "1")
    with raw.pipeline(transaction=False) as pipe:
        pipe.zadd("bull:top:waiting-children", {"root": 1})
        for number in range(count):
            add_child(pipe, f"bull:leaf:{number}")
            if number % 2:
                pipe.hset("bull:top:root:processed", f"bull:leaf:{number}", value)
                pipe.zadd("bull:leaf:completed", {str(number): number})
            else:
                pipe.sadd("bull:top:root:dependencies", f"bull:leaf:{number}")
                pipe.lpush("bull:leaf:wait", str(number))
        pipe.execute()


@pytest.mark.parametrize("limit", [7, 50, 1_000])
async def test_pages_hold_every_child_once(flows: RedisFlows, raw: Redis, limit: int) -> None:
    wide(raw, 700)
    nodes = await all_children(flows, limit=limit)
    assert len(nodes) == len({node.job for node in nodes}) == 700
    assert {(node.bond, node.state) for node in nodes} == {
        (Bond.UNPROCESSED, JobState.WAITING),
        (Bond.PROCESSED, JobState.COMPLETED),
    }


async def test_more_results_than_are_listed_whole(flows: RedisFlows, raw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("flows", "plain_flows"):
        monkeypatch.setattr(f"bulltui.store.{module}.LISTED_WHOLE", 500)
    count = 1_200
    raw.hset("bull:top:root:processed", mapping={f"bull:leaf:{number}": "1" for number in range(count)})
    cursor: ChildCursor | None = ChildCursor()
    seen: set[str] = set()
    while cursor is not None:
        page = await flows.children(ROOT, cursor, 150, (LEAF,))
        seen.update(node.job.id for node in page.nodes)
        cursor = page.cursor
    assert len(seen) == count


# --- what it costs


async def test_a_flow_of_three_levels_and_two_thousand_children_opens_at_once(
    scripted: RedisReader, raw: Redis
) -> None:
    wide(raw, 2_000)
    add_child(raw, "bull:mail:deep", JobRef(LEAF, "0"))
    raw.sadd("bull:leaf:0:dependencies", "bull:mail:deep")
    flows = RedisFlows(scripted.calls)
    best = 1e9
    for _ in range(5):
        started = own_time()
        tree = FlowTree(flows)
        branch = await tree.open(JobRef(MAIL, "deep"))
        best = min(best, own_time() - started)
        assert [one.job for one in branch.above()] == [JobRef(LEAF, "0"), ROOT]
        assert tree.root is not None
        assert tree.root.left == 2_000 - len(tree.root.children)
    assert best < 0.2
    root = branch.parent.parent if branch.parent else None
    assert root is not None
    assert root is tree.root
    while await tree.more(root):
        pass
    assert len(root.children) == 2_000


@pytest.mark.quiet
async def test_no_call_is_long(scripted: RedisReader, raw: Redis) -> None:
    wide(raw, 2_000)
    flows = RedisFlows(scripted.calls)

    async def read() -> None:
        assert len(await all_children(flows)) == 2_000

    await ServerTime(raw).of(read, longest_ms=10)


@pytest.mark.quiet
async def test_results_of_megabytes_are_not_read(scripted: RedisReader, raw: Any) -> None:
    add_job(raw, "bull:top", "root")
    for number in range(20):
        add_child(raw, f"bull:leaf:{number}")
        raw.hset("bull:top:root:processed", f"bull:leaf:{number}", "x" * 5_000_000)
    flows = RedisFlows(scripted.calls)

    async def read() -> None:
        assert len(await all_children(flows)) == 20

    await ServerTime(raw).of(read, longest_ms=5)


async def test_circles_and_missing_parents_end(flows: RedisFlows, raw: Redis) -> None:
    a, b = JobRef(TOP, "a"), JobRef(TOP, "b")
    add_child(raw, "bull:top:a", b)
    add_child(raw, "bull:top:b", a)
    raw.sadd("bull:top:a:dependencies", "bull:top:b")
    raw.sadd("bull:top:b:dependencies", "bull:top:a")
    tree = FlowTree(flows)
    await tree.open(a)
    assert tree.circular
    assert await tree.expand_all(50, 1_000)
    assert len(tree.lines()) <= 4
    add_child(raw, "bull:top:self", JobRef(TOP, "self"))
    raw.sadd("bull:top:self:dependencies", "bull:top:self")
    tree = FlowTree(flows)
    await tree.open(JobRef(TOP, "self"))
    assert [line.branch.again for line in tree.lines()] == [False, True]
    add_child(raw, "bull:leaf:1", JobRef(TOP, "gone"))
    branch = await tree.open(JobRef(LEAF, "1"))
    assert tree.root is not None
    assert tree.root.node.missing
    assert branch.parent is tree.root


# --- rights


@pytest.mark.parametrize("scripts", ["+@all", "+@all -@scripting"])
async def test_children_where_the_user_may_not_read_hide_no_others(
    server: EmbeddedServer, raw: Any, scripts: str
) -> None:
    add_job(raw, "bull:top", "root")
    for number in range(9):
        where = "secret" if number in (0, 4, 5) else "leaf"
        add_child(raw, f"bull:{where}:{number}")
        raw.sadd("bull:top:root:dependencies", f"bull:{where}:{number}")
    words = ("reset", "on", f">{PASSWORD}", "~bull:top:*", "~bull:leaf:*", *scripts.split())
    raw.execute_command("ACL", "SETUSER", "some", *words)
    async with reading(url_for(server, "some")) as limited:
        nodes = await all_children(RedisFlows(limited.calls))
        tree = FlowTree(RedisFlows(limited.calls), (), 50)
        await tree.open(ROOT)
    raw.execute_command("ACL", "DELUSER", "some")
    assert sorted(node.job.id for node in nodes if node.hidden) == ["0", "4", "5"]
    assert {node.name for node in nodes if not node.hidden} == {"job"}
    assert not any(node.missing for node in nodes)
    assert len(tree.lines()) == 10
