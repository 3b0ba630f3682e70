"""Locks on files that end with the process that holds them, whatever became of it."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bulltui.ledger.paths import open_private

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 62  # behind all content, since a locked part cannot be read by others

    def take(descriptor: int, *, wait: bool = True) -> bool:
        """Locks an open file for this process alone; without `wait`, False where another one holds it."""
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(descriptor, place, os.SEEK_SET)
        return True

else:
    import fcntl

    def take(descriptor: int, *, wait: bool = True) -> bool:
        """Locks an open file for this process alone; without `wait`, False where another one holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


def is_held(path: Path) -> bool:
    """Whether a process that lives holds the file; False where there is no file."""
    try:
        descriptor = open_private(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not take(descriptor, wait=False)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Waits for the file's lock and holds it. The file is made where it is not there, and stays."""
    descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        take(descriptor)
        yield
    finally:
        os.close(descriptor)
