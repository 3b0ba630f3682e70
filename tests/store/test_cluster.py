"""A real Cluster: where commands go, what comes of slots that move and primaries that change, and what lies apart."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError, UsageError
from bulltui.domain.flow import JobRef
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item, LostAnswerError, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.roles import OPERATOR, VIEWER, Role
from bulltui.domain.states import JobState
from bulltui.store.acl import Wanted, grant
from bulltui.store.flows import RedisFlows
from bulltui.store.opening import open_calls
from bulltui.store.reader import RedisReader
from tests.servers.cluster import ClusterServer, slot_of
from tests.store.cluster_support import MAIL, T, Watcher, calls_to, fill, ran, reading, tags_on


@pytest.fixture
def cluster(running: ClusterServer) -> ClusterServer:
    running.flush()
    return running


@pytest.fixture
def raw(cluster: ClusterServer) -> Iterator[Any]:
    client = cluster.everywhere()
    yield client
    client.close()


@pytest.fixture
async def reader(cluster: ClusterServer) -> AsyncIterator[RedisReader]:
    async with reading(cluster) as made:
        yield made


def order(action: actions.Action, ref: QueueRef = MAIL, **more: Any) -> Order:
    return Order(action, ref, Layout.V5, T + 10**9, **more)


# --- where commands go


async def test_each_command_goes_to_the_node_of_its_key_and_the_answers_stay_in_order(
    cluster: ClusterServer, raw: Any
) -> None:
    for number in range(60):
        raw.set(f"key:{number}", number)
    watcher = Watcher()
    calls = calls_to(cluster, watcher)
    try:
        found = await calls.pipeline([("GET", f"key:{number}") for number in range(60)])
        assert found == [str(number).encode() for number in range(60)]
        assert watcher.heard == ["GET"]
        for node in cluster.primaries():
            assert ran(cluster, node, "get") > 5
        assert await calls.execute("GET", "key:7") == b"7"
        assert sum(ran(cluster, node, "get") for node in cluster.nodes) == 61  # nothing was sent astray
    finally:
        await calls.close()


async def test_many_queues_with_tags_of_their_own_take_a_handful_of_trips(cluster: ClusterServer, raw: Any) -> None:
    refs = [QueueRef(f"{{q{number}}}", "mail") for number in range(1002)]
    pipe = raw.pipeline(transaction=False)
    for ref in refs:
        pipe.hset(f"{ref.key}:meta", mapping={"version": "bullmq:5.81.5"})
        pipe.rpush(f"{ref.key}:wait", "a", "b")
        pipe.hset(f"{ref.key}:b", mapping={"timestamp": T})
    pipe.execute()
    watcher = Watcher()
    async with reading(cluster, watcher) as reader:
        await reader.counts(refs[:30])  # the slots, and each node has the script
        watcher.heard.clear()
        for node in cluster.nodes:
            cluster.tell(node, "CONFIG", "RESETSTAT")
        queues = await reader.counts(refs)
        assert [queue.ref for queue in queues] == refs
        assert {(queue.counts.waiting, queue.oldest_waiting_at) for queue in queues} == {(2, T)}
        assert len(watcher.heard) <= 10
        scripts = [ran(cluster, node, "evalsha_ro") for node in cluster.primaries()]
        assert sum(scripts) < 1_100
        assert min(scripts) > 200


async def test_a_search_goes_over_all_nodes_with_one_progress(cluster: ClusterServer, raw: Any) -> None:
    refs = {QueueRef(tag, "mail") for tags in tags_on(cluster, 3).values() for tag in tags}
    for ref in refs:
        fill(raw, ref, waiting=2)
    for number in range(500):
        raw.set(f"other:{number}:meta", number)  # another program's, each in a slot of its own
    async with reading(cluster) as reader:
        steps = [step async for step in reader.discover(None)]
    assert {ref for step in steps for ref in step.refs} == refs
    scanned = [step.scanned for step in steps]
    assert scanned == sorted(scanned)
    assert scanned[-1] == cluster.keys()


async def test_the_server_is_all_of_its_nodes(cluster: ClusterServer, reader: RedisReader, raw: Any) -> None:
    for number in range(30):
        raw.set(f"key:{number}", number)
    info = await reader.server()
    assert info.software in ("redis", "valkey")
    assert (info.mode, info.keys) == ("cluster", 30)
    assert sorted(node.role for node in info.nodes) == ["primary"] * 3 + ["replica"] * 3
    assert sum(node.slots for node in info.nodes) == 16_384
    assert {node.primary for node in info.nodes if node.role == "replica"} == {
        node.address for node in info.nodes if node.role == "primary"
    }
    assert info.used_memory == sum(node.used_memory or 0 for node in info.nodes if node.role == "primary")
    latency = await reader.latency(2)
    assert 0 < latency.best <= latency.worst


async def test_workers_are_seen_on_every_node_and_counted_once(cluster: ClusterServer, reader: RedisReader) -> None:
    name = "{bull}:bWFpbA==:w:one"
    clients = [cluster.client(node) for node in cluster.primaries()]
    try:
        for client in clients:  # a client of a Cluster has a connection to each node, of one name
            client.client_setname(name)
        second = cluster.client(cluster.holder(MAIL.key))
        clients.append(second)
        second.client_setname(name)
        found = [client for client in await reader.clients() if client.name == name]
        assert len(found) == 2  # the two at the node of the queue
    finally:
        for client in clients:
            client.close()


async def test_other_ways_to_announce_a_node(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, waiting=1)
    try:
        for kind, name in (("hostname", "localhost"), ("hostname", ""), ("unknown-endpoint", "")):
            for node in cluster.nodes:
                cluster.tell(node, "CONFIG", "SET", "cluster-announce-hostname", name)
                cluster.tell(node, "CONFIG", "SET", "cluster-preferred-endpoint-type", kind)
            async with reading(cluster) as reader:
                (queue,) = await reader.counts([MAIL])
                assert queue.counts.waiting == 1, (kind, name)
                info = await reader.server()
                assert not [node.problem for node in info.nodes if node.problem], (kind, name)
    finally:
        for node in cluster.nodes:
            cluster.tell(node, "CONFIG", "SET", "cluster-announce-hostname", "")
            cluster.tell(node, "CONFIG", "SET", "cluster-preferred-endpoint-type", "ip")


async def test_what_is_no_cluster_is_said(server: EmbeddedServer) -> None:
    calls = open_calls(Connection(f"redis+cluster://127.0.0.1:{server.port}"))
    try:
        with pytest.raises(BulltuiError, match="is no Redis Cluster") as caught:
            await calls.execute("GET", "a")
        assert caught.value.code == "no-cluster"
    finally:
        await calls.close()
    with pytest.raises(UsageError, match="tunnel"):
        open_calls(Connection("redis+cluster://127.0.0.1:1", tunnel=("ssh", "there")))
    away = open_calls(Connection("redis+cluster://127.0.0.1:1,127.0.0.1:2"))
    with pytest.raises(UnreachableError, match="None of the 2 known nodes"):
        await away.execute("PING")
    await away.close()


async def test_replicas_are_read_from_and_never_written_to(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, waiting=3)
    primary = cluster.holder(MAIL.key)
    replica = cluster.replica_of(primary)
    cluster.await_replicas()
    async with reading(cluster, replica=True) as reader:
        (queue,) = await reader.counts([MAIL])
        assert queue.counts.waiting == 3
        page = await reader.page(MAIL, JobState.WAITING, 0, 10)
        assert sorted(job.id for job in page.jobs) == ["0", "1", "2"]
        assert ran(cluster, primary, "evalsha_ro") + ran(cluster, primary, "eval_ro") == 0
        assert ran(cluster, replica, "evalsha_ro") > 0
        replica.kill()
        (queue,) = await reader.counts([MAIL])  # by the primary meanwhile
        assert queue.counts.waiting == 3


# --- while slots move


async def test_reading_goes_on_while_a_slot_moves(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, waiting=20, failed=20)
    source = cluster.holder(MAIL.key)
    target = next(node for node in cluster.primaries() if node is not source)
    async with reading(cluster) as reader:
        before = await _seen(reader)
        with cluster.moving(slot_of(MAIL.key), target) as move:
            assert await _seen(reader) == before
            while move.some(4):
                assert await _seen(reader) == before
            assert await _seen(reader) == before
        assert await _seen(reader) == before
    assert cluster.holder(MAIL.key) is target


async def _seen(reader: RedisReader) -> tuple[object, ...]:
    (queue,) = await reader.counts([MAIL])
    page = await reader.page(MAIL, JobState.FAILED, 0, 50)
    jobs = await reader.jobs(MAIL, ["0", "5", "15"], state=JobState.UNKNOWN, cap=1000)
    one = await reader.job(MAIL, "7")
    assert one is not None
    return (
        queue,
        page,
        tuple((job.id, job.state, job.raw["name"].text) for job in jobs),
        one.state,
        one.raw["opts"].text,
    )


async def test_a_change_waits_for_a_slot_that_moves_and_is_then_made_once(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, failed=5)
    source = cluster.holder(MAIL.key)
    target = next(node for node in cluster.primaries() if node is not source)
    async with reading(cluster) as reader:
        actor = reader.actor()
        for first in (["meta"], ["failed"], ["0"]):  # whichever went over first
            moving = cluster.moving(slot_of(MAIL.key), target)
            move = moving.__enter__()
            move.keys(*(f"{MAIL.key}:{name}" for name in first))
            task = asyncio.create_task(actor.act(order(actions.Retry()), [Item("0"), Item("1")]))
            await asyncio.sleep(0.2)
            assert not task.done()
            moving.__exit__(None, None, None)
            answer = await asyncio.wait_for(task, 10)
            assert answer.statuses in ((None, None), (None,))
            assert sorted(raw.lrange(f"{MAIL.key}:wait", 0, -1)) == [b"0", b"1"][: len(answer.statuses)]
            raw.flushall()
            fill(raw, MAIL, failed=5)
            source, target = target, source


async def test_a_change_is_refused_while_a_slot_stays_between_nodes(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, failed=5)
    source = cluster.holder(MAIL.key)
    target = next(node for node in cluster.primaries() if node is not source)
    async with reading(cluster) as reader:
        actor = reader.actor(timeout_s=0.5)
        with cluster.moving(slot_of(MAIL.key), target) as move:
            for gone in ((), (f"{MAIL.key}:failed", f"{MAIL.key}:3"), (f"{MAIL.key}:meta",)):
                if gone:
                    move.keys(*gone)
                with pytest.raises(BulltuiError, match=r"being moved.*nothing was changed") as caught:
                    await actor.act(order(actions.Retry()), [Item("0")])
                assert not isinstance(caught.value, LostAnswerError)
    assert raw.zcard(f"{MAIL.key}:failed") == 5
    assert raw.exists(f"{MAIL.key}:wait") == 0


# --- while primaries change


async def test_reading_goes_on_through_a_failover_without_an_error(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, waiting=5)
    watcher = Watcher()
    async with reading(cluster, watcher) as reader:
        taken = asyncio.create_task(asyncio.to_thread(cluster.failover, cluster.holder(MAIL.key)))
        seen = []
        while not taken.done():
            (queue,) = await reader.counts([MAIL])
            seen.append(queue.counts.waiting)
            await asyncio.sleep(0.01)
        await taken
        (queue,) = await reader.counts([MAIL])
        assert {*seen, queue.counts.waiting} == {5}
    assert watcher.away == []


async def test_after_a_primary_is_gone_reading_comes_back_by_itself(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, waiting=5)
    cluster.await_replicas()
    async with reading(cluster) as reader:
        await reader.counts([MAIL])
        cluster.kill(cluster.holder(MAIL.key))
        problems: list[str] = []

        async def comes_back() -> None:
            while True:
                try:
                    (queue,) = await reader.counts([MAIL])
                except UnreachableError as error:
                    problems.append(error.code)
                    await asyncio.sleep(0.05)
                else:
                    assert queue.counts.waiting == 5
                    return

        await asyncio.wait_for(comes_back(), 20)
        assert set(problems) <= {"refused", "closed", "cluster-down", "timeout"}
        info = await reader.server()
        assert len([node for node in info.nodes if not node.problem]) == 5


async def test_connections_do_not_grow_with_failovers(cluster: ClusterServer, raw: Any) -> None:
    fill(raw, MAIL, waiting=1)
    refs = [MAIL, *(QueueRef(tag, "mail") for tags in tags_on(cluster).values() for tag in tags)]
    async with reading(cluster) as reader:
        for _ in range(3):
            await asyncio.gather(*(reader.counts(refs) for _ in range(10)))
            await asyncio.to_thread(cluster.failover, cluster.holder(MAIL.key))
        await asyncio.gather(*(reader.counts(refs) for _ in range(10)))
        for node in cluster.nodes:
            own = [line for line in cluster.tell(node, "CLIENT", "LIST").splitlines() if b"name=bulltui" in line]
            assert len(own) <= 2


# --- what does not lie together


async def test_a_queue_without_a_hash_tag_is_read_and_not_changed(cluster: ClusterServer, raw: Any) -> None:
    bare = QueueRef("bull", "mail")
    fill(raw, bare, failed=3, waiting=2)
    before = _all_keys(cluster)
    async with reading(cluster) as reader:
        (queue,) = await reader.counts([bare])
        assert (queue.counts.failed, queue.counts.waiting) == (3, 2)
        page = await reader.page(bare, JobState.FAILED, 0, 10)
        assert len(page.jobs) == 3
        job = await reader.job(bare, "1")
        assert job is not None
        assert job.state is JobState.FAILED
        with pytest.raises(BulltuiError, match="hash tag") as caught:
            await reader.actor().act(order(actions.Retry(), bare), [Item("0")])
        assert caught.value.code == "no-hash-tag"
        assert "{bull}" in caught.value.hint
    assert _all_keys(cluster) == before


def _all_keys(cluster: ClusterServer) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for node in cluster.primaries():
        with cluster.client(node) as client:
            found |= {key: client.dump(key) for key in client.keys("*")}
    return found


@pytest.mark.parametrize(
    "action",
    [actions.Retry(), actions.Remove(), actions.Replay(), actions.RemoveChildren(), actions.Remove(children=True)],
    ids=lambda action: repr(action)[:30],
)
@pytest.mark.parametrize("nearby", [True, False], ids=["same-node", "other-node"])
async def test_a_flow_over_several_slots_is_read_and_left_as_it_is(
    cluster: ClusterServer, raw: Any, action: actions.Action, nearby: bool
) -> None:
    tags = tags_on(cluster, 2)
    one, *others = tags.values()
    child, parent = (QueueRef(one[0], "part"), QueueRef(one[1] if nearby else others[0][0], "whole"))
    fill(raw, child, failed=2)
    fill(raw, parent)
    up, down = f"{parent.key}:p", f"{child.key}:0"
    raw.hset(up, mapping={"name": "p", "data": "{}", "opts": "{}", "timestamp": T})
    raw.zadd(f"{parent.key}:waiting-children", {"p": T})
    raw.sadd(f"{up}:dependencies", down)
    raw.hset(down, mapping={"parentKey": up, "parent": f'{{"id":"p","queueKey":"{parent.key}"}}'})
    before = _all_keys(cluster)
    async with reading(cluster) as reader:
        of_child = not isinstance(action, actions.RemoveChildren) and not getattr(action, "children", False)
        ref, job_id = (child, "0") if of_child else (parent, "p")
        state = JobState.FAILED if of_child else JobState.WAITING_CHILDREN
        answer = await reader.actor().act(order(action, ref, state=state), [Item(job_id)])
        assert answer.statuses == (Reason.ELSEWHERE,)
        assert _all_keys(cluster) == before
        nodes = await RedisFlows(reader.calls).nodes([JobRef(parent, "p"), JobRef(child, "0"), JobRef(child, "1")])
        assert [(node.state, node.missing) for node in nodes] == [
            (JobState.WAITING_CHILDREN, False),
            (JobState.FAILED, False),
            (JobState.FAILED, False),
        ]
        assert nodes[1].parent == JobRef(parent, "p")


async def test_a_flow_in_one_slot_works_as_ever(cluster: ClusterServer, raw: Any) -> None:
    child, parent = QueueRef("{bull}", "part"), QueueRef("{bull}", "whole")
    fill(raw, child, failed=2)
    fill(raw, parent)
    up, down = f"{parent.key}:p", f"{child.key}:0"
    raw.hset(up, mapping={"name": "p", "data": "{}", "opts": "{}", "timestamp": T})
    raw.zadd(f"{parent.key}:waiting-children", {"p": T})
    raw.sadd(f"{up}:dependencies", down)
    raw.hset(down, mapping={"parentKey": up, "parent": f'{{"id":"p","queueKey":"{parent.key}"}}'})
    async with reading(cluster) as reader:
        answer = await reader.actor().act(order(actions.Remove(), child), [Item("0")])
        assert answer.statuses == (None,)
    assert raw.lrange(f"{parent.key}:wait", 0, -1) == [b"p"]


# --- with just the rights that are printed


@pytest.fixture
def as_user(cluster: ClusterServer) -> Iterator[Callable[[Role], str]]:
    """Makes a user for a role on every node; answers the URL with its name."""

    def made(role: Role) -> str:
        words = grant(Wanted(role, ("{bull}",), user="limited", password=">secret", way="cluster")).words
        for node in cluster.nodes:
            cluster.tell(node, *words)
        return cluster.url_as("limited", "secret")

    yield made
    for node in cluster.nodes:
        cluster.tell(node, "ACL", "DELUSER", "limited")


async def test_a_viewer_reads_while_a_slot_moves_and_changes_nothing(
    cluster: ClusterServer, raw: Any, as_user: Callable[[Role], str]
) -> None:
    fill(raw, MAIL, failed=10, waiting=10)
    source = cluster.holder(MAIL.key)
    target = next(node for node in cluster.primaries() if node is not source)
    reader = RedisReader(open_calls(Connection(as_user(VIEWER))))
    try:
        refs = {ref async for step in reader.discover(("{bull}",)) for ref in step.refs}
        assert refs == {MAIL}
        assert len((await reader.server()).nodes) == 6
        before = await _seen(reader)
        assert reader.scripts_allowed
        with cluster.moving(slot_of(MAIL.key), target) as move:
            while move.some(7):
                assert await _seen(reader) == before
        with pytest.raises(NotAllowedError):
            await reader.actor().act(order(actions.Retry()), [Item("0")])
    finally:
        await reader.close()
    assert raw.zcard(f"{MAIL.key}:failed") == 10


async def test_an_operator_acts(cluster: ClusterServer, raw: Any, as_user: Callable[[Role], str]) -> None:
    fill(raw, MAIL, failed=10)
    reader = RedisReader(open_calls(Connection(as_user(OPERATOR))))
    try:
        answer = await reader.actor().act(order(actions.Retry()), [Item("0")])
        assert answer.statuses == (None,)
    finally:
        await reader.close()
    assert raw.lrange(f"{MAIL.key}:wait", 0, -1) == [b"0"]
