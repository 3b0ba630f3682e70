"""A file while it is written: `FILE.part`, which becomes FILE when it is whole, and `FILE.marks` beside it.

After each piece of content a line is added to the marks: how many bytes the part has then, and the mark. Whatever ended
the process, the last mark of which the part has all bytes is where the next one goes on; what stands behind it is cut
off. The part is locked while a process writes it.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bulltui.domain.errors import BulltuiError, NotFoundError, UsageError
from bulltui.domain.export_mark import Mark, line_of, mark_from, mark_words
from bulltui.domain.text import visible
from bulltui.ledger.locks import take
from bulltui.ledger.paths import open_private

_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError)


class PartFile:
    """See the module. It is a `Sink`. `begun` is what it was begun with, `mark` the last one and `written` the digests
    of all that was written, where it is gone on with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun: Mapping[str, Any] = {}
        self.mark: Mark | None = None
        self.written = b""
        self._size = 0
        self._part = part_of(path)
        self._marks = _marks_of(path)
        self._files: list[int] = []

    @property
    def part(self) -> Path:
        """Where the content is until it is whole."""
        return self._part

    @property
    def size(self) -> int:
        """Bytes of content."""
        return self._size

    @classmethod
    def begin(cls, path: Path, about: Mapping[str, Any], *, over: bool = False) -> "PartFile":
        """A new one; on `over` in place of what is there. `about` are JSON values that tell what is written. Raises
        UsageError where something is there, BulltuiError where it cannot be written."""
        with _told(path):
            there = not over and path.exists()
            stopped = not over and part_of(path).exists()
        if there:
            raise UsageError(
                f"{visible(str(path))} is there already.", hint="Name another file, or say --overwrite.", code="file"
            )
        if stopped:
            raise UsageError(
                f"{visible(str(part_of(path)))} is there, from an export that did not come to its end.",
                hint="The same command with --resume goes on with it, with --overwrite it begins anew.",
                code="file",
            )
        made = cls(path)
        made.begun = about
        with _told(path):
            made._open(fresh=True)
        return made

    @classmethod
    def resume(cls, path: Path, about: Mapping[str, Any]) -> "PartFile":
        """The one that was begun there, behind its last mark. `about` is what it must have been begun with. Raises
        NotFoundError where there is none, UsageError where it was about something else, BulltuiError where it cannot be
        read or written."""
        with _told(path):
            try:
                lines = _marks_of(path).read_bytes().split(b"\n")
                size = part_of(path).stat().st_size
            except FileNotFoundError:
                raise NotFoundError(
                    f"There is no {visible(str(part_of(path)))} to go on with.", hint="Leave out --resume.", code="file"
                ) from None
        try:
            begun = json.loads(lines[0])
            others = [name for name, value in about.items() if begun.get(name) != value]
        except _BROKEN:
            raise _useless(path) from None
        if others:
            raise UsageError(
                f"{visible(str(part_of(path)))} was begun with other options: {', '.join(others)}.",
                hint="Give the same ones, or --overwrite to begin anew.",
                code="file",
            )
        made = cls(path)
        made.begun = begun
        made._follow(lines[1:], size)
        with _told(path):
            made._open(fresh=False)
        return made

    def _follow(self, lines: list[bytes], size: int) -> None:
        """Takes in the marks of which all content is there."""
        written = bytearray()
        for line in lines:
            try:
                words = json.loads(line)
                mark, here = mark_from(words["mark"]), int(words["size"])
            except _BROKEN:
                break
            if here > size:
                break
            written += mark.digests
            self.mark, self._size = mark, here
        self.written = bytes(written)

    def _open(self, *, fresh: bool) -> None:
        flags = os.O_RDWR | os.O_CREAT
        for path in (self._part, self._marks):
            self._files.append(open_private(path, flags, ours=False))
        if not take(self._files[0], wait=False):
            self.close()
            raise BulltuiError(f"Another process writes {visible(str(self._part))}.", code="file")
        os.ftruncate(self._files[0], 0 if fresh else self._size)
        # The marks are written anew: what followed the last good one is no part of them.
        kept = [] if fresh or self.mark is None else [(self._size, self.mark, self.written)]
        os.ftruncate(self._files[1], 0)
        _write(self._files[1], line_of(self.begun) + b"".join(_mark_line(*one) for one in kept))
        os.lseek(self._files[0], 0, os.SEEK_END)

    async def write(self, content: bytes, mark: Mark) -> None:
        """See Sink."""
        await asyncio.to_thread(self._write, content, mark)

    async def finish(self, content: bytes) -> None:
        """See Sink."""
        await asyncio.to_thread(self._finish, content)

    def _write(self, content: bytes, mark: Mark) -> None:
        with _told(self.path):
            _write(self._files[0], content)
            self._size += len(content)
            self.mark = mark
            _write(self._files[1], _mark_line(self._size, mark, mark.digests))

    def _finish(self, content: bytes) -> None:
        with _told(self.path):
            _write(self._files[0], content)
            self._size += len(content)
            os.fsync(self._files[0])
            self.close()
            self._part.replace(self.path)
            self._marks.unlink(missing_ok=True)

    def close(self) -> None:
        """Leaves it as it is, for whoever goes on."""
        for descriptor in self._files:
            os.close(descriptor)
        self._files.clear()


def part_of(path: Path) -> Path:
    """The file that is written until it is whole."""
    return path.with_name(path.name + ".part")


def begun_at(path: Path) -> Mapping[str, Any] | None:
    """What an export into a file was begun with that did not come to its end; None where there is none, empty where it
    does not tell."""
    if not part_of(path).exists():
        return None
    try:
        with _marks_of(path).open("rb") as file:
            begun = json.loads(file.readline())
    except (OSError, ValueError):
        return {}
    return begun if isinstance(begun, dict) else {}


def _marks_of(path: Path) -> Path:
    return path.with_name(path.name + ".marks")


def _mark_line(size: int, mark: Mark, digests: bytes) -> bytes:
    return line_of({"size": size, "mark": mark_words(replace(mark, digests=digests))})


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _useless(path: Path) -> BulltuiError:
    return BulltuiError(
        f"{visible(str(_marks_of(path)))} does not tell how far the export came.",
        hint="Say --overwrite to begin anew.",
        code="file",
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BulltuiError(
            f"{visible(str(path))} cannot be written: {error.strerror or error}.",
            hint="Make room or rights there, or name another file.",
            code="file",
        ) from error
