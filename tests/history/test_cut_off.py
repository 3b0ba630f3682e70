"""A process that writes is killed at any time: what is left opens and is whole, and another one takes over."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulltui.history.files import history_path
from tests.history.support import QUEUES, SERVER, assert_whole, history_in, step
from tests.thorough import tried


@contextmanager
def writer(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "tests.history.support", str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_killed_at_any_time_it_holds_whole_steps(tmp_path: Path) -> None:
    random_ = random.Random(11)
    said = 0
    for _ in range(tried(60, 5)):
        with writer(tmp_path) as process:
            time.sleep(random_.random() / 2)
            process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            for line in process.stdout:
                said = int(line)
        steps = assert_whole(history_path(tmp_path, SERVER))
        assert said <= steps <= said + 1
    assert said > 20


async def test_another_process_takes_over_when_the_one_that_writes_is_killed(tmp_path: Path) -> None:
    history = history_in(tmp_path)
    try:
        with writer(tmp_path) as process:
            assert not await history.lead()
            state = await history.state()
            assert not state.leads
            assert f"process {process.pid} of" in state.writer
            # It is read while it is written.
            before = int((await history.cursors())[QUEUES[0]])
            async with asyncio.timeout(10):
                while int((await history.cursors())[QUEUES[0]]) <= before:
                    await asyncio.sleep(0.01)
            process.kill()
            process.wait()
            assert (await history.state()).writer == ""
            assert await history.lead()
        number = int((await history.cursors())[QUEUES[0]])
        await history.write(step(number))
        state = await history.state()
        assert state.leads
        assert state.writer == ""
    finally:
        await history.close()
    assert assert_whole(history_path(tmp_path, SERVER)) == number + 1


async def test_a_writer_that_has_ended_is_not_named(tmp_path: Path) -> None:
    first, other = history_in(tmp_path), history_in(tmp_path)
    try:
        assert await first.lead()
        assert f"process {os.getpid()} of" in (await other.state()).writer
        await first.close()
        assert (await other.state()).writer == ""
        assert await other.lead()
    finally:
        await other.close()


async def test_to_ask_who_leads_is_cheap(tmp_path: Path) -> None:
    one, other = history_in(tmp_path), history_in(tmp_path)
    try:
        assert await one.lead()
        begun = time.process_time()
        for _ in range(200):
            assert await one.lead()
            assert not await other.lead()
        assert time.process_time() - begun < 0.5
        await one.close()
        assert await other.lead()
    finally:
        await one.close()
        await other.close()


async def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    history = history_in(tmp_path)
    try:
        await history.lead()
        await history.write(step(0))
        await history.cursors()
        folder = history_path(tmp_path, SERVER).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        names = {path.suffix for path in folder.iterdir()}
        assert names == {".db", ".db-wal", ".db-shm", ".lock"}
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    finally:
        os.umask(before)
        await history.close()
