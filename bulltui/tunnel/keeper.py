"""Starts commands that end with us, however we end: a small shell process outlives us and kills what still runs.

It reads a pipe that only we write to. When we end in any way, SIGKILL included, the pipe reaches its end and the shell
kills each group of processes that it was told of. All of them live in sessions of their own: Ctrl+C in a terminal
reaches us alone, and none of them can write on our screen or ask on our terminal.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import Sequence

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
"""

# A command says its own number before it becomes the program: there is no moment in which it runs unknown.
_ENROL = 'echo $$; exec "$@" >&2'

GRACE_S = 2.0
"""How long what is asked to end may take to do so."""


class Keeper:
    """The commands of one tunnel, one at a time, each with all that it starts."""

    def __init__(self) -> None:
        self._shell: subprocess.Popen[bytes] | None = None

    async def start(self, words: Sequence[str], told: int) -> asyncio.subprocess.Process:
        """Runs `words`, without a shell of their own; what they say is written to the descriptor `told`. Raises
        OSError where the command cannot be run."""
        if os.name != "posix":
            return await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=told, stderr=told)
        if self._shell is None:
            self._shell = subprocess.Popen(  # noqa: ASYNC220, S603 - as short as a fork
                [_SHELL, "-c", _KEEP, "keeper"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                env={"PATH": os.defpath},
            )
        return await asyncio.create_subprocess_exec(
            *(_SHELL, "-c", _ENROL, "tunnel", *words),
            stdin=DEVNULL,
            stdout=self._shell.stdin,
            stderr=told,
            start_new_session=True,
        )

    async def end(self, process: asyncio.subprocess.Process, grace_s: float = GRACE_S) -> None:
        """Ends `process` and all that it started: it is asked to, and after a while not asked."""
        if os.name != "posix":
            if process.returncode is None:
                process.kill()
            await process.wait()
            return
        try:
            if process.returncode is None:
                _signal(process.pid, signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(grace_s):
                        await process.wait()
        finally:
            # What the command left behind as well; a group keeps its number as long as anyone is in it.
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
            self._tell(f"-{process.pid}")

    def close(self) -> None:
        """Ends the shell. Nothing may run any more."""
        shell, self._shell = self._shell, None
        if shell is not None and shell.stdin is not None:
            shell.stdin.close()
            shell.wait()

    def _tell(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # somebody killed the shell
                os.write(self._shell.stdin.fileno(), f"{line}\n".encode())


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
