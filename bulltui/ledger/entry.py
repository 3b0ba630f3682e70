"""An entry of the journal while its action runs."""

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from bulltui.domain.history import JournalFullError
from bulltui.domain.outcome import Outcome
from bulltui.domain.record import Record
from bulltui.ledger.codec import pack
from bulltui.ledger.frames import frame
from bulltui.ledger.paths import told_as

HEADER = b"H"
RECORDS = b"R"
CLOSED = b"C"
UNDONE = b"U"

_CANNOT_WRITE = "The journal, which lets actions be undone, cannot be written"


class FileEntry:
    """A file of frames. `make_room(path, bytes)` is asked before each of them."""

    def __init__(
        self,
        path: Path,
        descriptor: int,
        *,
        number: int,
        header: bytes,
        limit: int,
        make_room: Callable[[Path, int], None],
    ) -> None:
        self._path = path
        self._number = number
        self._descriptor = descriptor
        self._limit = limit
        self._make_room = make_room
        self._size = 0
        self._records = 0
        self._content = 0  # bytes of the records
        self._write(frame(HEADER, header))

    @property
    def number(self) -> int:
        """See JournalEntry."""
        return self._number

    async def add(self, records: Sequence[Record]) -> None:
        """See JournalEntry."""
        if records:
            await asyncio.to_thread(self._add, records)

    async def expect(self, total: int) -> None:
        """See JournalEntry."""
        needed = self._content * total // self._records if self._records else 0
        if needed > self._limit:
            raise JournalFullError(self._limit, needed)

    async def close(self, outcome: Outcome) -> None:
        """See JournalEntry. One of an action that changed nothing is deleted as well."""
        await asyncio.to_thread(self._close, outcome)

    def _add(self, records: Sequence[Record]) -> None:
        content = frame(RECORDS, pack(records))
        if self._size + len(content) > self._limit:
            raise JournalFullError(self._limit)
        with told_as(self._path, _CANNOT_WRITE):
            self._make_room(self._path, len(content))
            self._write(content)
        self._records += len(records)
        self._content += len(content)

    def _write(self, content: bytes) -> None:
        """Writes a frame so that it is on the disk. What does not fit is taken back, so that no half frame stays."""
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(content)

    def _close(self, outcome: Outcome) -> None:
        with told_as(self._path, _CANNOT_WRITE):
            try:
                keep = self._records and (outcome.done or outcome.unsure)
                if keep:
                    words = {"kind": str(outcome.kind), "done": outcome.done, "records": self._records}
                    self._write(frame(CLOSED, json.dumps(words).encode("ascii")))
            finally:
                os.close(self._descriptor)
            if not keep:
                self._path.unlink(missing_ok=True)
