"""How a change reaches the server: once or not at all, and nothing half done."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import Add, Duplicate, Fail, Promote, Release, Reprioritize, Retry
from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.orders import Cursor, LostAnswerError
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from bulltui.store.reader import RedisReader
from bulltui.store.scripts import digest
from tests.conftest import url_for
from tests.store.acting import Q, act, failed, fields, in_set, keys, listed, make_queue, put, told
from tests.store.support import MAIL, reading


class Proxy:
    """Passes on what client and server say, and breaks where it is told to."""

    def __init__(self, port: int) -> None:
        self._upstream = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_answer = self.cut_request = self.hold_answer = False
        self.scripts = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            upstream = socket.create_connection(("127.0.0.1", self._upstream))
            self._open += [client, upstream]
            for source, target, answers in ((client, upstream, False), (upstream, client, True)):
                threading.Thread(target=self._pass_on, args=(source, target, answers), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(65536):
                self.scripts += not answers and data.count(b"EVALSHA\r\n") + data.count(b"EVAL\r\n")
                if (answers and self.cut_answer) or (not answers and self.cut_request):
                    break
                if answers and self.hold_answer:
                    continue
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for one in (self._listener, *self._open):
            one.close()


@pytest.fixture
def proxy(server: EmbeddedServer, raw: Redis) -> Iterator[Proxy]:
    between = Proxy(server.port)
    yield between
    between.close()


@pytest.fixture
async def through(proxy: Proxy) -> AsyncIterator[RedisActor]:
    """An actor whose every byte goes through the proxy, with a connection that is made already."""
    async with reading(f"redis://127.0.0.1:{proxy.port}", timeout_s=0.3) as reader:
        await reader.calls.execute("PING")
        yield reader.actor(timeout_s=0.5)


async def test_the_script_is_loaded_when_the_server_lost_it(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    failed(raw, "2")
    raw.script_flush()
    assert await told(actor, Retry(), ["1"]) == [None]
    assert raw.script_exists(digest("act/retry")) == [True]
    assert await told(actor, Retry(), ["2"]) == [None]


@pytest.mark.parametrize("loaded", [True, False])
async def test_an_answer_that_is_lost(through: RedisActor, proxy: Proxy, raw: Any, loaded: bool) -> None:
    failed(raw, "1")
    failed(raw, "2")
    raw.script_flush()
    if loaded:
        assert await told(through, Retry(), ["1"]) == [None]
    proxy.scripts, proxy.cut_answer = 0, True
    with pytest.raises(LostAnswerError) as caught:
        await told(through, Retry(), ["2"])
    assert "may or may not" in caught.value.message
    assert caught.value.code == "lost-answer"
    assert proxy.scripts == 1
    proxy.cut_answer = False
    await asyncio.sleep(0.05)
    assert listed(raw, "wait") == (["2", "1"] if loaded else [])  # without the script NOSCRIPT was what got lost


async def test_a_request_that_is_lost(through: RedisActor, proxy: Proxy, raw: Any) -> None:
    failed(raw, "1")
    proxy.cut_request = True
    with pytest.raises(LostAnswerError):
        await told(through, Retry(), ["1"])
    assert proxy.scripts == 1
    assert listed(raw, "wait") == []


async def test_an_answer_that_comes_too_late_is_nobodys(through: RedisActor, proxy: Proxy, raw: Any) -> None:
    failed(raw, "1")
    failed(raw, "2")
    assert await told(through, Retry(), ["1"]) == [None]
    proxy.hold_answer = True
    with pytest.raises(LostAnswerError) as caught:
        await told(through, Retry(), ["2"])
    assert "in time" in caught.value.message
    proxy.hold_answer = False
    assert await through.calls.execute("ECHO", "mine") == b"mine"
    assert listed(raw, "wait") == ["2", "1"]


async def test_a_connection_closed_meanwhile_is_noticed_before(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    failed(raw, "2")
    assert await told(actor, Retry(), ["1"]) == [None]
    for client in raw.client_list():
        if client["name"] == "bulltui":
            raw.client_kill_filter(_id=client["id"])
    await asyncio.sleep(0.05)
    assert await told(actor, Retry(), ["2"]) == [None]
    assert listed(raw, "wait") == ["2", "1"]


async def test_a_server_that_is_not_there_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with reading(f"redis://127.0.0.1:{port}") as reader:
        with pytest.raises(UnreachableError) as caught:
            await told(reader.actor(), Retry(), ["1"])
    assert not isinstance(caught.value, LostAnswerError)
    assert caught.value.code == "refused"


async def test_a_paused_server(raw: Any, server: EmbeddedServer) -> None:
    failed(raw, "1")
    async with reading(url_for(server)) as reader:
        actor = reader.actor(timeout_s=0.2)
        await reader.calls.execute("PING")
        raw.client_pause(600, all=False)
        with pytest.raises(LostAnswerError):
            await told(actor, Retry(), ["1"])
        raw.client_unpause()


async def test_a_server_that_dies_in_the_middle() -> None:
    with EmbeddedServer() as own:
        raw = Redis(port=own.port)
        failed(raw, "1")
        async with reading(url_for(own)) as reader:
            actor = reader.actor(timeout_s=5)
            await reader.calls.execute("PING")
            raw.client_pause(10_000, all=False)
            running = asyncio.ensure_future(told(actor, Retry(), ["1"]))
            await asyncio.sleep(0.1)
            own.stop()
            with pytest.raises(LostAnswerError):
                await running
        raw.close()


async def test_a_cancelled_change_leaves_a_clean_connection(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    await actor.calls.execute("PING")
    raw.client_pause(300, all=False)
    running = asyncio.ensure_future(told(actor, Retry(), ["1"]))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    raw.client_unpause()
    assert await actor.calls.execute("ECHO", "mine") == b"mine"


async def test_no_more_than_two_connections(actor: RedisActor, raw: Any) -> None:
    for number in range(40):
        failed(raw, str(number))
    await asyncio.gather(*(told(actor, Retry(), [str(number)]) for number in range(40)))
    assert len(listed(raw, "wait")) == 40
    assert sum(client["name"] == "bulltui" for client in raw.client_list()) <= 2


async def test_a_change_may_take_longer_than_a_refresh(raw: Any, server: EmbeddedServer) -> None:
    failed(raw, "1")
    async with reading(url_for(server), timeout_s=0.1) as reader:
        actor = reader.actor(timeout_s=5)
        await reader.calls.execute("PING")
        raw.client_pause(400, all=False)
        assert await told(actor, Retry(), ["1"]) == [None]
        raw.client_unpause()
        with pytest.raises(UnreachableError):  # and a refresh not longer than its own time
            await reader.calls.execute("BLPOP", "nothing", 1)


@pytest.mark.parametrize(("name", "protocol"), [("", 2), ("", 3), ("old", 2), ("old", 3)])
async def test_in_every_way_that_scripts_run(raw: Any, server: EmbeddedServer, name: str, protocol: int) -> None:
    failed(raw, "1")
    failed(raw, b"\xff", score=1e12 + 1)
    async with reading(url_for(server, name, protocol=protocol)) as reader:
        actor = reader.actor()
        page = await actor.ids(MAIL, JobState.FAILED, Cursor(), 1)
        assert page.cursor is not None
        rest = await actor.ids(MAIL, JobState.FAILED, page.cursor, 5)
        ids = [*page.ids, *rest.ids]
        assert ids == ["\udcff", "1"]
        assert await told(actor, Retry(), ids) == [None, None]
        queue = await actor.queue(MAIL)
        assert queue is not None
        assert queue.counts.waiting == 2


# --- what the server refuses


@contextmanager
def user(raw: Any, *rights: str) -> Iterator[str]:
    """A user of the server with these rights."""
    raw.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">test", *rights)
    yield "limited"
    raw.execute_command("ACL", "DELUSER", "limited")


NEEDED = ("XADD", "ZREM", "HDEL", "LPUSH", "INCR", "ZADD", "HSET", "RPUSH", "LREM", "SADD", "LLEN", "ZSCORE", "HMGET")


@pytest.mark.parametrize("lacks", NEEDED)
async def test_a_missing_right_is_named_before_anything_is_done(raw: Any, server: EmbeddedServer, lacks: str) -> None:
    make_queue(raw)
    failed(raw, "1", priority=1)
    put(raw, JobState.DELAYED, "2")
    put(raw, JobState.ACTIVE, "3")
    put(raw, JobState.WAITING, "4")
    before = {key: raw.dump(key) for key in keys(raw)}
    with user(raw, "~*", "+@all", f"-{lacks}") as name:
        async with reading(url_for(server, name)) as reader:
            actor = reader.actor()
            orders = ((Retry(), "1"), (Promote(), "2"), (Release(), "3"), (Fail(), "3"), (Reprioritize(2), "4"))
            for action, job_id in (*orders, (Add("x"), "")):
                with pytest.raises(NotAllowedError) as caught:
                    await told(actor, action, [job_id])
                assert lacks.lower() in caught.value.message
    assert {key: raw.dump(key) for key in keys(raw)} == before


@pytest.mark.parametrize("rights", [("-eval", "-evalsha"), ("-@scripting",)])
async def test_without_scripts_nothing_can_be_changed(raw: Any, server: EmbeddedServer, rights: tuple[str]) -> None:
    failed(raw, "1")
    with user(raw, "~*", "+@all", *rights) as name:
        async with reading(url_for(server, name)) as reader:
            with pytest.raises(NotAllowedError) as caught:
                await told(reader.actor(), Retry(), ["1"])
    assert caught.value.code == "no-scripts"
    assert "+evalsha" in caught.value.hint
    assert in_set(raw, "failed").keys() == {"1"}


async def test_keys_that_are_not_allowed(raw: Any, server: EmbeddedServer) -> None:
    failed(raw, "1", parentKey="secret:other:p")
    raw.hset("secret:other:p", "name", "parent")
    raw.hset("secret:other:p:failed", f"{Q}:1", "why")
    with user(raw, "~bull:*", "+@all") as name:
        async with reading(url_for(server, name)) as reader:
            assert await told(reader.actor(), Retry(), ["1"]) == [None]
    assert raw.hlen("secret:other:p:failed") == 1
    with user(raw, "~other:*", "+@all") as name:
        async with reading(url_for(server, name)) as reader:
            with pytest.raises(NotAllowedError):
                await told(reader.actor(), Retry(), ["1"])


@pytest.mark.parametrize("lacks", ["time", "copy", "persist"])
async def test_rights_that_it_can_do_without(raw: Any, server: EmbeddedServer, lacks: str) -> None:
    failed(raw, "1", data="x" * 100_000)
    with user(raw, "~*", "+@all", f"-{lacks}") as name:
        async with reading(url_for(server, name)) as reader:
            assert await told(reader.actor(), Duplicate(), ["1"]) == [None]
    assert raw.hget(f"{Q}:1", "data") == raw.hget(f"{Q}:2", "data")
    assert raw.hlen(f"{Q}:2") == 6


async def test_a_read_only_replica(raw: Any) -> None:
    with EmbeddedServer() as own, Redis(port=own.port) as replica:
        failed(replica, "1")
        replica.replicaof("127.0.0.1", 1)
        async with reading(url_for(own)) as reader:
            with pytest.raises(BulltuiError) as caught:
                await told(reader.actor(), Retry(), ["1"])
    assert caught.value.code in ("read-only-server", "master-down")


async def test_a_server_that_is_full(raw: Any) -> None:
    with EmbeddedServer() as own, Redis(port=own.port) as full:
        failed(full, "1")
        full.config_set("maxmemory", 1)
        async with reading(url_for(own)) as reader:
            with pytest.raises(BulltuiError) as caught:
                await told(reader.actor(), Add("x"), [""])
            assert caught.value.code == "out-of-memory"
            # What begins by taking something away is let through, and then to its end.
            assert await told(reader.actor(), Retry(), ["1"]) == [None]
        assert full.lrange(f"{Q}:wait", 0, -1) == [b"1"]


@pytest.mark.parametrize(
    "suffix", ["wait", "active", "prioritized", "delayed", "failed", "marker", "events", "meta", "paused", "repeat"]
)
async def test_a_key_of_another_program(actor: RedisActor, raw: Any, suffix: str) -> None:
    failed(raw, "1")
    key = put(raw, JobState.DELAYED, "2")
    raw.delete(f"{Q}:{suffix}")
    raw.set(f"{Q}:{suffix}", "mine")
    before = {name: raw.dump(name) for name in keys(raw)}
    for action, job_id in ((Retry(), "1"), (Promote(), "2"), (Add("x"), "")):
        with pytest.raises(BulltuiError) as caught:
            await told(actor, action, [job_id])
        assert caught.value.message == (
            f"The key {suffix} of the queue holds a string of another program, so nothing was changed."
        )
    assert {name: raw.dump(name) for name in keys(raw)} == before
    assert fields(raw, key)


@pytest.mark.parametrize("suffix", ["id", "pc"])
@pytest.mark.parametrize("value", ["abc", "", "1.5", "9223372036854775807"])
async def test_a_counter_that_cannot_count(actor: RedisActor, raw: Any, suffix: str, value: str) -> None:
    failed(raw, "1", priority=1)
    raw.set(f"{Q}:{suffix}", value)
    with pytest.raises(BulltuiError, match=f"The key {suffix} of the queue"):
        await act(actor, Retry(), ["1"])
    assert in_set(raw, "failed").keys() == {"1"}


# --- ids and the queue itself


async def test_ids_need_scripts(raw: Any, server: EmbeddedServer) -> None:
    failed(raw, "1")
    made = RedisReader.from_url(url_for(server, "plain"))
    with pytest.raises(NotAllowedError) as caught:
        await made.actor().ids(MAIL, JobState.FAILED, Cursor(), 10)
    await made.close()
    assert caught.value.code == "no-scripts"
