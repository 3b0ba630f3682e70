"""Looks around jobs on every server of this machine: their scripts and clocks differ."""

from collections.abc import Iterator

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.states import JobState
from bulltui.domain.surroundings import LastSeen
from bulltui.store.explorer import RedisExplorer
from tests.conftest import url_for
from tests.store.support import MAIL, ServerTime, add_job, fill_list, reading
from tests.store.test_act_servers import servers


@pytest.fixture(scope="module", params=servers())
def running(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """A server of each kind."""
    with EmbeddedServer(binary=servers()[request.param]) as server:
        yield server


@pytest.mark.quiet
@pytest.mark.parametrize("protocol", [2, 3])
async def test_looks_are_short_everywhere(running: EmbeddedServer, protocol: int) -> None:
    with Redis(host="127.0.0.1", port=running.port) as raw:
        raw.flushall()
        fill_list(raw, "bull:mail:wait", 400_000)
        add_job(raw, "bull:mail", "7")
        raw.hset("bull:mail:meta", "paused", 1)
        raw.zadd("bull:mail:marker", {"1": 1_700_000_000_000})
        pipe = raw.pipeline(transaction=False)
        pipe.xadd("bull:mail:events", {"event": "paused"}, id="1-0")
        pipe.xadd("bull:mail:events", {"event": "waiting", "jobId": "7"}, id="2-0")
        for at in range(3, 9_000):
            pipe.xadd(
                "bull:mail:events", {"event": "completed", "jobId": f"o{at}", "returnvalue": "x" * 500}, id=f"{at}-0"
            )
        pipe.execute()
        async with reading(url_for(running, protocol=protocol)) as reader:
            explorer = RedisExplorer(reader.calls)
            middle = await explorer.around(MAIL, "200000")
            assert middle.unsearched == (JobState.WAITING,)

            async def look() -> None:
                seen = await explorer.around(MAIL, "7")
                assert (seen.ahead, seen.paused_at_ms, seen.marker) == (6, 1, 1_700_000_000_000)
                assert await explorer.last_seen(MAIL, "7") == [LastSeen("waiting", 2)]
                await explorer.around(MAIL, "200000")

            await ServerTime(raw).of(look, longest_ms=10)
            assert abs(middle.now_ms - raw.time()[0] * 1000) < 60_000
