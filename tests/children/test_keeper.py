"""Commands that end with whoever started them, and none of which outlives a SIGKILL of us."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bulltui.children import Keeper, why_not

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere commands end where we end them")


def runs(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


def within(seconds: float, holds: Callable[[], object]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


async def test_what_it_says_and_its_errors_come_apart_and_it_has_no_input(keeper: Keeper) -> None:
    process = await keeper.start(["/bin/sh", "-c", "echo said; echo wrong >&2; cat; exit 3"], stdout=PIPE, stderr=PIPE)
    assert await process.communicate() == (b"said\n", b"wrong\n")
    assert process.returncode == 3
    keeper.let_go(process)


async def test_words_are_no_program_of_a_shell(keeper: Keeper, tmp_path: Path) -> None:
    word = f"$(touch {tmp_path}/x); `touch {tmp_path}/x` 'a' \"b\" *"
    process = await keeper.start(["printf", "%s|", word, "", "-n"], stdout=PIPE, stderr=PIPE)
    assert await process.communicate() == (f"{word}||-n|".encode(), b"")
    assert not list(tmp_path.iterdir())


async def test_one_that_is_ended_is_asked_first_and_takes_all_along_that_it_started(
    keeper: Keeper, tmp_path: Path
) -> None:
    stays = "trap '' TERM; sleep 60 & echo $!; wait"
    script = """trap 'echo bye; exit 0' TERM; sh -c "$0" & wait"""
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = await keeper.start(["/bin/sh", "-c", script, stays], stdout=output, stderr=output)
    assert await asyncio.to_thread(within, 5, lambda: log.read_bytes().endswith(b"\n"))
    await keeper.end(process)
    child, *said = log.read_text().split()
    assert (said, process.returncode) == (["bye"], 0)
    assert within(2, lambda: not runs(int(child)))


async def test_without_a_grace_nobody_is_asked(keeper: Keeper, tmp_path: Path) -> None:
    script = "trap 'echo bye' TERM; echo x; sleep 60"
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = await keeper.start(["/bin/sh", "-c", script], stdout=output, stderr=output)
    assert await asyncio.to_thread(within, 5, lambda: log.read_bytes().endswith(b"\n"))
    await keeper.end(process, grace_s=0)
    assert (log.read_bytes(), process.returncode) == (b"x\n", -signal.SIGKILL)


async def test_a_start_that_is_cancelled_is_over_and_nothing_runs(keeper: Keeper, tmp_path: Path) -> None:
    """Wherever it is in that moment: asyncio by itself waits without end for some of them."""
    for number in range(40):
        told = tmp_path / str(number)
        words = ["/bin/sh", "-c", f"echo $$ > {told}; yes"]
        start = asyncio.create_task(keeper.start(words, stdout=PIPE, stderr=PIPE))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        start.cancel()
        async with asyncio.timeout(10):
            with pytest.raises(asyncio.CancelledError):
                await start
        assert not (told.exists() and told.read_text() and runs(int(told.read_text())))


async def test_one_that_is_never_read_is_ended(keeper: Keeper) -> None:
    process = await keeper.start(["yes"], stdout=PIPE, stderr=PIPE)
    await asyncio.sleep(0.1)  # its pipe is full by now
    async with asyncio.timeout(10):
        await keeper.end(process, grace_s=60)
    assert process.returncode == -signal.SIGTERM


async def test_who_holds_a_pipe_of_one_that_is_gone_holds_up_nobody(keeper: Keeper) -> None:
    """As somebody in a session of its own does, who is not ours to end."""
    code = "import os, time; os.fork() or (os.setsid(), print(os.getpid(), flush=True), time.sleep(60)); time.sleep(60)"
    process = await keeper.start([sys.executable, "-c", code], stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    stays = int(await process.stdout.readline())
    try:
        async with asyncio.timeout(10):
            await keeper.end(process, grace_s=0.1)
        assert process.returncode == -signal.SIGTERM
        assert runs(stays)
    finally:
        os.kill(stays, signal.SIGKILL)
    await process.communicate()


OWNER = """
import asyncio, os, sys
from pathlib import Path
from subprocess import DEVNULL, PIPE
from bulltui.children import Keeper

async def main():
    keeper = Keeper(Path(sys.argv[1]))
    forgotten = keeper.spawn(["/bin/sh", "-c", "echo runs; exec sleep 60"], output=PIPE)
    forgotten.stdout.readline()
    keeper._forget(forgotten.pid)
    process = await keeper.start(["/bin/sh", "-c", "sleep 60 & echo $!; wait"], stdout=-1, stderr=DEVNULL)
    child = int(await process.stdout.readline())
    if sys.argv[2] == "killed":
        keeper._shell.kill()
        keeper._shell.wait()
    other = keeper.spawn(["/bin/sh", "-c", "kill -STOP $$; sleep 60"], output=DEVNULL)
    print(keeper._shell.pid, forgotten.pid, process.pid, child, other.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("shell", ["lives", "killed"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_all_that_runs_ends_with_us_however_we_end_and_the_folder_too(
    number: signal.Signals, shell: str, tmp_path: Path
) -> None:
    """Also what stopped, and also where somebody killed the shell in between. What was forgotten is left alone."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "file").touch()
    env = {**os.environ, "BULLTUI_PASSWORD": "canary-of-the-environment"}
    words = [sys.executable, "-c", OWNER, str(folder), shell]
    forgotten = 0
    ours = subprocess.Popen(words, stdout=PIPE, stderr=subprocess.DEVNULL, env=env, text=True, start_new_session=True)
    try:
        assert ours.stdout is not None
        keeper, forgotten, *pids = map(int, ours.stdout.readline().split())
        assert all(map(runs, [keeper, forgotten, *pids]))
        if sys.platform == "linux":
            told = b"".join(Path(f"/proc/{keeper}/{what}").read_bytes() for what in ("cmdline", "environ"))
            assert b"keeper" in told
            assert b"canary" not in told
        os.killpg(ours.pid, number)  # the whole group, as a terminal does
        ours.wait(5)
        assert within(5, lambda: not any(map(runs, pids)))
        assert within(5, lambda: not folder.exists() and not runs(keeper))
        assert runs(forgotten)
    finally:
        if forgotten:
            os.kill(forgotten, signal.SIGKILL)
        ours.kill()
        ours.communicate()


def test_one_that_was_waited_for_is_spared_and_what_they_say_is_kept(keeper: Keeper, tmp_path: Path) -> None:
    with (tmp_path / "log").open("ab") as log:
        child = keeper.spawn(["sleep", "60"], output=log)
        other = keeper.spawn(["/bin/sh", "-c", "echo hello; echo oops >&2; exec sleep 60"], output=log)
    assert within(5, lambda: (tmp_path / "log").read_text() == "hello\noops\n")
    keeper.kill(child)
    assert child.returncode == -signal.SIGKILL
    keeper.kill(child)
    assert other.poll() is None
    keeper.close()
    keeper.close()
    assert other.returncode == -signal.SIGKILL


def test_it_finds_its_tools_whatever_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    folder = tmp_path / "x"
    folder.mkdir()
    keeper = Keeper(folder)
    assert keeper._shell is not None
    assert keeper._shell.stdin is not None
    keeper._shell.stdin.close()
    keeper._shell.wait()
    assert not folder.exists()
    keeper.close()


def test_a_folder_is_removed_though_somebody_killed_the_shell(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    keeper = Keeper(folder)
    assert keeper._shell is not None
    keeper._shell.kill()
    keeper._shell.wait()
    keeper.close()
    assert not folder.exists()


async def test_nothing_of_a_closed_one_stays_open(keeper: Keeper) -> None:
    if sys.platform != "linux":
        pytest.skip("looks at /proc")

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    await (await asyncio.create_subprocess_exec("true")).wait()  # what a loop opens by itself for children
    before = descriptors()
    for _ in range(3):
        process = await keeper.start(["true"], stdout=PIPE, stderr=PIPE)
        await process.communicate()
        keeper.let_go(process)
        keeper.close()
    assert descriptors() == before


def test_why_a_command_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "text").touch(0o600)
    assert why_not("sh") == ""
    assert why_not(sys.executable) == ""
    assert why_not("no-such-program") == why_not("/no/such/program") == why_not("") == "there is no such command"
    assert why_not("a\0b") == "there is no such command"
    assert why_not(str(tmp_path)) == why_not(str(tmp_path / "text")) == "it is no program that may be run"
