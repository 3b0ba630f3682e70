"""Every trip to the server passes the gate, is told of by its name, and is not sent where the gate is closed."""

import asyncio

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.orders import LostAnswerError
from bulltui.store.calls import Calls
from bulltui.store.opening import open_calls
from bulltui.store.reader import RedisReader


class Watcher:
    """A gate that remembers."""

    def __init__(self) -> None:
        self.closed = False
        self.probes = 0
        self.heard: list[tuple[str, str]] = []

    async def enter(self, *, probe: bool = False) -> None:
        """See Gate."""
        self.probes += probe
        if self.closed:
            raise UnreachableError("The server was away a moment ago.", code="offline")

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """See Gate."""
        assert ms >= 0
        self.heard.append((call, error.code if error else ""))


@pytest.fixture
async def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
async def calls(server: EmbeddedServer, watcher: Watcher) -> Calls:
    return open_calls(Connection(server.url, label="eu"), watcher)


async def test_each_trip_is_told_by_its_name(calls: Calls, watcher: Watcher) -> None:
    try:
        await calls.execute("GET", "a")
        await calls.pipeline([("LLEN", "a"), ("LLEN", "b")])
        await calls.pipeline([("LLEN", "a"), ("GET", "b")])
        await calls.execute("CLIENT", "LIST", "ID", 0)
        await calls.batch([b"a"], [("LLEN", "")])
        await calls.once("HSET", "HSET", "h", "a", "b")
        await RedisReader(calls).latency(1)
    finally:
        await calls.close()
    names = [name for name, _ in watcher.heard]
    assert names[:4] == ["GET", "LLEN", "pipeline", "CLIENT LIST"]
    assert set(names[4:-2]) == {"batch"}  # once or twice: the script may have to be sent
    assert names[-2:] == ["HSET", "PING"]
    assert [code for _, code in watcher.heard if code] == []
    assert watcher.probes == 1


async def test_what_a_closed_gate_stops_is_not_sent(calls: Calls, watcher: Watcher, raw: Redis) -> None:
    watcher.closed = True
    try:
        for call in (
            calls.execute("SET", "a", "1"),
            calls.pipeline([("SET", "a", "1")]),
            calls.once("SET", "SET", "a", "1"),
        ):
            with pytest.raises(UnreachableError, match="a moment ago") as caught:
                await call
            assert not isinstance(caught.value, LostAnswerError)
    finally:
        await calls.close()
    assert raw.get("a") is None
    assert watcher.heard == []


async def test_only_a_server_that_is_away_is_told_as_such(watcher: Watcher, calls: Calls) -> None:
    try:
        with pytest.raises(BulltuiError):
            await calls.execute("NOSUCHCOMMAND")
        await calls.execute("PING")
    finally:
        await calls.close()
    away = open_calls(Connection("redis://127.0.0.1:1"), watcher)
    for call in (away.execute("PING"), away.pipeline([("PING",)]), away.once("SET", "SET", "a", "1")):
        with pytest.raises(UnreachableError):
            await call
    await away.close()
    assert watcher.heard == [
        ("NOSUCHCOMMAND", "server-error"),
        ("PING", ""),
        ("PING", "refused"),
        ("PING", "refused"),
        ("SET", "refused"),
    ]


async def test_a_probe_that_is_given_up_brought_nothing(calls: Calls, watcher: Watcher, raw: Redis) -> None:
    await calls.execute("PING")
    raw.client_pause(600)
    try:
        for probe in (True, False):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await calls.execute("PING", probe=probe)
    finally:
        raw.client_unpause()
        await calls.close()
    assert watcher.heard == [("PING", ""), ("PING", "timeout")]
