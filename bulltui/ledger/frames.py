"""A file of frames: each is whole or not there, and the file can be read from both ends without what lies between.

A frame is its kind (one byte), its content's length, the content, a checksum, and the length once more.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

_HEAD = Struct(">cI")
_TAIL = Struct(">II")
AROUND = _HEAD.size + _TAIL.size
"""Bytes of a frame beside its content."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame lies: of which kind it is, and content from `start` on, `length` bytes."""

    kind: bytes
    start: int
    length: int

    @property
    def end(self) -> int:
        """Where the frame ends."""
        return self.start + self.length + _TAIL.size


def frame(kind: bytes, content: bytes) -> bytes:
    """A frame. `kind` is one byte."""
    head = _HEAD.pack(kind, len(content))
    return b"".join((head, content, _TAIL.pack(zlib.crc32(content, zlib.crc32(head)), len(content))))


def content_of(file: BinaryIO, place: Place) -> bytes:
    """What is in a frame. Raises ValueError where it is damaged."""
    file.seek(place.start)
    content = file.read(place.length)
    tail = file.read(_TAIL.size)
    if len(tail) != _TAIL.size or _TAIL.unpack(tail)[0] != zlib.crc32(
        content, zlib.crc32(_HEAD.pack(place.kind, place.length))
    ):
        raise ValueError("a damaged frame")
    return content


def forwards(file: BinaryIO, start: int = 0) -> Iterator[Place]:
    """The whole frames from `start` on; a torn one at the end is left out. Contents are not read."""
    size = file.seek(0, os.SEEK_END)
    while True:
        file.seek(start)
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        kind, length = _HEAD.unpack(head)
        place = Place(kind, start + _HEAD.size, length)
        if place.end > size:
            return
        yield place
        start = place.end


def backwards(file: BinaryIO) -> Iterator[Place]:
    """The whole frames, the last first. Only a file that a process left torn is gone through from its start."""
    end = file.seek(0, os.SEEK_END)
    place = _before(file, end)
    if place is None and end:
        yield from reversed(list(forwards(file)))
        return
    while place is not None:
        yield place
        place = _before(file, place.start - _HEAD.size)


def _before(file: BinaryIO, end: int) -> Place | None:
    """The frame that ends at `end`, None where none does."""
    if end < AROUND:
        return None
    file.seek(end - _TAIL.size)
    _, length = _TAIL.unpack(file.read(_TAIL.size))
    start = end - _TAIL.size - length
    if start < _HEAD.size:
        return None
    file.seek(start - _HEAD.size)
    kind, at_head = _HEAD.unpack(file.read(_HEAD.size))
    return Place(kind, start, length) if at_head == length else None
