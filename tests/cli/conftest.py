"""Calls of the command line, in this process with a fake store or in one of their own."""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bulltui import wiring
from bulltui.__main__ import main
from bulltui.cli import confirm, editing
from bulltui.demo.server import EmbeddedServer
from tests.cli.acting_fakes import FakeRunner
from tests.cli.fakes import FakeReader, Opened
from tests.conftest import url_for

if TYPE_CHECKING:
    from tests.cli.desk import Desk

ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("BULLTUI_", "_BULLTUI", "REDIS_")) and name not in ("COLUMNS", "NO_COLOR")
}


@dataclass(frozen=True)
class Ended:
    """What came of a call."""

    code: int
    out: str
    err: str
    seconds: float = 0.0

    @property
    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error as JSON."""
        return json.loads(self.err)["error"]


Run = Callable[..., Ended]


@pytest.fixture
def store() -> FakeReader:
    """A deployment in memory."""
    return FakeReader()


@pytest.fixture
def opened(store: FakeReader, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Lets commands work on `store`."""
    opened = Opened(store)
    monkeypatch.setattr(wiring, "open_runtime", opened)
    return opened


@pytest.fixture
def runner(opened: Opened) -> FakeRunner:
    """Who is asked for changes."""
    return opened.runner


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets a person sit at the terminal, who types this."""

    def types(text: str) -> None:
        for module in (confirm, editing):
            monkeypatch.setattr(module, "can_ask", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))

    return types


@pytest.fixture
def run(
    opened: Opened, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Runs a command line in this process on the fake store."""
    for name in os.environ:
        if name.startswith(("BULLTUI_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")  # nobody's own configuration
    monkeypatch.setenv("BULLTUI_STATE_DIR", str(tmp_path / "state"))

    def call(*argv: str) -> Ended:
        code = main(argv)
        out, err = capfdbinary.readouterr()
        return Ended(code, out.decode(), err.decode())

    return call


def bulltui(*argv: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
    """Runs a command line in a process of its own, as a shell does."""
    return python("-m", "bulltui", *argv, env=env, stdin=stdin)


def here(*argv: str, env: Mapping[str, str] | None = None) -> Ended:
    """Runs a command line in this process, with the same surroundings and files for what it says: a process of its own
    takes a third of a second to load, and is only for what is about processes."""
    started = time.perf_counter()
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        for name in os.environ.keys() - ENVIRONMENT.keys():
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(), "utf-8"))
        patch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8"))
        patch.setattr(sys, "stderr", io.TextIOWrapper(err, "utf-8"))
        code = main(argv)
        said = []
        for stream, file in ((sys.stdout, out), (sys.stderr, err)):
            stream.flush()
            file.seek(0)
            said.append(file.read().decode())
    return Ended(code, said[0], said[1], time.perf_counter() - started)


def python(*argv: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
    """Runs this Python in a process of its own."""
    started = time.perf_counter()
    words: Sequence[str] = (sys.executable, *argv)
    done = subprocess.run(
        words, capture_output=True, check=False, timeout=60, env={**ENVIRONMENT, **(env or {})}, input=stdin.encode()
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode(), time.perf_counter() - started)


@pytest.fixture
def desk(server: EmbeddedServer, raw: object, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> "Desk":
    """A place from where the test's server, which is empty, is acted on."""
    from tests.cli.desk import Desk

    return Desk(url_for(server), tmp_path, capfdbinary)
