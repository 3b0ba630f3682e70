"""Starts the real libraries for the interop tests: their scenario on a server, and what they themselves say of it.

The programs are in `node/` (BullMQ 3 to 6 and Bull 4) and in `python_queue.py` (the official Python package). Each runs
until its standard input closes, so none of them outlives the tests, not even tests that are killed.
"""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

NODE = Path(__file__).parent / "node"
LIBRARIES = ("3", "4", "5", "6", "bull4")
PYTHON = "python"

PLAIN_USER = "plain"
"""A user, and its password, who may do everything but run scripts."""
PLAIN_RIGHTS = f"user {PLAIN_USER} on >{PLAIN_USER} ~* &* +@all -@scripting"

Oracle = dict[str, Any]
"""The document of `node/oracle.mjs`, which describes it."""

_INSTALL_WITHIN = 300.0  # seconds
_OLDEST_NODE = 20


@functools.cache
def node_ready() -> str:
    """Why the Node libraries cannot be used here, empty when they can. Installs the pinned packages when needed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        return "node is not on PATH"
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, timeout=30, check=False
    ).stdout.strip()
    if int(version.lstrip("v").partition(".")[0] or 0) < _OLDEST_NODE:
        return f"node {version or '?'} is older than {_OLDEST_NODE}"
    lock_file = NODE / "package-lock.json"
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    mark = NODE / "node_modules" / ".bulltui"
    with lock_file.open() as guard:  # parallel test processes: the first installs, the others wait for it
        fcntl.flock(guard, fcntl.LOCK_EX)
        if mark.is_file() and mark.read_text() == wanted:
            return ""
        if npm is None:
            return "npm is not on PATH, and the packages of tests/interop/node are not installed"
        try:
            done = subprocess.run(
                [npm, "ci", "--no-progress"],
                cwd=NODE,
                capture_output=True,
                text=True,
                timeout=_INSTALL_WITHIN,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"npm ci in tests/interop/node took longer than {_INSTALL_WITHIN:.0f} s"
        if done.returncode:
            return f"npm ci in tests/interop/node failed: {done.stderr.strip()[-500:]}"
        mark.write_text(wanted)
    return ""


def require_node() -> None:
    """Skips the test where the libraries cannot be used; in CI it fails it, so that nothing goes untested unnoticed."""
    if reason := node_ready():
        if os.environ.get("CI") == "true":
            pytest.fail(f"interop tests must run in CI: {reason}")
        pytest.skip(f"interop: {reason}")


class Scenario:
    """A library's scenario on a server, with its workers connected, from `with` to the end of the block.

    `lib` is one of `LIBRARIES`, or `PYTHON`. `queues` are the queues made, `expected` their true counts by state as the
    scenario knows them (`waiting` includes the jobs of a paused queue).
    """

    def __init__(self, lib: str, url: str, *, prefix: str = "bull", timeout: float = 60.0) -> None:
        self.lib = lib
        self.url = url
        self.prefix = prefix
        self.version = ""
        self.queues: list[str] = []
        self.expected: dict[str, dict[str, int]] = {}
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = (
            [sys.executable, "-m", "tests.interop.python_queue"]
            if self.lib == PYTHON
            else ["node", str(NODE / "scenario.mjs"), "--lib", self.lib]
        )
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [*program, "--url", self.url, "--prefix", self.prefix],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            try:
                line = _first_line(self._process, self._timeout)
                if line is None:
                    errors.seek(0)
                    said = errors.read().decode(errors="replace").strip()
                    raise RuntimeError(f"the scenario of {self.lib} did not get ready: {said or 'it said nothing'}")
                ready = json.loads(line)
            except BaseException:
                self.close()
                raise
        self.version, self.queues, self.expected = ready["version"], ready["queues"], ready["expected"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers. The data stays."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def oracle(self, *queues: str, ids_only: bool = False, lib: str = "") -> Oracle:
        """What the library says of these queues (none given: of all of the prefix), see `node/oracle.mjs`.

        `lib` asks another library than the one that wrote; queues written by Python are judged by version 6.
        """
        judge = lib or ("6" if self.lib == PYTHON else self.lib)
        return ask_oracle(judge, self.url, *queues, prefix=self.prefix, ids_only=ids_only)


def ask_oracle(lib: str, url: str, *queues: str, prefix: str = "bull", ids_only: bool = False) -> Oracle:
    """What the library `lib` says of queues, whoever wrote them."""
    command = ["node", str(NODE / "oracle.mjs"), "--lib", lib, "--url", url, "--prefix", prefix]
    command += [f"--queue={queue}" for queue in queues] + (["--ids-only"] if ids_only else [])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"the oracle of {lib} failed: {done.stderr.decode(errors='replace').strip()}")
    document: Oracle = json.loads(done.stdout)
    return document


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> bytes | None:
    """The first line of the output; None when the process ends or the time is up before it."""
    assert process.stdout is not None
    deadline = time.monotonic() + timeout
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while b"\n" not in text:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                return None
            text += chunk
    return text.partition(b"\n")[0]
