"""Node's producers and workers at full speed on one queue, and what they wrote down of it."""

import json
import subprocess
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bulltui.domain.queue import QueueRef
from tests.interop.support import NODE


@dataclass(frozen=True, slots=True)
class Notes:
    """What became of each job: `added` with its kind, and how often it was run to a good end."""

    added: dict[str, str]
    ran: dict[str, int]


class Fire:
    """`node/fire.mjs` as long as the block lasts."""

    def __init__(self, lib: str, url: str, ref: QueueRef) -> None:
        self._ref = ref
        command = ["node", str(NODE / "fire.mjs"), "--lib", lib, "--url", url]
        command += ["--prefix", ref.prefix, "--name", ref.name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, word: str) -> dict[str, Any]:
        """Gives a command and waits for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise RuntimeError(f"fire.mjs ended: {self._process.stderr.read()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def notes(self, raw: Any) -> Notes:
        """What was written down so far."""
        start = f"{self._ref.prefix}-fire:{self._ref.name}"
        added: dict[bytes, bytes] = raw.hgetall(f"{start}:added")
        ran: dict[bytes, bytes] = raw.hgetall(f"{start}:ran")
        return Notes(
            {one.decode(): kind.decode() for one, kind in added.items()},
            {one.decode(): int(times) for one, times in ran.items()},
        )
