"""The history of a server in a file of this machine. One process writes it, any number read it."""

import re
from hashlib import blake2b
from pathlib import Path

from bulltui.history.file_history import FileHistory
from bulltui.services.protocols import Clock

FOLDER = "history"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


def history_path(folder: Path, server: str) -> Path:
    """Where the history of a server lies. `folder` is the state folder, `server` the server's address, without a
    password."""
    digest = blake2b(server.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    name = _UNSAFE.sub("-", server).strip("-.")[:_LONGEST]
    return folder / FOLDER / f"{name}-{digest}.db"


def open_history(folder: Path, server: str, *, max_mb: int, clock: Clock) -> FileHistory:
    """The history of a server; `HistoryStore` says how it is used. Nothing is opened before the first call. `folder` is
    the state folder, `server` the server's address without a password, `max_mb` bounds the file (in MB of 1,000,000
    bytes)."""
    return FileHistory(history_path(folder, server), server, max_bytes=max_mb * 1_000_000, clock=clock)


__all__ = ["FOLDER", "history_path", "open_history"]
