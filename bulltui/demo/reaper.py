"""Nothing stays behind, however we end: a small shell process that outlives us, kills our children, removes our folder.

It reads a pipe that only we write to. When we end in any way, SIGKILL included, the pipe reaches its end and the reaper
does its work. It needs no Linux-only call, so it does the same on macOS. Both it and the children live in sessions of
their own: Ctrl+C in a terminal reaches us alone, and the order of the shutdown stays ours.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_SHELL = "/bin/sh"

# Lines of the pipe: `PID` a child to kill at the end, `-PID` a child that has been waited for, whose number may by
# now belong to a stranger.
_REAP = """
pids=
while read -r line; do
  case $line in
    -*) gone=${line#-}; kept=; for pid in $pids; do [ "$pid" = "$gone" ] || kept="$kept $pid"; done; pids=$kept ;;
    *) pids="$pids $line" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
rm -rf "$1" 2>/dev/null || { sleep 0.2; rm -rf "$1"; }
"""

# A child says its own number before it becomes the program: there is no moment in which it runs unknown to the reaper.
_ENROL = 'echo $$; log=$1; shift; exec "$@" >>"$log" 2>&1'


class Reaper:
    """Owns a private folder and the processes started through it, for as long as this process lives and no longer.

    `folder` is a new directory of mode 0700. Its path is short enough for a Unix socket in it.
    """

    def __init__(self, name: str = "bulltui") -> None:
        folder = tempfile.mkdtemp(prefix=f"{name}-")
        if len(folder) > 80:  # a socket's path may have 103 bytes on macOS, 107 on Linux
            Path(folder).rmdir()
            folder = tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp")
        self.folder = Path(folder)
        self._shell = subprocess.Popen(  # noqa: S603
            [_SHELL, "-c", _REAP, "reaper", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={"PATH": os.defpath},  # of the system's own tools, whatever ours is
        )
        self._children: list[subprocess.Popen[bytes]] = []

    def spawn(
        self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `command` in a session of its own, its output appended to `log`, killed at the latest with us."""
        child = subprocess.Popen(  # noqa: S603
            [_SHELL, "-c", _ENROL, "child", str(log), *command],
            stdin=subprocess.DEVNULL,
            stdout=self._shell.stdin,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=env,
        )
        self._children.append(child)
        return child

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """End `child` now and forget it. A child that has ended already is only forgotten."""
        if child in self._children:
            child.kill()
            child.wait()
            self._children.remove(child)
            self._tell(f"-{child.pid}")

    def _tell(self, line: str) -> None:
        if self._shell.stdin and not self._shell.stdin.closed:
            with contextlib.suppress(BrokenPipeError):  # somebody killed the reaper: close() does its work
                os.write(self._shell.stdin.fileno(), f"{line}\n".encode())

    def close(self) -> None:
        """Kill all that still runs and remove the folder. More than one call does no harm."""
        for child in list(self._children):
            self.kill(child)
        if self._shell.stdin and not self._shell.stdin.closed:
            self._shell.stdin.close()
        self._shell.wait()
        if self.folder.exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
