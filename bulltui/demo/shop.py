"""The demo: a server of our own and the simulator's shop on it, both gone when we are."""

import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import bulltui
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError

_OPEN_WITHIN = 10.0  # seconds
_OPEN = ("opened ", " at work")  # what the simulator prints when jobs are there
_INSTALLED = "bulltui._simulator"
_SOURCE = "simulator"


class DemoError(BulltuiError):
    """The demo lacks a part, or its simulator does not start."""


def simulator_command(url: str, options: Sequence[str] = ()) -> list[str]:
    """The command line that runs the simulator on the Redis at `url`; `options` are passed on to it."""
    module = _find_simulator()
    if module is None or find_spec("bullmq") is None:
        raise DemoError(
            "the simulator of the demo is not installed", hint="run: pip install 'bulltui[demo]'", code="no-simulator"
        )
    # -P: what lies in the folder that a person happens to stand in is no part of the demo.
    return [sys.executable, "-P", "-m", module, "--url", url, *options]


def _find_simulator() -> str | None:
    """The simulator's module: in a wheel it is part of our package, in a source tree it lies beside it.

    Any other package that happens to be called `simulator` is not ours to run.
    """
    if find_spec(_INSTALLED):
        return _INSTALLED
    beside = Path(bulltui.__file__).parent.parent / _SOURCE / "__main__.py"
    spec = find_spec(_SOURCE)
    found = [Path(folder) / "__main__.py" for folder in (spec.submodule_search_locations or [])] if spec else []
    return _SOURCE if any(path.exists() and path.samefile(beside) for path in found if beside.exists()) else None


class Demo:
    """A running shop to look at. `options` go to the simulator, such as ("--queues", "200")."""

    def __init__(self, options: Sequence[str] = (), *, unix: bool = False) -> None:
        self._options = tuple(options)
        self._server = EmbeddedServer(unix=unix)
        self._simulator: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start both, and wait until the shop is open: a second or two."""
        command = simulator_command("", self._options)
        self._server.start()
        try:
            command[command.index("--url") + 1] = self._server.url
            self._simulator = self._server.spawn(command, self._log)
            self._wait_open()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End both and remove every file. More than one call does no harm."""
        self._server.stop()
        self._simulator = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    @property
    def server(self) -> EmbeddedServer:
        """The server, for those who want to see it fail."""
        return self._server

    @property
    def url(self) -> str:
        """Where the shop's Redis is."""
        return self._server.url

    @property
    def state_folder(self) -> Path:
        """Where audit and journal of the demo go, so that they are gone with it."""
        return self._server.folder / "state"

    def problem(self) -> str | None:
        """One sentence when a part of the demo has ended, else None."""
        if not self._server.alive:
            return "The demo's server has ended."
        code = self._simulator.poll() if self._simulator else 0
        if code is None:
            return None
        lines = self._said().splitlines()
        return f"The demo's simulator has ended (exit {code}{': ' + lines[-1].strip() if lines else ''})."

    @property
    def _log(self) -> Path:
        return self._server.folder / "simulator.log"

    def _said(self) -> str:
        try:
            return self._log.read_text(errors="replace")
        except OSError:
            return ""

    def _wait_open(self) -> None:
        """The simulator says when its shop is open; one that has much to add first need not be waited for."""
        deadline = time.monotonic() + _OPEN_WITHIN
        while not any(word in self._said() for word in _OPEN) and time.monotonic() < deadline:
            if problem := self.problem():
                raise DemoError(problem)
            time.sleep(0.02)
        if problem := self.problem():
            raise DemoError(problem)
