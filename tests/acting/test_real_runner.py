"""On a real server: a process killed in the middle of a bulk action, and a session that may only read."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.outcome import Kind, Progress
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Past, Picked, Queues
from bulltui.services.request import Request
from bulltui.wiring import Runtime, open_runtime
from tests.conftest import url_for

PAY = QueueRef("bull", "pay")
P = "bull:pay"
T = 1_700_000_000_000


@pytest.fixture
async def runtime(server: EmbeddedServer, raw: Redis, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with open_runtime(Settings(url=url_for(server), state_folder=str(tmp_path))) as made:
        yield made


def fill(raw: Any, count: int) -> None:
    """Failed jobs of BullMQ 5."""
    raw.hset(f"{P}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    raw.set(f"{P}:id", count)
    pipe = raw.pipeline(transaction=False)
    for number in range(count):
        fields = {"name": "charge", "data": "{}", "opts": "{}", "timestamp": T, "atm": 1, "finishedOn": T + number}
        pipe.hset(f"{P}:{number}", mapping=fields)
        pipe.zadd(f"{P}:failed", {str(number): T + number})
    pipe.execute()


def ids(found: Any) -> list[int]:
    return [int(one) for one in found]


_KILLED = """
import asyncio, os, signal, sys
from bulltui.config.settings import Settings
from bulltui.wiring import open_runtime
from bulltui.domain import actions
from bulltui.domain.targets import Every
from bulltui.services.request import Request
from tests.acting.test_real_runner import PAY, JobState

def die(progress):
    if progress.done >= 1_000:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with open_runtime(Settings(url=sys.argv[1], state_folder=sys.argv[2])) as runtime:
        await runtime.runner.run(Request(actions.{action}(), Every(PAY, JobState.FAILED)), on_progress=die)

asyncio.run(main())
"""


def killed(action: str, server: EmbeddedServer, folder: Path) -> None:
    """A process that is killed in the middle of a bulk action."""
    words = [sys.executable, "-c", _KILLED.replace("{action}", action), url_for(server), str(folder)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL


async def test_killed_while_retrying_nothing_is_lost_and_it_is_told(
    runtime: Runtime, server: EmbeddedServer, raw: Redis, tmp_path: Path
) -> None:
    fill(raw, 3_000)
    killed("Retry", server, tmp_path)
    failed, waiting = ids(raw.zrange(f"{P}:failed", 0, -1)), ids(raw.lrange(f"{P}:wait", 0, -1))
    assert len(waiting) >= 1_000
    assert sorted(failed + waiting) == list(range(3_000))

    (cut,) = await runtime.runner.audit.interrupted()
    assert (cut.intent.verb, cut.intent.count, cut.interrupted) == ("retry-all", 3_000, True)
    assert await runtime.runner.audit.interrupted() == []
    (deed,) = await runtime.runner.audit.deeds(5)
    assert deed.interrupted
    rest = await runtime.runner.run(Request(actions.Retry(), Every(PAY, JobState.FAILED)))
    assert rest.done == len(failed)


async def test_killed_while_removing_all_of_it_can_be_brought_back(
    runtime: Runtime, server: EmbeddedServer, raw: Redis, tmp_path: Path
) -> None:
    fill(raw, 3_000)
    killed("Remove", server, tmp_path)
    left = raw.zcard(f"{P}:failed")
    assert left <= 2_000
    (past,) = await runtime.runner.journal.entries()
    assert (past.running, past.done) == (False, None)
    outcome = await runtime.runner.run(Request(actions.Restore(past.number), Past(past.number)))
    assert outcome.done == 3_000 - left
    assert outcome.kind in (Kind.DONE, Kind.PARTLY)  # what was saved and not yet removed is there already
    assert ids(raw.zrange(f"{P}:failed", 0, -1)) == list(range(3_000))
    assert raw.exists(*(f"{P}:{number}" for number in range(3_000))) == 3_000
    (past,) = await runtime.runner.journal.entries()
    assert past.undone


async def test_a_server_that_dies_in_the_middle_is_told_exactly(raw: Redis, tmp_path: Path) -> None:
    with EmbeddedServer() as own:
        client: Any = Redis(port=own.port)
        fill(client, 2_000)
        async with open_runtime(Settings(url=url_for(own), state_folder=str(tmp_path))) as runtime:

            def stop(progress: Progress) -> None:
                if progress.done >= 500:
                    own.kill()

            outcome = await runtime.runner.run(Request(actions.Retry(), Every(PAY, JobState.FAILED)), on_progress=stop)
        client.close()
    assert outcome.error is not None
    assert outcome.error.exit_code == 6
    assert outcome.kind is Kind.PARTLY
    assert outcome.done >= 500
    assert outcome.done + outcome.unsure + outcome.left == 2_000


WRITES = {"evalsha", "eval", "set", "del", "unlink", "hset", "hdel", "zadd", "zrem", "lpush", "rpush", "xadd", "xtrim"}


async def test_a_session_that_may_only_read_sends_no_write(server: EmbeddedServer, raw: Redis, tmp_path: Path) -> None:
    """All that a session does, and every action, while the server itself says which commands come."""
    fill(raw, 20)
    raw.config_resetstat()
    settings = Settings(url=url_for(server), read_only=True, refresh_s=0.05, state_folder=str(tmp_path))
    async with open_runtime(settings) as runtime:
        polling = asyncio.create_task(runtime.poller.run())
        runner = runtime.runner
        assert runner.refusal
        targets = (
            Jobs(PAY, ("1",)),
            Picked((Jobs(PAY, ("1",)),)),
            Every(PAY, JobState.FAILED),
            Queues((PAY,)),
            Past(1),
        )
        for kind in actions.ALL:
            for target in targets:
                for call in (runner.preview(Request(kind(), target)), runner.run(Request(kind(), target))):
                    with pytest.raises(NotAllowedError):
                        await call
        await runtime.reader.page(PAY, JobState.FAILED, 0, 10)
        await runtime.reader.job(PAY, "1")
        await asyncio.sleep(0.3)
        polling.cancel()
    seen = {str(name).removeprefix("cmdstat_") for name in raw.info("commandstats")}
    assert "evalsha_ro" in seen
    assert not seen & WRITES
    assert list(tmp_path.iterdir()) == []
