"""What was typed at the Redis prompt, for the next time: lines of one file that only its owner may read.

A line that may have a password in it is never kept, nor one that begins with a space.
"""

from collections import deque
from pathlib import Path

from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.redis_commands import has_secret
from bulltui.domain.redis_words import words_of
from bulltui.ledger.lines import append, backwards
from bulltui.ledger.locks import held
from bulltui.ledger.paths import ensure_folder, told_as

FILE = "redis-history"
LINES = 1_000
LONGEST = 2_000
"""A longer line (characters) is not kept."""
_SIZE = 1024 * 1024


class ShellHistory:
    """The history in a folder. Without `keeps` nothing is read or written."""

    def __init__(self, folder: Path, *, keeps: bool = True) -> None:
        self._folder = folder
        self._file = folder / FILE
        self._keeps = keeps

    def load(self) -> list[str]:
        """The lines, the oldest first. What cannot be read counts as nothing."""
        found: deque[str] = deque(maxlen=LINES)
        if self._keeps:
            try:
                for line in backwards(self._file):
                    found.appendleft(line.decode("utf-8", "replace"))
                    if len(found) == LINES:
                        break
            except OSError:
                pass
        return list(found)

    def add(self, line: str) -> bool:
        """Keeps a line; whether it was one to keep. Where it cannot be written nothing happens."""
        if not self._keeps or not is_kept(line):
            return False
        try:
            with told_as(self._file, "The history cannot be written"):
                ensure_folder(self._folder)
                with held(self._folder / "redis-history.lock"):
                    self._shorten()
                    append(self._file, line.encode("utf-8", "replace") + b"\n", sync=False)
        except BulltuiError:
            return False
        return True

    def _shorten(self) -> None:
        try:
            too_large = self._file.stat().st_size > _SIZE
        except FileNotFoundError:
            return
        if too_large:
            self._file.unlink()


def is_kept(line: str) -> bool:
    """Whether a line is one to keep."""
    if not line.strip() or line[0].isspace() or len(line) > LONGEST or "\n" in line:
        return False
    try:
        return not has_secret(words_of(line))
    except UsageError:
        return False
