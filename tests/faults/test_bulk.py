"""A fault in the middle of removing many jobs: whatever was destroyed can be brought back, and nothing comes twice."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Kind, Outcome, Progress
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Past
from bulltui.services.request import Request
from bulltui.wiring import Runtime, open_runtime
from tests.faults.faults import FAULTS, Fault, Ground
from tests.thorough import tried

PAY = QueueRef("bull", "pay")
P = "bull:pay"
T = 1_700_000_000_000
JOBS = 1_500
IDS = tuple(str(number) for number in range(JOBS))
MANY = ("cut", "refused", "stalled", "swallowed", "torn", "killed", "busy-script", "demoted", "full", "no-rights")
SOME = tried(MANY, ("swallowed", "killed", "no-rights"))


def fill(raw: Any) -> None:
    """Failed jobs of BullMQ 5, with logs."""
    raw.hset(f"{P}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10_000})
    raw.set(f"{P}:id", JOBS)
    pipe = raw.pipeline(transaction=False)
    for number in range(JOBS):
        fields = {"name": "charge", "data": '{"n":1.10}', "opts": "{}", "timestamp": T, "atm": 1, "finishedOn": T}
        pipe.hset(f"{P}:{number}", mapping=fields)
        pipe.zadd(f"{P}:failed", {str(number): T + number})
        if number % 10 == 0:
            pipe.rpush(f"{P}:{number}:logs", "one", "two")
    pipe.execute()


def picture(raw: Any) -> dict[bytes, Any]:
    """All jobs and logs as they lie in Redis, and who failed."""
    found: dict[bytes, Any] = {}
    for key in raw.scan_iter(f"{P}:*", count=1000):
        if key.rpartition(b":")[2].isdigit():
            found[key] = raw.hgetall(key)
        elif key.endswith(b":logs"):
            found[key] = raw.lrange(key, 0, -1)
    found[b"failed"] = raw.zrange(f"{P}:failed", 0, -1, withscores=True)
    return found


async def again(
    runtime: Runtime, request: Request, on_progress: Callable[[Progress], None] | None = None
) -> list[Outcome]:
    """Asks until nothing is left to do, as a person would."""
    outcomes: list[Outcome] = []
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        try:
            outcome = await runtime.runner.run(request, on_progress=on_progress)
        except BulltuiError:
            await asyncio.sleep(0.1)
            continue
        outcomes.append(outcome)
        if outcome.error is None and not outcome.left and not outcome.unsure:
            return outcomes
        await asyncio.sleep(0.1)
    raise AssertionError(f"it never came to its end: {outcomes[-3:]}")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in SOME], ids=str)
async def test_what_was_removed_meanwhile_comes_back_whole(
    ground: Ground, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulltui.store.calls.SCRIPTS_AGAIN_S", 0.3)
    fill(ground.raw)
    before = picture(ground.raw)
    begun = asyncio.Event()

    def meanwhile(progress: Progress) -> None:
        if 0 < progress.done < JOBS and not begun.is_set():
            begun.set()
            fault.begin(ground)

    settings = Settings(
        url=ground.url, refresh_timeout_s=0.5, connect_timeout_s=0.5, action_timeout_s=0.6, state_folder=str(tmp_path)
    )
    async with open_runtime(settings, live=False) as runtime:
        removing = asyncio.ensure_future(
            again(runtime, Request(actions.Remove(), Jobs(PAY, IDS, JobState.FAILED)), meanwhile)
        )
        await asyncio.wait_for(begun.wait(), 20)
        await asyncio.sleep(1.0)
        fault.end(ground)
        outcomes = await removing
        assert picture(ground.raw) == {b"failed": []}
        done, unsure = sum(one.done for one in outcomes), sum(one.unsure for one in outcomes)
        assert done <= JOBS <= done + unsure
        for past in await runtime.runner.journal.entries():
            (last, *_) = reversed(await again(runtime, Request(actions.Restore(past.number), Past(past.number))))
            assert last.kind in (Kind.DONE, Kind.NOTHING), last
    assert picture(ground.raw) == before
