"""What SQLite says, as sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulltui.domain.errors import BulltuiError
from bulltui.domain.text import visible
from bulltui.ledger.paths import ENVIRONMENT

_ROOM = f"Make room or rights there, or name another folder by {ENVIRONMENT}."


class DamagedError(BulltuiError):
    """A file that is no database, or a damaged one."""


class TooLongError(BulltuiError):
    """A read that took longer than it may."""


@contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Tells of errors of SQLite as a sentence with the path. `what` begins it: "The history cannot be written"."""
    try:
        yield
    except sqlite3.Error as error:
        raise _said(error, path, what) from error
    except (ValueError, UnicodeDecodeError) as error:
        raise DamagedError(
            f"{what} at {visible(str(path))}: it is damaged.", hint="The disk may be failing.", code="damaged"
        ) from error


def _said(error: sqlite3.Error, path: Path, what: str) -> BulltuiError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    where = visible(str(path))
    if code == sqlite3.SQLITE_FULL:
        return BulltuiError(f"{what} at {where}: the disk is full.", hint=_ROOM, code="disk-full")
    if code == sqlite3.SQLITE_IOERR:
        hint = f"It may be full, or failing: make room there, or name another folder by {ENVIRONMENT}."
        return BulltuiError(f"{what} at {where}: the disk refuses it.", hint=hint, code="disk")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        which = "it is no database" if code == sqlite3.SQLITE_NOTADB else "it is damaged"
        return DamagedError(f"{what} at {where}: {which}.", hint="The disk may be failing.", code="damaged")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        hint = "It is tried again; end what has it open if that stays."
        return BulltuiError(f"{what} at {where}: another program holds it.", hint=hint, code="locked")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return BulltuiError(f"{what} at {where}: there are no rights to.", hint=_ROOM, code="no-rights")
    if code == sqlite3.SQLITE_INTERRUPT:
        return TooLongError(f"{what} at {where}: it took too long.", hint="Ask for a shorter span.", code="too-long")
    return BulltuiError(f"{what} at {where}: {visible(str(error))}.", hint=_ROOM, code="history")
