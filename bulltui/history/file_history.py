"""See `HistoryStore`: all that is done with the file is done on two threads of its own, one writes and one reads."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.point import OfName, Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible
from bulltui.history import reading, room
from bulltui.history.own_thread import OwnThread
from bulltui.history.schema import open_to_read, open_to_write, put_aside, same_file
from bulltui.history.tiers import HOUR, MINUTE
from bulltui.history.trouble import DamagedError, told
from bulltui.history.writer_lock import WriterLock
from bulltui.history.writing import Writer
from bulltui.ledger.paths import told_as
from bulltui.services.protocols import Clock
from bulltui.services.watch.protocols import HistoryState, Written

T = TypeVar("T")

READ_S = 20.0
"""A read that takes longer is given up."""
_OPERATIONS = 20_000
"""After so many of SQLite's operations, about a millisecond, a read looks at the time."""
_CLOSE_S = 5.0
_STEPS = 200_000
_CANNOT_WRITE = "The history cannot be written"
_CANNOT_READ = "The history cannot be read"


@dataclass(slots=True)
class _Open:
    base: sqlite3.Connection
    inode: int


class FileHistory:
    """The history at a path, of at most `max_bytes`."""

    def __init__(self, path: Path, server: str, *, max_bytes: int, clock: Clock) -> None:
        self._path = path
        self._server = server
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = WriterLock(path.with_suffix(".lock"))
        self._writing = OwnThread("history-write")
        self._reading = OwnThread("history-read")
        self._written: _Open | None = None
        self._writer: Writer | None = None
        self._read: _Open | None = None
        self._damaged = 0
        """The inode of a file that was found damaged: only that one is put aside."""
        self._problem: BulltuiError | None = None
        self._notice = ""
        self._deadline = 0.0
        self._closed = False

    async def lead(self) -> bool:
        """See HistoryStore."""
        return await self._writing.do(self._lead)

    async def write(self, written: Written) -> None:
        """See HistoryStore. Whoever is cancelled meanwhile does not know whether it was written."""
        await self._writing.do(self._write, lambda writer: writer.write(written))

    async def fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int) -> None:
        """See HistoryStore."""
        if step_ms not in (MINUTE, HOUR):
            raise ValueError("a history is filled in steps of a minute or an hour")
        some, now_ms = tuple(points), self._clock.now_ms()
        await self._writing.do(self._write, lambda writer: writer.fill(ref, some, step_ms, now_ms))

    async def cursors(self) -> dict[QueueRef, str]:
        """See HistoryStore."""
        return await self._ask(reading.cursors, dict)

    async def points(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int, step_ms: int, *, timings: bool
    ) -> list[Point | None]:
        """See HistoryStore."""
        steps = max(0, -(-(end_ms - start_ms) // step_ms)) if step_ms > 0 else _STEPS + 1
        if steps > _STEPS:
            raise UsageError(f"A chart of {steps:,} steps is too long.", hint="Ask for a shorter span or longer steps.")
        asked = None if refs is None else tuple(refs)
        return await self._ask(
            lambda base: reading.points(base, asked, start_ms, end_ms, step_ms, timings=timings),
            lambda: [None] * steps,
        )

    async def each(self, start_ms: int, end_ms: int, *, timings: bool) -> dict[QueueRef, Point]:
        """See HistoryStore."""
        return await self._ask(lambda base: reading.each(base, start_ms, end_ms, timings=timings), dict)

    async def names(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int
    ) -> dict[tuple[QueueRef, str], OfName]:
        """See HistoryStore."""
        asked = None if refs is None else tuple(refs)
        return await self._ask(lambda base: reading.names(base, asked, start_ms, end_ms), dict)

    async def state(self) -> HistoryState:
        """See HistoryStore. What is wrong is said in it."""
        first: int | None = None
        last: int | None = None
        problem = self._problem
        try:
            first, last = await self._ask(reading.ends, lambda: (None, None))
        except BulltuiError as error:
            problem = problem or error
        leads = self._lock.held
        size, writer = await self._reading.do(self._looks)
        return HistoryState(
            where=visible(str(self._path)),
            leads=leads,
            writer="" if leads else writer,
            first_ms=first,
            last_ms=last,
            bytes=size,
            problem=problem.message if problem else self._notice,
            hint=problem.hint if problem else "",
        )

    async def close(self) -> None:
        """See HistoryStore. A disk that hangs holds nobody up for longer than some seconds."""
        self._closed = True
        self._deadline = 0.0
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._reading.do(self._close_reading)
                await self._writing.do(self._close_writing)
        self._reading.end()
        self._writing.end()

    # --- on the thread that writes

    def _lead(self) -> bool:
        with told_as(self._path, _CANNOT_WRITE):
            if self._closed or not self._lock.take():
                self._close_base()
                return False
        if self._written is not None and same_file(self._path, self._written.inode) and not self._is_damaged():
            return True
        try:
            self._open()
        except BaseException as error:
            self._close_writing()
            if isinstance(error, BulltuiError):
                self._problem = error
            raise
        return True

    def _open(self) -> None:
        self._close_base()
        if self._is_damaged():
            self._put_aside()
        try:
            self._open_base()
        except DamagedError:
            self._put_aside()
            self._open_base()
        self._problem = None

    def _open_base(self) -> None:
        with told_as(self._path, _CANNOT_WRITE), told(self._path, _CANNOT_WRITE):
            base = open_to_write(self._path, self._server, room.log_pages(self._max_bytes))
            self._written = _Open(base, self._path.stat().st_ino)
            self._writer = Writer(base, self._max_bytes)

    def _is_damaged(self) -> bool:
        return bool(self._damaged) and same_file(self._path, self._damaged)

    def _put_aside(self) -> None:
        with told_as(self._path, _CANNOT_WRITE):
            aside = put_aside(self._path)
        self._damaged = 0
        self._notice = f"The history was damaged and begins anew; what there was is kept as {visible(str(aside))}."

    def _write(self, what: Callable[[Writer], None]) -> None:
        if not self._lead() or self._writer is None:
            holder = self._lock.holder()
            raise BulltuiError(
                "The history is written by another process" + (f", {holder}." if holder else "."), code="not-leading"
            )
        try:
            with told(self._path, _CANNOT_WRITE):
                what(self._writer)
        except DamagedError as error:
            self._damaged, self._problem = _inode(self._path), error
            raise
        except BulltuiError as error:
            self._problem = error
            raise
        self._problem = None

    def _close_base(self) -> None:
        opened, self._written, self._writer = self._written, None, None
        if opened is not None:
            with suppress(sqlite3.Error):
                opened.base.close()

    def _close_writing(self) -> None:
        self._close_base()
        self._lock.leave()

    # --- on the thread that reads

    async def _ask(self, what: Callable[[sqlite3.Connection], T], empty: Callable[[], T]) -> T:
        return await self._reading.do(self._answer, what, empty)

    def _answer(self, what: Callable[[sqlite3.Connection], T], empty: Callable[[], T]) -> T:
        try:
            with told_as(self._path, _CANNOT_READ), told(self._path, _CANNOT_READ):
                base = self._base_to_read()
                if base is None:
                    return empty()
                with self._bounded(base):
                    return what(base)
        except DamagedError:
            self._damaged = _inode(self._path)
            self._close_reading()
            raise

    def _base_to_read(self) -> sqlite3.Connection | None:
        if self._read is not None and not same_file(self._path, self._read.inode):
            self._close_reading()
        if self._read is None and not self._closed:
            base = open_to_read(self._path, self._server)
            if base is None:
                return None
            base.set_progress_handler(lambda: int(time.monotonic() > self._deadline), _OPERATIONS)
            self._read = _Open(base, self._path.stat().st_ino)
        return None if self._read is None else self._read.base

    @contextmanager
    def _bounded(self, base: sqlite3.Connection) -> Iterator[None]:
        """A read of one moment that takes no longer than it may."""
        self._deadline = time.monotonic() + READ_S
        base.execute("BEGIN")
        try:
            yield
        finally:
            self._deadline = float("inf")
            with suppress(sqlite3.Error):
                base.execute("ROLLBACK")

    def _close_reading(self) -> None:
        opened, self._read = self._read, None
        if opened is not None:
            with suppress(sqlite3.Error):
                opened.base.close()

    def _looks(self) -> tuple[int, str]:
        return room.file_bytes(self._path), self._lock.holder()


def _inode(path: Path) -> int:
    """What tells the file from another one in its place; 0 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0
