"""Servers that sentinels know: found, found again after a failover, and every way in which they are not."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection, Tls
from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError, UsageError
from bulltui.store.calls import Calls
from bulltui.store.opening import open_blocking_calls, open_calls
from bulltui.store.server import read_server
from tests.own_time import own_time
from tests.servers.addresses import free_port
from tests.servers.certificates import Certificates
from tests.servers.cluster import wait_for
from tests.servers.sentinel import MASTER, SentinelServers

PASSWORD, OTHER = "of-the-servers", "of-the-sentinels"


@pytest.fixture(scope="module")
def servers() -> Iterator[SentinelServers]:
    """Two passwords: that of the servers, and that of the sentinels."""
    with SentinelServers(password=PASSWORD, sentinel_password=OTHER) as running:
        yield running


@contextlib.asynccontextmanager
async def calling(url: str, *, replica: bool = False, timeout_s: float = 1.3) -> AsyncIterator[Calls]:
    calls = open_calls(Connection(url, replica=replica, connect_timeout_s=timeout_s))
    try:
        yield calls
    finally:
        await calls.client.aclose()


async def port_of(calls: Calls) -> int:
    """Where the server listens that is called."""
    told = await calls.execute("INFO", "server")
    return int(bytes(told).partition(b"tcp_port:")[2].split(b"\r\n", 1)[0])


async def refusal(url: str, *, within_s: float = 2.0, replica: bool = False) -> BulltuiError:
    started = own_time()
    async with calling(url, replica=replica) as calls:
        with pytest.raises(BulltuiError) as caught:
            await calls.execute("PING")
    assert own_time() - started < within_s
    assert caught.value.hint
    for secret in (PASSWORD, OTHER):
        assert secret not in caught.value.message + caught.value.hint
    return caught.value


async def test_master_and_replica_are_found(servers: SentinelServers) -> None:
    async with calling(servers.url) as calls:
        assert await port_of(calls) == servers.master.port
        assert await calls.execute("SET", "x", 1) == b"OK"
        assert PASSWORD not in calls.address
        assert OTHER not in calls.address
    async with calling(servers.url, replica=True) as calls:
        assert await port_of(calls) in [node.port for node in servers.replicas]
    followed = open_blocking_calls(Connection(servers.url), block_s=0.1, connected=lambda: None)
    assert await port_of(followed) == servers.master.port
    await followed.client.aclose()


async def test_one_sentinel_that_answers_is_enough(servers: SentinelServers) -> None:
    """Of the others one is not there, one drops what it is sent, and one has no name that is known."""
    listener = socket.create_server(("127.0.0.1", 0))
    silent = listener.getsockname()[1]
    alive = servers.sentinels[1].port
    url = servers.url.replace(
        ",".join(f"127.0.0.1:{one.port}" for one in servers.sentinels),
        f"127.0.0.1:{free_port()},no-such-host.invalid,127.0.0.1:{silent},127.0.0.1:{alive}",
    )
    async with calling(url) as calls:
        started = time.monotonic()
        assert await port_of(calls) == servers.master.port
        assert time.monotonic() - started < 1.0
        await calls.client.connection_pool.disconnect()
        started = own_time()
        assert await port_of(calls) == servers.master.port
        assert own_time() - started < 0.15, "the one that answered last is asked first"
    listener.close()


async def test_no_sentinel_answers(servers: SentinelServers) -> None:
    one, two = free_port(), free_port()
    error = await refusal(f"redis+sentinel://127.0.0.1:{one},127.0.0.1:{two}/main")
    assert (type(error), error.code) == (UnreachableError, "no-sentinel")
    assert f"127.0.0.1:{one}: refused; 127.0.0.1:{two}: refused" in error.message
    error = await refusal(f"redis+sentinel://127.0.0.1:{one}/main")
    assert (type(error), error.code) == (UnreachableError, "refused")
    assert "sentinel" in error.message
    listener = socket.create_server(("127.0.0.1", 0))
    error = await refusal(f"redis+sentinel://127.0.0.1:{listener.getsockname()[1]}/main")
    assert (type(error), error.code) == (UnreachableError, "timeout")
    listener.close()


async def test_name_that_no_sentinel_knows(servers: SentinelServers) -> None:
    error = await refusal(servers.url_of(*servers.sentinels, name="nobody"))
    assert (type(error), error.code) == (UsageError, "unknown-master")
    assert "nobody" in error.message


async def test_what_is_no_sentinel(servers: SentinelServers, server: EmbeddedServer) -> None:
    error = await refusal(f"redis+sentinel://127.0.0.1:{server.port}/main")
    assert (type(error), error.code) == (UnreachableError, "no-sentinel")
    assert "is no sentinel" in error.message


async def test_sentinels_without_tls(servers: SentinelServers) -> None:
    error = await refusal(servers.url.replace("redis+", "rediss+"), within_s=3)
    assert isinstance(error, UnreachableError)
    assert "redis+sentinel://" in error.hint


async def test_a_sentinel_is_taken_for_no_server(servers: SentinelServers) -> None:
    """Its queues are not read as faulty ones."""
    async with calling(f"redis://:{OTHER}@127.0.0.1:{servers.sentinels[0].port}") as calls:
        for read in (
            calls.batch([b"bull:mail:"], [("TYPE", "meta"), ("LLEN", "wait")]),
            calls.execute("DBSIZE"),
        ):
            with pytest.raises(UnreachableError, match="as a sentinel") as caught:
                await read
            assert "redis+sentinel://" in caught.value.hint


async def test_passwords_of_sentinels_and_of_servers(servers: SentinelServers) -> None:
    for option in ("", f"?sentinel_password={PASSWORD}", f"?sentinel_username=nobody&sentinel_password={OTHER}"):
        url = servers.url.partition("?")[0] + option
        error = await refusal(url)
        assert (type(error), error.code) == (NotAllowedError, "sentinel-password")
        assert "sentinel_password" in error.hint
        async with calling(url) as calls:  # and so again, while it is not asked anew
            for _ in range(2):
                with pytest.raises(NotAllowedError, match="refused the user name or password"):
                    await calls.execute("PING")
    error = await refusal(servers.url.replace(PASSWORD, "nonsense"))
    assert (type(error), error.code) == (NotAllowedError, "wrong-password")


async def test_password_of_a_command(servers: SentinelServers, tmp_path: Path) -> None:
    """It takes longer than connecting may, and is asked for again once when it is refused."""
    for number, word in enumerate((PASSWORD, "nonsense"), 1):
        command = ("/bin/sh", "-c", f"echo x >> {tmp_path}/{number}; sleep 0.6; echo {word}")
        url = servers.url.replace(f":{PASSWORD}@", "")
        calls = open_calls(Connection(url, password_command=command, connect_timeout_s=0.5))
        try:
            if word == PASSWORD:
                assert await port_of(calls) == servers.master.port
            else:
                for _ in range(5):
                    with pytest.raises(NotAllowedError) as caught:
                        await calls.execute("PING")
                    assert caught.value.code == "wrong-password"
            assert (tmp_path / str(number)).read_text() == "x\n"
        finally:
            await calls.client.aclose()


async def test_a_user_who_may_not_ask_for_the_role(servers: SentinelServers) -> None:
    for node in servers.nodes:
        with servers.client(node) as client:
            client.execute_command("ACL", "SETUSER", "poor", "on", ">x", "~*", "&*", "+@all", "-role")
    async with calling(servers.url.replace(f":{PASSWORD}@", "poor:x@")) as calls:
        assert await port_of(calls) == servers.master.port


async def test_replica_that_is_away_gives_way_to_the_master(servers: SentinelServers) -> None:
    """And when it is back, it is read from again at the next look at its role."""
    replica = servers.replicas[0]
    replica.pause()
    try:
        async with calling(servers.url, replica=True) as calls:
            started = own_time()
            assert await port_of(calls) == servers.master.port
            assert own_time() - started < 1.4
            replica.resume()
            deadline = time.monotonic() + 10
            while await port_of(calls) != replica.port:
                await read_server(calls)
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
    finally:
        replica.resume()
        wait_for(servers.is_whole, "all is well again")


async def test_tls_to_sentinels_and_servers(tmp_path: Path) -> None:
    """One server with TLS, and what says that it is its sentinel, with TLS as well."""
    certificates = Certificates(tmp_path)
    port, sentinel_port = free_port(), free_port()
    with (
        EmbeddedServer(config=certificates.server_config(port)),
        EmbeddedServer(config=certificates.server_config(sentinel_port)) as plain,
    ):
        tls = Tls(str(certificates.ca), str(certificates.client.cert), str(certificates.client.key))
        calls = open_calls(Connection(f"rediss+sentinel://localhost:{sentinel_port}/main", tls=tls))
        with pytest.raises(UnreachableError, match="is no sentinel"):
            await calls.execute("PING")
        await calls.client.aclose()
        calls = open_calls(Connection(f"rediss+sentinel://localhost:{plain.port}/main", tls=tls))
        with pytest.raises(UnreachableError) as caught:
            await calls.execute("PING")
        assert caught.value.code in ("timeout", "no-tls")
        await calls.client.aclose()


async def test_a_demoted_master_is_left_and_its_answer_is_an_answer() -> None:
    """READONLY says that nothing was done: it is told, nothing is sent again, and the next call finds the new one."""
    with SentinelServers(replicas=1) as servers:
        old = servers.master
        async with calling(servers.url) as calls, calling(servers.url) as idle:
            assert await port_of(calls) == await port_of(idle) == old.port
            with servers.client(old) as client:
                client.replicaof("127.0.0.1", str(servers.replicas[0].port))
            with pytest.raises(NotAllowedError) as caught:
                await calls.execute("SET", "x", 1)
            assert caught.value.code == "read-only-server"
            with servers.client(old) as client:
                client.replicaof("NO", "ONE")
            new = servers.failover()
            await asyncio.sleep(1.1)
            assert await port_of(calls) == new.port
            with servers.client(old) as client:
                client.replicaof("NO", "ONE")
            assert await port_of(idle) == new.port, "nobody told it, and the old one still takes itself for the master"


async def test_a_change_right_after_a_failover_goes_to_the_new_master() -> None:
    """The sentinels were asked just before it, which holds for a while for what only reads."""
    with SentinelServers() as servers:
        async with calling(servers.url) as calls:
            await calls.once("SET", "SET", "before", "1")
            before = await port_of(calls)
            new = await asyncio.to_thread(servers.failover)
            pool = calls.client.connection_pool
            pool.connection_kwargs["sentinels"].asked_at = time.monotonic()
            await calls.once("SET", "SET", "after", "1")
            with servers.client(new) as raw:
                assert raw.exists("after")
            assert await port_of(calls) == new.port != before


async def test_a_role_that_changes_has_connections_made_anew(server: EmbeddedServer, raw: Redis) -> None:
    """One server by its name is another one after a failover, where the name leads elsewhere."""
    async with calling(f"redis://127.0.0.1:{server.port}") as calls:
        ids = [await calls.execute("CLIENT", "ID")]
        raw.replicaof("127.0.0.1", "1")
        try:
            for role in ("slave", "slave", "master"):
                if role == "master":
                    raw.replicaof("NO", "ONE")
                assert (await read_server(calls)).role == role
                ids.append(await calls.execute("CLIENT", "ID"))
            raw.replicaof("127.0.0.1", "1")
            with pytest.raises(NotAllowedError):
                await calls.execute("SET", "x", 1)
            ids.append(await calls.execute("CLIENT", "ID"))
        finally:
            raw.replicaof("NO", "ONE")
    assert [ids[0] == ids[1], ids[1] == ids[2], ids[2] == ids[3], ids[3] == ids[4]] == [True, True, False, False]


async def test_a_dead_master_is_told_and_the_next_one_found() -> None:
    with SentinelServers(replicas=1) as servers:
        async with calling(servers.url) as calls:
            assert await calls.execute("PING") == b"PONG"
            old = servers.kill()
            with pytest.raises(UnreachableError) as caught:
                await calls.execute("PING")
            assert caught.value.code == "refused"
            assert f"127.0.0.1:{old.port}" in caught.value.message
            assert "failover" in caught.value.hint
            started = own_time()
            while True:
                assert own_time() - started < 15
                with contextlib.suppress(UnreachableError):
                    await calls.execute("PING")
                    break
                await asyncio.sleep(0.1)
            new = await port_of(calls)
            assert new != old.port
            for one in servers.sentinels:
                one.kill()
            await asyncio.sleep(1.1)
            assert await port_of(calls) == new, "that all sentinels are gone does no harm to what is connected"


def test_urls_of_sentinels(tmp_path: Path) -> None:
    for url, said in (
        ("redis+sentinel://h", "which master"),
        ("redis+sentinel://h/", "which master"),
        ("redis+sentinel:///main", "names no host"),
        ("redis+sentinel://h:0/main", "port that is none"),
        ("redis+sentinel://h:1,:2/main", "without a host"),
        ("redis+sentinel://h:x/main", "port that is none"),
        ("redis+sentinel://[::1/main", "host that can be read"),
        ("redis+sentinel://h/main/x", "no number"),
        ("redis+sentinel://h/main?sentinel_nonsense=1", "not known"),
        ("redis://h?sentinel_password=x", "not known"),
        ("redis://h:1,g:2", "several hosts"),
        ("redis://:a,b@h,g/1", "several hosts"),
        ("redis+cluster://h/1", "only 0"),
        ("redis+cluster://h?sentinel_password=x", "not known"),
        ("redis://h,h2", "several hosts"),
        (f"redis+sentinel://h:26379/{MASTER} x", "space"),
    ):
        with pytest.raises(UsageError) as caught:
            open_calls(Connection(url))
        assert said in caught.value.message, caught.value.message
        assert caught.value.hint
    for url in (
        "redis+sentinel://h/main",
        "rediss+sentinel://u:p@[::1],h:1/a%2Fb/3?db=1&protocol=2",
        "redis+cluster://h,i",
    ):
        open_calls(Connection(url))
