"""Workers, schedulers, metrics and what the server says of itself."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.queue import QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.worker import assign
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD, url_for
from tests.store.support import MAIL, add_job, js, reading


@contextmanager
def named(server: EmbeddedServer, *names: str) -> Iterator[None]:
    """Connections with these names, as workers have them."""
    clients = [
        Redis(host="127.0.0.1", port=server.port, client_name=name, single_connection_client=True) for name in names
    ]
    try:
        yield
    finally:
        for client in clients:
            client.close()


def b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


async def test_workers_of_all_libraries(reader: RedisReader, server: EmbeddedServer) -> None:
    names = [
        f"bull:{b64('mail')}",
        f"bull:{b64('mail')}:w:sender one".replace(" ", "_"),
        f"bull:{b64('mail')}:qe",
        "bull:pay",
        "bull:pay:w:python",
        f"bull:{b64('queue-10')}",
        f"app:prod:{b64('mail')}",
        "bulltui",
        "other",
    ]
    refs = [MAIL, QueueRef("bull", "pay"), QueueRef("bull", "queue-1"), QueueRef("bull", "queue-10")]
    refs.append(QueueRef("app:prod", "mail"))
    with named(server, *names):
        workers = assign(await reader.clients(), refs)
    assert {
        ref.name: sorted(worker.name for worker in found) for ref, found in workers.items() if ref.prefix == "bull"
    } == {
        "mail": ["", "sender_one"],
        "pay": ["", "python"],
        "queue-10": [""],
    }
    assert len(workers[QueueRef("app:prod", "mail")]) == 1
    (first, *_) = workers[MAIL]
    assert first.client.address.startswith("127.0.0.1:")
    assert first.client.age_s >= 0


async def test_workers_where_prefix_and_name_meet_at_another_colon(reader: RedisReader, server: EmbeddedServer) -> None:
    """The search divides `a:b:mail` at the last colon; the workers may have been told another prefix."""
    with named(server, f"a:{b64('b:mail')}", f"a:b:{b64('mail')}"):
        workers = assign(await reader.clients(), [QueueRef("a:b", "mail")])
    assert len(workers[QueueRef("a:b", "mail")]) == 2


async def test_workers_of_a_queue_of_the_same_name_in_another_database(server: EmbeddedServer, raw: Redis) -> None:
    with named(server, f"bull:{b64('mail')}"):
        async with reading(url_for(server)) as ours, reading(url_for(server, database=3)) as other:
            assert len(assign(await ours.clients(), [MAIL])[MAIL]) == 1
            assert assign(await other.clients(), [MAIL]) == {}


async def test_client_list_forbidden(server: EmbeddedServer, raw: Redis) -> None:
    words = ("reset", "on", f">{PASSWORD}", "~*", "+@all", "-client|list")
    raw.execute_command("ACL", "SETUSER", "poor", *words)  # type: ignore[no-untyped-call]
    async with reading(f"redis://poor:{PASSWORD}@127.0.0.1:{server.port}") as poor:
        with pytest.raises(NotAllowedError) as caught:
            await poor.clients()
    assert caught.value.code == "no-client-list"
    assert caught.value.message.startswith("Workers cannot be seen")
    assert "client|list" in caught.value.hint


async def test_a_replica_does_not_know_of_workers(server: EmbeddedServer, raw: Redis) -> None:
    """They are connected to the primary: that none is seen here does not mean that there is none."""
    with EmbeddedServer(config=[f"replicaof 127.0.0.1 {server.port}"]) as replica:
        async with reading(replica.url) as reader:
            with pytest.raises(NotAllowedError) as caught:
                await reader.clients()
    assert caught.value.code == "no-client-list"
    assert "this is a replica" in caught.value.message


async def test_client_command_switched_off() -> None:
    with EmbeddedServer(config=['rename-command CLIENT ""']) as hosted:
        async with reading(hosted.url) as reader:
            assert await reader.counts([MAIL]) == []
            with pytest.raises(NotAllowedError) as caught:
                await reader.clients()
    assert caught.value.code == "no-client-list"


async def test_scheduler_of_today(reader: RedisReader, raw: Redis) -> None:
    raw.zadd("bull:mail:repeat", {"daily": 1_700_000_000_000, "hourly": 1_600_000_000_000})
    raw.hset(
        "bull:mail:repeat:daily",
        mapping={
            "name": "digest",
            "pattern": "0 8 * * *",
            "tz": "Europe/Berlin",
            "ic": 7,
            "limit": 10,
            "offset": 5,
            "startDate": 1,
            "endDate": 2,
            "data": js({"a": 1}),
            "opts": js({"attempts": 3, "kl": 5}),
        },
    )
    raw.hset("bull:mail:repeat:hourly", mapping={"name": "sweep", "every": 3_600_000, "ic": 1})
    add_job(raw, "bull:mail", "repeat:daily:1700000000000")
    page = await reader.schedulers(MAIL, 0, 10)
    assert page.total == 2
    hourly, daily = page.items
    assert (hourly.id, hourly.every_ms, hourly.armed, hourly.legacy) == ("hourly", 3_600_000, False, False)
    assert (daily.name, daily.pattern, daily.timezone, daily.iterations) == ("digest", "0 8 * * *", "Europe/Berlin", 7)
    assert (daily.limit, daily.offset_ms, daily.start_at, daily.end_at) == (10, 5, 1, 2)
    assert (daily.template_data.value, daily.template_opts) == ({"a": 1}, {"attempts": 3, "keepLogs": 5})
    assert (daily.armed, daily.next_at) == (True, 1_700_000_000_000)


async def test_repeatable_of_late_bullmq_5(reader: RedisReader, raw: Redis) -> None:
    raw.zadd("bull:mail:repeat", {"0123456789abcdef": 17})
    raw.hset("bull:mail:repeat:0123456789abcdef", mapping={"name": "n", "every": 1000})
    add_job(raw, "bull:mail", "repeat:0123456789abcdef:17")
    (one,) = (await reader.schedulers(MAIL, 0, 10)).items
    assert (one.name, one.every_ms, one.legacy, one.armed) == ("n", 1000, True, True)


@pytest.mark.parametrize(
    ("member", "name", "pattern", "every", "middle"),
    [
        ("digest:::Europe/Berlin:0 8 * * *", "digest", "0 8 * * *", None, ""),
        ("digest:own:1700:UTC:1000", "digest", "", 1000, "own"),
        ("digest::::1000", "digest", "", 1000, ":"),
        ("digest:::0 8 * * 1:x", "digest", "x", None, ""),
    ],
)
async def test_repeatables_of_old_libraries(
    reader: RedisReader, raw: Redis, member: str, name: str, pattern: str, every: int | None, middle: str
) -> None:
    raw.zadd("bull:mail:repeat", {member: 17})
    (dead,) = (await reader.schedulers(MAIL, 0, 10)).items
    assert (dead.name, dead.pattern, dead.every_ms, dead.legacy, dead.armed) == (name, pattern, every, True, False)
    inner = md5(member.encode(), usedforsecurity=False).hexdigest()
    run = md5(f"{name}{middle}{inner}".encode(), usedforsecurity=False).hexdigest()
    add_job(raw, "bull:mail", f"repeat:{run}:17")
    (armed,) = (await reader.schedulers(MAIL, 0, 10)).items
    assert armed.armed


async def test_pages_of_schedulers(reader: RedisReader, raw: Redis) -> None:
    raw.zadd("bull:mail:repeat", {f"s{i:03}": i for i in range(250)})
    page = await reader.schedulers(MAIL, 240, 100)
    assert ([item.id for item in page.items], page.total) == ([f"s{i:03}" for i in range(240, 250)], 250)
    assert (await reader.schedulers(MAIL, 250, 10)).items == ()
    assert len((await reader.schedulers(MAIL, 0, 200)).items) == 200
    none = await reader.schedulers(MAIL, 0, 0)
    assert (none.items, none.total) == ((), 250)


@pytest.mark.parametrize("limit", [0, 1])
async def test_schedulers_that_are_none(reader: RedisReader, raw: Redis, limit: int) -> None:
    assert (await reader.schedulers(MAIL, 0, limit)).total == 0
    raw.set("bull:mail:repeat", "x")
    assert (await reader.schedulers(MAIL, 0, limit)).total == 0


async def test_hostile_schedulers(reader: RedisReader, raw: Redis) -> None:
    members = {b"\xff": "inf", b"\x1b[31m": "-inf", b"a:b": "1e300", b"text": "1.5", b"": "5", b"x" * 5000: "7"}
    raw.zadd("bull:mail:repeat", members)
    raw.set("bull:mail:repeat:text", "x")
    raw.hset(b"bull:mail:repeat:a:b", mapping={"every": "NaN", "ic": "x", "data": "{", "opts": "[]", "tz": b"\xff"})
    page = await reader.schedulers(MAIL, 0, 10)
    assert len(page.items) == 6
    assert {item.id for item in page.items} >= {"\udcff", "\x1b[31m", "a:b", ""}
    for item in page.items:
        assert item.rule
        assert item.overdue_ms(1_700_000_000_000) >= 0


async def test_series(reader: RedisReader, raw: Redis) -> None:
    raw.hset("bull:mail:metrics:completed", mapping={"count": 30, "prevTS": 1_700_000_000_000, "prevCount": 20})
    raw.rpush("bull:mail:metrics:completed:data", 5, 0, "x", b"\xff", 7)
    raw.set("bull:mail:metrics:failed", "x")
    refs = [MAIL, QueueRef("bull", "none")]
    series = await reader.series(refs, 4)
    completed, failed = series[MAIL]
    assert completed == MetricSeries(30, 1_700_000_000_000, 20, (5, 0, 0, 0))
    assert (failed, failed.kept) == (MetricSeries(), False)
    assert series[refs[1]] == (MetricSeries(), MetricSeries())
    assert completed.per_minute(1_700_000_000_000 + 60_000, 4) == (0, 0, 5, 0)
    assert len((await reader.series([MAIL], 0))[MAIL][0].points) == 0
    assert await reader.series([], 5) == {}


async def test_series_of_garbage(reader: RedisReader, raw: Redis) -> None:
    raw.hset("bull:mail:metrics:completed", mapping={"count": "1e400", "prevTS": "-5", "prevCount": b"\xff"})
    raw.set("bull:mail:metrics:completed:data", "x")
    completed, _ = (await reader.series([MAIL], 4))[MAIL]
    assert completed.per_minute(1_700_000_000_000, 4) == (0, 0, 0, 0)


async def test_server(reader: RedisReader, raw: Redis, server: EmbeddedServer) -> None:
    raw.set("bull:mail:id", 1)
    info = await reader.server()
    own = raw.info("server")
    software = "valkey" if "valkey_version" in own else "redis"
    assert (info.software, info.keys, info.policy_is_safe, info.role) == (software, 1, True, "master")
    assert info.version == own[f"{software}_version"]
    assert info.user in ("default", "plain")
    assert info.protocol in (2, 3)
    assert (await reader.latency(3)).best > 0
    assert len((await reader.latency(3)).samples) == 3
    rights = await reader.rights()
    assert rights.missing == (() if info.user == "default" else ("EVAL_RO",))


async def test_keys_of_the_database_that_is_used(server: EmbeddedServer, raw: Redis) -> None:
    raw.set("a", 1)
    other = Redis(host="127.0.0.1", port=server.port, db=3)
    other.mset({"b": 1, "c": 2})
    other.close()
    async with reading(f"redis://127.0.0.1:{server.port}/3") as reader:
        assert (await reader.server()).keys == 2
    async with reading(f"redis://127.0.0.1:{server.port}/4") as reader:
        assert (await reader.server()).keys == 0


async def test_server_that_tells_nothing(server: EmbeddedServer, raw: Redis) -> None:
    words = ("reset", "on", f">{PASSWORD}", "~*", "+@all", "-info", "-acl", "-time", "-xread")
    raw.execute_command("ACL", "SETUSER", "poor", *words)  # type: ignore[no-untyped-call]
    async with reading(f"redis://poor:{PASSWORD}@127.0.0.1:{server.port}") as poor:
        with pytest.raises(NotAllowedError):
            await poor.server()
        assert {"INFO", "TIME", "XREAD"} <= {*(await poor.rights()).missing}  # reasons and events need the last two
