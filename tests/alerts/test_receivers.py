"""A receiver that fails, is slow, hangs up or is away: each transition arrives, and by its id as once."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from bulltui.config.watching import Way
from bulltui.notify.ways import outlets_of
from bulltui.services.watch.telling import Pace
from tests.alerts.support import NOW, Receiver, Running, receiving, row, snapshot, until
from tests.alerts.test_notify import EVIL
from tests.alerts.test_watch import desk, failing
from tests.thorough import tried

ROOT = Path(__file__).parents[2]
PACE = Pace(group_s=0, again_s=0.02, longest_s=0.1, eager_s=0.02)


async def test_a_receiver_that_fails_is_slow_or_hangs_up(tmp_path: Path) -> None:
    there = Receiver([500, "drop", "slow", 503, 204, "drop", 429, 204], slow_s=0.6)
    with receiving(there):
        way = Way("hook", "webhook", there.url, secret="s3cret", timeout_s=0.3, per_minute=10_000)
        async with desk(tmp_path, outlets=outlets_of((way,)), pace=PACE, clock=Running()) as here:
            await here.see(failing(500))
            (alert,) = await here.firing()
            await here.see(failing(0), after_s=2)
            ids = [f"{alert.id}-firing", f"{alert.id}-resolved"]
            await until(lambda: there.once_each() == ids and not there.plan)
            await asyncio.sleep(0.15)  # nothing comes behind it
            told = await here.board.deliveries()
        assert {one.state for one in told} == {"sent"}
    assert there.once_each() == ids
    assert len(there.got) == 8
    assert all(one.signed_by("s3cret") for one in there.got)


async def test_a_receiver_that_is_down_for_a_while(tmp_path: Path) -> None:
    there = Receiver()
    with receiving(there):
        pass  # it has a port, where nobody listens
    way = Way("hook", "webhook", there.url, timeout_s=1, per_minute=10_000)
    async with desk(tmp_path, outlets=outlets_of((way,)), pace=PACE, clock=Running()) as here:
        ids = []
        for number in range(3):
            await here.see(failing(500), after_s=7200 * number)
            await until(lambda: here.watch.problems)
            ids.append((await here.firing())[0].id)
            await here.see(failing(0), after_s=2)
        assert "nothing listens there" in here.watch.problems[0]
        with receiving(there):
            wanted = [f"{one}-{phase}" for one in ids for phase in ("firing", "resolved")]
            await until(lambda: there.once_each() == wanted)
            await until(lambda: not here.watch.problems)


async def test_whatever_a_receiver_does_each_transition_arrives_as_once(tmp_path: Path) -> None:
    """Random trouble, with a restart of ours at random."""
    chance = random.Random(20)
    for number in range(tried(20, 2)):
        there = Receiver(
            [chance.choice((204, 204, 500, "drop", "slow", 503)) for _ in range(tried(40, 12))], slow_s=0.15
        )
        clock, ids = Running(), []
        with receiving(there):
            way = Way("hook", "webhook", there.url, timeout_s=0.08, per_minute=10_000)
            for _ in range(3):
                async with desk(tmp_path / str(number), outlets=outlets_of((way,)), pace=PACE, clock=clock) as here:
                    for _ in range(2):
                        await here.see(failing(500), after_s=7200)
                        ids.append((await here.firing())[0].id)
                        await here.see(failing(0), after_s=2)
                        await asyncio.sleep(chance.random() * 0.1)
            there.plan.clear()
            async with desk(tmp_path / str(number), outlets=outlets_of((way,)), pace=PACE, clock=clock) as here:
                await here.see(failing(0), after_s=2)
                wanted = sorted(f"{one}-{phase}" for one in ids for phase in ("firing", "resolved"))
                await until(lambda there=there, wanted=wanted: sorted(there.once_each()) == wanted)  # type: ignore[misc]


CHILD = """
import asyncio, json, os, signal, sys
from pathlib import Path
from bulltui.config.watching import Way
from bulltui.notify.ways import outlets_of
from tests.alerts.support import Running, row, snapshot
from tests.alerts.test_receivers import PACE
from tests.alerts.test_watch import desk

folder, url, failed, start = sys.argv[1:5]
die = sys.argv[5] == "die"

async def main():
    outlets = outlets_of((Way("hook", "webhook", url, timeout_s=5, per_minute=10_000),))
    async with desk(Path(folder), outlets=outlets, pace=PACE, clock=Running(int(start))) as here:
        if die:
            outcome = here.store.outcome
            async def killed(*args, **given):
                os.kill(os.getpid(), signal.SIGKILL)  # it was sent, and nobody has written that down
            here.store.outcome = killed
        await here.see(lambda at: snapshot(row(failed=int(failed)), at=at))
        while any(one.state == "waiting" for one in await here.board.deliveries()):
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


def test_killed_between_sending_and_writing_that_down_the_same_is_sent_again(tmp_path: Path) -> None:

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(failed: int, *, die: bool) -> int:
        words = [sys.executable, "-c", CHILD, str(tmp_path), there.url, str(failed), str(NOW), "die" if die else "go"]
        return subprocess.run(words, check=False, cwd=ROOT, timeout=60, env=environment).returncode

    with receiving(Receiver()) as there:
        assert run(500, die=True) == -signal.SIGKILL
        assert len(there.got) == 1
        assert run(500, die=False) == 0
        assert [one.headers["Idempotency-Key"] for one in there.got] == [there.got[0].headers["Idempotency-Key"]] * 2
        assert json.loads(there.got[0].body) == json.loads(there.got[1].body)
        assert [one.rpartition("-")[2] for one in there.once_each()] == ["firing"]


async def test_a_hostile_name_is_no_harm_to_whoever_reads(tmp_path: Path) -> None:
    with receiving(Receiver()) as there:
        way = Way("hook", "webhook", there.url)
        async with desk(tmp_path, outlets=outlets_of((way,)), pace=PACE, clock=Running()) as here:
            await here.see(lambda at: snapshot(row(EVIL, failed=500), at=at))
            await until(lambda: there.got)
            (alert,) = await here.firing()
            assert alert.ref == EVIL
            await here.see(lambda at: snapshot(row(EVIL, failed=0), at=at), after_s=2)
            assert (await here.board.past())[0].ref == EVIL
    told = there.got[0].json
    assert "\x1b" not in told["title"] + told["text"]
    assert "\n" not in told["title"] + told["text"]
    assert told["alerts"][0]["queue"].startswith("ev\x1b[31mil\x00")  # for programs it is exact
