"""Which process writes a history: the one that holds the lock of a file beside it, for as long as it lives."""

import contextlib
import json
import os
from pathlib import Path

from bulltui.domain.text import visible
from bulltui.ledger.locks import is_held, take
from bulltui.ledger.paths import check_private, ensure_folder, open_private
from bulltui.ledger.who import who

_LONGEST = 1000


class WriterLock:
    """The lock at a path. The file says who holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self.held = False

    def take(self) -> bool:
        """Whether this process holds it; takes it where nobody does. Raises OSError."""
        if self.held and self._is_ours():
            return True
        if self._descriptor is not None and not self._is_ours():
            self.leave()  # somebody took the file away: another process may hold the one that is there now
        if self._descriptor is None:
            ensure_folder(self._path.parent)
            self._descriptor = open_private(self._path, os.O_RDWR | os.O_CREAT)
        if not take(self._descriptor, wait=False) or not self._is_ours():
            return False
        self.held = True
        by = who()
        content = json.dumps({"pid": by.pid, "user": by.user, "host": by.host}).encode()
        with contextlib.suppress(OSError):  # who it is only helps to find the process
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, content)
        return True

    def leave(self) -> None:
        """Lets another process have it. The file names nobody then, as who has ended writes nothing."""
        descriptor, self._descriptor = self._descriptor, None
        held, self.held = self.held, False
        if descriptor is None:
            return
        if held:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
        os.close(descriptor)

    def holder(self) -> str:
        """Who holds it, in words; empty where nobody does or says so. Who was killed stands there still."""
        try:
            check_private(self._path)
            if not is_held(self._path):
                return ""
            with self._path.open("rb") as file:
                found = json.loads(file.read(_LONGEST))
            return visible(f"process {found['pid']} of {found['user']} on {found['host']}")
        except (OSError, ValueError, TypeError, KeyError):
            return ""

    def _is_ours(self) -> bool:
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False
