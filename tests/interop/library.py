"""A real library in a process of its own that does what it is told (`node/server.mjs`)."""

import contextlib
import json
import os
import selectors
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any, Self

from tests.interop.support import NODE

PREFIX = "bull"
_WITHIN = 30.0  # seconds, for any one answer


class LibraryError(Exception):
    """The library refused, in its own words."""


class Library:
    """One version of a library on a server, from `with` to the end of the block. `name` is one of `LIBRARIES`."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        self._process = subprocess.Popen(
            ["node", str(NODE / "server.mjs"), "--lib", name, "--url", url, "--prefix", PREFIX],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._text = b""
        try:
            self.version: str = self._answer()["version"]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def __call__(self, what: str, db: int, **rest: Any) -> Any:
        """Has it do something (see `node/server.mjs`) on a database and waits for the answer. Raises LibraryError."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, "db": db, **rest}).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise LibraryError(answer["error"])
        return answer["ok"]

    def act(self, db: int, act: str, queue: str, **at: Any) -> Any:
        """One act of `node/acts.mjs`. Raises LibraryError."""
        return self("act", db, act=act, queue=queue, **at)

    def close(self) -> None:
        """Ends the process; the data stays."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        deadline = time.monotonic() + _WITHIN
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._text:
                chunk = b""
                if selector.select(max(0.0, deadline - time.monotonic())):
                    chunk = os.read(self._process.stdout.fileno(), 1 << 16)
                if not chunk:
                    self._errors.seek(0)
                    said = self._errors.read().decode(errors="replace").strip()
                    raise RuntimeError(f"library {self.name} does not answer: {said or 'it said nothing'}")
                self._text += chunk
        line, _, self._text = self._text.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer
