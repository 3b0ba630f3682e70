"""The file of a history: its tables, opening it, and what it is when it is none."""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bulltui.domain.errors import BulltuiError
from bulltui.domain.text import visible
from bulltui.history.rows import COLUMNS
from bulltui.history.tiers import NAME_TIERS, TIERS
from bulltui.ledger.paths import check_private, ensure_folder, open_private

APPLICATION_ID = 0x62756C6C
"""Stands in the head of each file of ours: `bull`."""
VERSION = 1
PAGE = 4096
BUSY_MS = 1000

_COLUMNS = ", ".join(COLUMNS)
_TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE series (id INTEGER PRIMARY KEY, prefix BLOB NOT NULL, name BLOB NOT NULL, day INTEGER NOT NULL, "
    "UNIQUE (prefix, name))",
    "CREATE TABLE cursor (series INTEGER PRIMARY KEY, place TEXT NOT NULL)",
    "CREATE TABLE name (id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE, day INTEGER NOT NULL)",
    *(f"CREATE TABLE open_{tier.name} (id INTEGER PRIMARY KEY, {_COLUMNS})" for tier in TIERS),
    *(f"CREATE TABLE laid_{tier.name} (id INTEGER PRIMARY KEY, span, {_COLUMNS})" for tier in TIERS if tier.block),
    *(
        f"CREATE TABLE {tier.name} (slot INTEGER, series INTEGER, name INTEGER, completed, failed, wait, run, "
        "PRIMARY KEY (slot, series, name)) WITHOUT ROWID"
        for tier in NAME_TIERS
    ),
)
MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {}
"""What makes a file of a version into one of the next."""


def open_to_write(path: Path, server: str, log_pages: int) -> sqlite3.Connection:
    """Opens the history of a server, and makes it where there is none. Raises OSError, sqlite3.Error, BulltuiError."""
    ensure_folder(path.parent)
    for suffix in ("", "-wal", "-shm"):
        check_private(path.with_name(path.name + suffix))
    with suppress(FileExistsError):
        os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    base = _connect(path)
    try:
        if not _number(base, "application_id") and not _has_tables(base):
            _make(base, server)
        _check(base, path, server)
        _migrate(base)
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute(f"PRAGMA wal_autocheckpoint = {log_pages}")
        base.execute(f"PRAGMA journal_size_limit = {log_pages * PAGE}")
    except BaseException:
        base.close()
        raise
    return base


def open_to_read(path: Path, server: str) -> sqlite3.Connection | None:
    """Opens it to read, None where nothing has been written yet."""
    try:
        for suffix in ("", "-wal", "-shm"):
            check_private(path.with_name(path.name + suffix))
        if not path.stat().st_size:
            return None
    except FileNotFoundError:
        return None
    base = _connect(path)
    try:
        base.execute("PRAGMA query_only = ON")
        if not _number(base, "application_id") and not _has_tables(base):
            base.close()
            return None
        _check(base, path, server)
        if _number(base, "user_version") < VERSION:  # a writer of ours makes it newer before long
            base.close()
            return None
    except BaseException:
        base.close()
        raise
    return base


def put_aside(path: Path) -> Path:
    """Gives a damaged file another name, so that a new one can begin, and says which."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def same_file(path: Path, inode: int) -> bool:
    """Whether the path still leads to the file that was opened."""
    try:
        return path.stat().st_ino == inode
    except OSError:
        return False


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        timeout=BUSY_MS / 1000,
    )
    try:
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA cell_size_check = ON")
        base.execute("PRAGMA cache_size = -16000")
        base.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        base.close()
        raise
    return base


def _number(base: sqlite3.Connection, pragma: str) -> int:
    return int(base.execute(f"PRAGMA {pragma}").fetchone()[0])


def _has_tables(base: sqlite3.Connection) -> bool:
    return base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def _make(base: sqlite3.Connection, server: str) -> None:
    base.execute(f"PRAGMA page_size = {PAGE}")
    base.execute("PRAGMA auto_vacuum = INCREMENTAL")
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("BEGIN IMMEDIATE")
    try:
        for table in _TABLES:
            base.execute(table)
        base.executemany("INSERT INTO meta VALUES (?, ?)", (("server", server), ("series", 1), ("names", 1)))
        base.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        base.execute(f"PRAGMA user_version = {VERSION}")
        base.execute("COMMIT")
    except BaseException:
        if base.in_transaction:
            base.execute("ROLLBACK")
        raise


def _check(base: sqlite3.Connection, path: Path, server: str) -> None:
    where = visible(str(path))
    if _number(base, "application_id") != APPLICATION_ID:
        raise BulltuiError(
            f"The history cannot be used: {where} is a database of something else.",
            hint="Take it away.",
            code="foreign",
        )
    version = _number(base, "user_version")
    if version > VERSION:
        raise BulltuiError(
            f"The history at {where} was written by a newer version of bulltui (format {version}, this one knows "
            f"{VERSION}).",
            hint="Update bulltui here, or take the file away to begin anew.",
            code="newer",
        )
    if version < VERSION:
        return
    found = base.execute("SELECT value FROM meta WHERE key = 'server'").fetchone()
    if found is None or found[0] != server:
        raise BulltuiError(
            f"The history at {where} is of another server, {visible(str(found and found[0]))}.",
            hint="Take the file away, or give it back its name.",
            code="foreign",
        )


def _migrate(base: sqlite3.Connection) -> None:
    """A step of the format at a time, each whole or not at all."""
    while (version := _number(base, "user_version")) < VERSION:
        base.execute("BEGIN IMMEDIATE")
        try:
            if _number(base, "user_version") == version:
                MIGRATIONS[version](base)
                base.execute(f"PRAGMA user_version = {version + 1}")
            base.execute("COMMIT")
        except BaseException:
            if base.in_transaction:
                base.execute("ROLLBACK")
            raise
