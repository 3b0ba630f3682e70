"""What a command says while it runs: only its last lines are kept."""

import asyncio
import contextlib
import os
from collections import deque

from bulltui.domain.text import visible

_LINES = 5
_LENGTH = 300


class Said(asyncio.Protocol):
    """Reads all that is written to `descriptor`, so that nobody waits for room in a pipe."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._open = b""
        self._transport: asyncio.BaseTransport | None = None
        self.descriptor = -1

    async def begin(self) -> None:
        """Opens the pipe."""
        reading, self.descriptor = os.pipe()
        try:
            file = open(reading, "rb", 0)  # noqa: SIM115, ASYNC230, PTH123 - a pipe, which the transport closes
            self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: self, file)
        except BaseException:
            self.end()
            raise

    def started(self) -> None:
        """Whoever writes has its own descriptor now: ours would keep the pipe from ending."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        *lines, rest = (self._open + data).split(b"\n")
        self._lines.extend(line[:_LENGTH] for line in lines if line.strip())
        self._open = rest[:_LENGTH]

    def end(self) -> None:
        """Reads no more."""
        self.started()
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.close()

    @property
    def last(self) -> str:
        """The last line, without a stop at its end; empty where nothing was said."""
        raw = self._open if self._open.strip() else (self._lines[-1] if self._lines else b"")
        return visible(" ".join(raw.decode("utf-8", "replace").split())).rstrip(".")
