"""One look is short on every server of this machine, whatever the jobs are like."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.job import LIST_FIELDS
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import READABLE, Filter, Kind, Look, Probe, Spot, Want
from bulltui.domain.states import JobState
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.finding import having, ids, put
from tests.store.support import MAIL
from tests.store.test_act_servers import servers
from tests.thorough import tried

COUNT = 30_000
TEXT = ("name", "data", "failedReason")
ROW = (*(Want(name, cap) for name, cap in LIST_FIELDS if name != "data"), Want("data"))

_FILL = """
for i = ARGV[1], ARGV[2] do
  local id = string.format("%d", i)
  local data = '{"to":"customer' .. id .. '@example.com","note":"' .. string.rep("lorem ipsum ", 18) .. '"}'
  redis.call("HSET", "bull:mail:" .. id, "name", "charge", "data", data, "opts", '{"attempts":3}', "timestamp", i,
    "atm", i % 4, "finishedOn", i)
  redis.call("ZADD", "bull:mail:completed", i, id)
  redis.call("LPUSH", "bull:mail:wait", id)
end
"""


@pytest.fixture(scope="module", params=servers())
def running(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """A server of each kind, with many jobs, some of them wide."""
    with EmbeddedServer(binary=servers()[request.param]) as server, Redis(port=server.port) as client:
        raw: Any = client
        for start in range(1, COUNT, 1000):
            raw.eval(_FILL, 0, start, start + 999)
        for number in range(40):
            size = READABLE * 95 // 100 if number % 2 else 200_000
            put(raw, JobState.COMPLETED, f"wide{number}", 700 * number + 0.5, data="x" * size, opts="{}")
        for number in range(5):
            put(raw, JobState.COMPLETED, f"huge{number}", 5_000 * number + 0.5, data="x" * 20_000_000)
        yield server


@pytest.fixture(params=[2, 3])
async def finder(request: pytest.FixtureRequest, running: EmbeddedServer) -> AsyncIterator[RedisFinder]:
    reader = RedisReader.from_url(url_for(running, protocol=request.param))
    yield RedisFinder(reader.calls)
    await reader.close()


CASES = (
    (having("customer777@"), JobState.COMPLETED, 1),
    (having("customer777@", *TEXT, kind=Kind.FOLD), JobState.WAITING, 1),
    (having("lorem", kind=Kind.FOLD), JobState.COMPLETED, COUNT + 20),
    (having("xxx", kind=Kind.HAS), JobState.COMPLETED, 40),
    (having(">=3", "attemptsMade", "atm", kind=Kind.NUMBER), JobState.WAITING, COUNT // 4),
)
EACH_IN_BOTH = [(protocol, *case) for protocol in (2, 3) for case in CASES]
EACH_IN_ONE = [(2 + at % 2, *case) for at, case in enumerate(CASES)]


@pytest.mark.quiet
@pytest.mark.parametrize(
    ("finder", "wanted", "state", "passing"), tried(EACH_IN_BOTH, EACH_IN_ONE), indirect=["finder"], ids=str
)
async def test_no_call_is_long(
    running: EmbeddedServer, finder: RedisFinder, wanted: Filter, state: JobState, passing: int
) -> None:
    found: list[str] = []
    spot: Spot | None = Spot()
    with Redis(port=running.port) as client:
        client.config_set("slowlog-log-slower-than", 10_000)
        while spot is not None:
            probe = Probe(MAIL, state, wanted, ROW, spot=spot, limit=4_000)
            look = await short(client, finder, probe)
            found += ids([look])
            spot = look.spot
    assert len(found) == len(set(found)) == passing


async def test_a_hundred_alternatives_are_tested_in_time(running: EmbeddedServer, finder: RedisFinder) -> None:
    some = tuple(one for n in range(100) for one in having(f"nix{n}", *TEXT, kind=Kind.FOLD).clauses[0])
    with Redis(port=running.port) as client:
        client.config_set("slowlog-log-slower-than", 10_000)
        look = await short(client, finder, Probe(MAIL, JobState.COMPLETED, Filter((some,)), ROW))
    assert look.examined < 1_000


async def test_ids_of_any_size_come_in_parts(running: EmbeddedServer, finder: RedisFinder) -> None:
    large = QueueRef("bull", "large")
    with Redis(port=running.port) as client:
        for n in range(200):
            client.zadd("bull:large:failed", {f"{n}".ljust(300_000, "x"): n})
        # All at once they would take half a second; a single one that large takes its time as well.
        client.config_set("slowlog-log-slower-than", 60_000)
        look = await short(client, finder, Probe(large, JobState.FAILED, having("a")))
        client.delete("bull:large:failed")
    assert look.spot is not None


async def short(client: Any, finder: RedisFinder, probe: Probe) -> Look:
    """A look that took the server no more than 10 ms. The machine may have other things to do in the same moment, so
    the best of some counts."""
    for _ in range(6):
        client.slowlog_reset()
        look = await finder.look(probe)
        if not client.slowlog_len():
            return look
    raise AssertionError(f"{client.slowlog_get(1)[0]['duration'] / 1000} ms at {probe.spot}")
