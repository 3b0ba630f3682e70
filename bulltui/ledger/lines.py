"""A file of lines that several processes add to, and the way back through it from its end."""

import os
from collections.abc import Iterator
from pathlib import Path

from bulltui.ledger.paths import open_private

_BLOCK = 64 * 1024
LONGEST = 1024 * 1024
"""A longer line (bytes) is none of ours."""


def append(path: Path, line: bytes, *, sync: bool) -> None:
    """Adds a line in one write. What a process that died left of a line is ended first, so that it spoils only
    itself. The caller holds the lock of the file."""
    descriptor = open_private(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        if size:
            os.lseek(descriptor, size - 1, os.SEEK_SET)
            if os.read(descriptor, 1) != b"\n":
                line = b"\n" + line
        written = os.write(descriptor, line)
        while written < len(line):
            written += os.write(descriptor, line[written:])
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file from its end on, without its end of line; nothing for a file that is not there."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        place = file.seek(0, os.SEEK_END)
        rest = b""
        while place > 0:
            start = max(0, place - _BLOCK)
            file.seek(start)
            block = file.read(place - start) + rest
            place = start
            rest, *whole = block.split(b"\n")
            yield from (line for line in reversed(whole) if line)
            if len(rest) > LONGEST:
                rest = b""
        if rest:
            yield rest
