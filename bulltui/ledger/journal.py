"""What can be brought back: one file for each action, written before anything is destroyed.

A file holds the intent, then the records chunk by chunk, then how it ended, then that it was taken back. The process
that writes it holds its lock.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.history import Intent, JournalFullError, Past
from bulltui.domain.record import Record
from bulltui.domain.text import visible
from bulltui.ledger import frames
from bulltui.ledger.codec import unpack
from bulltui.ledger.entry import CLOSED, HEADER, RECORDS, UNDONE, FileEntry
from bulltui.ledger.locks import is_held, take
from bulltui.ledger.paths import check_folder, ensure_folder, open_private, told_as
from bulltui.ledger.who import Who, who
from bulltui.ledger.words import intent_from, intent_words

ENTRIES = 1_000
"""How many entries are kept at most, the newest."""

_SUFFIX = ".undo"
_CANNOT_READ = "The journal cannot be read"
_DAMAGED = (ValueError, TypeError, KeyError, AttributeError)


class FileJournal:
    """The journal in a folder, entries of at most `limit` bytes and `total` bytes of all. Any number of processes may
    write at once. Where several servers are shown, `label` is what the one is called whose entries are brought back."""

    def __init__(self, folder: Path, *, limit: int, total: int, by: Who | None = None, label: str = "") -> None:
        self._folder = folder
        self._label = label
        self._limit = limit
        self._total = total
        self._who = by or who()

    async def open(self, intent: Intent, at_ms: int) -> FileEntry:
        """See Journal."""
        return await asyncio.to_thread(self._open, intent, at_ms)

    async def entries(self) -> list[Past]:
        """See Journal."""
        return await asyncio.to_thread(self._entries)

    async def records(self, number: int) -> AsyncGenerator[tuple[Record, ...], None]:
        """See Journal. Raises BulltuiError at the end where a part is damaged."""
        damaged = False
        with told_as(self._folder, _CANNOT_READ), await asyncio.to_thread(self._find, number) as file:
            for place in await asyncio.to_thread(_places, file):
                try:
                    records = await asyncio.to_thread(_records, file, place, self._label)
                except ValueError:
                    damaged = True
                    continue
                yield records
        if damaged:
            raise BulltuiError(
                f"A part of number {number} in the journal is damaged; all else of it was read.",
                hint=f"The disk may be failing: look at {visible(str(self._path(number)))}.",
                code="damaged",
            )

    async def mark_undone(self, number: int) -> None:
        """See Journal."""
        await asyncio.to_thread(self._mark_undone, number)

    # --- writing

    def _open(self, intent: Intent, at_ms: int) -> FileEntry:
        header = {"at_ms": at_ms, "user": self._who.user, "host": self._who.host} | intent_words(intent)
        with told_as(self._folder, "The journal, which lets actions be undone, cannot be written"):
            ensure_folder(self._folder)
            numbers = sorted(self._numbers())
            for old in map(self._path, numbers[: 1 - ENTRIES]):
                if not is_held(old):
                    old.unlink(missing_ok=True)
            number = max(numbers, default=0) + 1
            while True:
                path = self._path(number)
                with suppress(FileExistsError):
                    descriptor = open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND)
                    take(descriptor)
                    if os.fstat(descriptor).st_nlink:
                        break
                    os.close(descriptor)  # another process made room by it, before it had its lock
                number += 1
            content = json.dumps(header).encode("ascii")
            try:
                return FileEntry(
                    path, descriptor, number=number, header=content, limit=self._limit, make_room=self._make_room
                )
            except OSError:
                os.close(descriptor)
                path.unlink(missing_ok=True)
                raise

    def _make_room(self, running: Path, more: int) -> None:
        """Deletes the oldest entries until `more` bytes fit beside those that stay. Raises JournalFullError."""
        paths = [self._path(number) for number in sorted(self._numbers())]
        sizes = {path: _size(path) for path in paths}
        over = sum(sizes.values()) + more - self._total
        for path in paths:
            if over <= 0:
                return
            if path != running and not is_held(path):
                path.unlink(missing_ok=True)
                over -= sizes[path]
        if over > 0:
            raise JournalFullError(self._total)

    def _mark_undone(self, number: int) -> None:
        with told_as(self._folder, "The journal cannot be written"):
            self._find(number).close()
            descriptor = open_private(self._path(number), os.O_RDWR | os.O_APPEND)
            with os.fdopen(descriptor, "r+b") as file:
                take(file.fileno())
                whole = max((place.end for place in frames.forwards(file)), default=0)
                file.truncate(whole)  # behind what a process left torn nothing would be found
                file.seek(whole)
                file.write(frames.frame(UNDONE, b""))
                file.flush()
                os.fsync(file.fileno())

    # --- reading

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}{_SUFFIX}"

    def _numbers(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        stems = (path.stem for path in self._folder.iterdir() if path.suffix == _SUFFIX)
        return [int(stem) for stem in stems if stem.isascii() and stem.isdigit()]

    def _find(self, number: int) -> BinaryIO:
        check_folder(self._folder)
        try:
            return os.fdopen(open_private(self._path(number), os.O_RDONLY), "rb")
        except FileNotFoundError:
            raise NotFoundError(
                f"There is nothing with the number {number} that could be undone.",
                hint="`bulltui undo list` shows what can.",
            ) from None

    def _entries(self) -> list[Past]:
        found = []
        with told_as(self._folder, _CANNOT_READ):
            check_folder(self._folder)
            for number in sorted(self._numbers(), reverse=True):
                with suppress(FileNotFoundError, *_DAMAGED):
                    found.append(self._past(number))
        return found

    def _past(self, number: int) -> Past:
        path = self._path(number)
        running = is_held(path)
        with path.open("rb") as file:
            first = next(frames.forwards(file), None)
            if first is None or first.kind != HEADER:
                raise ValueError("no header")
            header = json.loads(frames.content_of(file, first))
            undone = False
            closed: dict[str, Any] = {}
            for place in frames.backwards(file):
                if place.kind == UNDONE:
                    undone = True
                elif place.kind == CLOSED:
                    closed = json.loads(frames.content_of(file, place))
                else:
                    break
            return Past(
                number=number,
                intent=intent_from(header),
                at_ms=int(header["at_ms"]),
                user=str(header.get("user", "")),
                size=_size(path),
                kind=str(closed.get("kind", "")),
                done=closed.get("done"),
                undone=undone,
                running=running,
            )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _places(file: BinaryIO) -> list[frames.Place]:
    return [place for place in frames.backwards(file) if place.kind == RECORDS]


def _records(file: BinaryIO, place: frames.Place, label: str) -> tuple[Record, ...]:
    return unpack(frames.content_of(file, place), label)
