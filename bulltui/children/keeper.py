"""Starts commands that end with us, however we end: a small shell process outlives us and kills what still runs.

It reads a pipe that only we write to. When we end in any way, SIGKILL included, the pipe reaches its end and the shell
kills each group of processes that it was told of. It needs no call that only Linux has, so it does the same on macOS;
on Windows commands end where we end them. All of them live in sessions of their own: Ctrl+C in a terminal reaches us
alone, the order of the end stays ours, and none of them can write on our screen or ask on our terminal.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_SHELL = "/bin/sh"

# Lines of the pipe: `PID` a group to kill at the end, `-PID` one that is gone, whose number may soon be a stranger's.
_KEEP = """
pids=
while read -r line; do
  case $line in
    -*) gone=${line#-}; kept=; for pid in $pids; do [ "$pid" = "$gone" ] || kept="$kept $pid"; done; pids=$kept ;;
    *) pids="$pids $line" ;;
  esac
done
for pid in $pids; do kill -KILL "-$pid" 2>/dev/null; done
[ -z "$1" ] || rm -rf "$1" 2>/dev/null || { sleep 0.2; rm -rf "$1"; }
"""

# A command says its own number before it becomes the program: there is no moment in which it runs unknown. The pipe
# stands where its input will be, so that its output and its errors are free for whoever starts it.
_ENROL = 'echo $$ >&0; exec "$@" </dev/null'

GRACE_S = 2.0
"""How long what is asked to end may take to do so."""

_LAST_S = 1.0
"""How long is waited for what is killed: somebody in a session of its own may still hold a pipe of it."""

Told = int | IO[bytes]
"""Where a command writes: a descriptor, a file, or PIPE and the like of `subprocess`."""


def why_not(command: str) -> str:
    """Why `command` cannot be run, as far as that shows before; empty where it can."""
    if shutil.which(command) is not None:
        return ""
    there = os.path.dirname(command) and os.path.exists(command)  # noqa: PTH110, PTH120 - a NUL in it is no error
    return "it is no program that may be run" if there else "there is no such command"


class Keeper:
    """Owns the commands that are started through it, each with all that it starts, for as long as this process lives
    and no longer. So it does with `folder`, a directory that exists.

    The shell begins with the first command, or at once where there is a folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._shell: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()
        self._children: list[subprocess.Popen[bytes]] = []
        if folder is not None:
            self._pipe()

    # --- for those who wait in a loop

    async def start(self, words: Sequence[str], *, stdout: Told, stderr: Told) -> asyncio.subprocess.Process:
        """Runs `words`, without a shell of their own and without any input. Raises OSError or ValueError where no
        process can be made of them; of a program that is not there one is, which ends at once (see `why_not`)."""
        if os.name != "posix":
            return await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=stdout, stderr=stderr)
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *_enrolled(words), stdin=self._pipe(), stdout=stdout, stderr=stderr, start_new_session=True
            )
        )
        try:
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Cancelled half way asyncio may wait without end for pipes that it never opened; a start takes some ms.
            while not starting.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait((starting,))
            if not starting.cancelled() and starting.exception() is None:
                await self.end(starting.result(), grace_s=0)
            raise
        self._groups.add(process.pid)
        return process

    async def end(self, process: asyncio.subprocess.Process, grace_s: float = GRACE_S) -> None:
        """Ends `process` and all that it started: it is asked to, and after a while, or at once without a grace, not
        asked. What they said and nobody read so far is lost; nobody may be reading."""
        if os.name != "posix":
            if process.returncode is None:
                process.kill()
            await _gone(process)
            return
        try:
            if process.returncode is None and grace_s > 0:
                _signal(process.pid, signal.SIGTERM)
                await _gone(process, grace_s)
        finally:
            # What the command left behind as well; a group keeps its number as long as anyone is in it.
            _signal(process.pid, signal.SIGKILL)
            try:
                await _gone(process)
            finally:
                if process.returncode is not None:
                    self.let_go(process)

    def let_go(self, process: asyncio.subprocess.Process) -> None:
        """Forgets `process`, which has ended. What it left behind stays."""
        self._forget(process.pid)

    # --- for those who do not

    def spawn(self, words: Sequence[str], *, output: Told) -> subprocess.Popen[bytes]:
        """Runs `words` like `start`. What they say and their errors go to `output`."""
        child = subprocess.Popen(  # noqa: S603
            _enrolled(words), stdin=self._pipe(), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        self._groups.add(child.pid)
        self._children.append(child)
        return child

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """Ends `child` and all that it started, now, and forgets it. One that has ended already is only forgotten."""
        if child in self._children:
            if child.poll() is None:
                _signal(child.pid, signal.SIGKILL)
            child.wait()
            self._children.remove(child)
            self._forget(child.pid)

    def close(self) -> None:
        """Ends all that still runs and removes the folder. More than one call does no harm."""
        for child in list(self._children):
            self.kill(child)
        shell, self._shell = self._shell, None
        if shell is not None and shell.stdin is not None:
            shell.stdin.close()
            shell.wait()
        self._groups.clear()
        if self._folder is not None and self._folder.exists():  # somebody killed the shell
            shutil.rmtree(self._folder, ignore_errors=True)

    # --- the shell

    def _pipe(self) -> IO[bytes]:
        """What the shell reads from. One that somebody killed is begun anew, and told of all that runs."""
        shell = self._shell
        if shell is None or shell.poll() is not None:
            if shell is not None and shell.stdin is not None:
                shell.stdin.close()
            shell = self._shell = subprocess.Popen(  # noqa: S603 - as short as a fork
                [_SHELL, "-c", _KEEP, "keeper", str(self._folder or "")],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                env={"PATH": os.defpath},  # of the system's own tools, whatever ours is, and none of our secrets
            )
            for group in self._groups:
                self._tell(str(group))
        if shell.stdin is None:  # pragma: no cover - it was asked for
            raise OSError("the keeper has no pipe")
        return shell.stdin

    def _forget(self, group: int) -> None:
        self._groups.discard(group)
        self._tell(f"-{group}")

    def _tell(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # somebody killed the shell
                os.write(self._shell.stdin.fileno(), f"{line}\n".encode())


def _enrolled(words: Sequence[str]) -> list[str]:
    return [_SHELL, "-c", _ENROL, "command", *words]


async def _gone(process: asyncio.subprocess.Process, within_s: float = _LAST_S) -> None:
    """Waits until it is over, for a while. What was said and nobody read is read first: `wait` waits for the end of its
    pipes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            for stream in (process.stdout, process.stderr):
                while stream is not None and await stream.read(65536):
                    pass
            await process.wait()


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
