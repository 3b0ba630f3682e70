"""Where audit and journal lie on this machine. Only their owner may read them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_state_path

from bulltui.domain.errors import BulltuiError
from bulltui.domain.text import visible

FOLDER_MODE = 0o700
FILE_MODE = 0o600
ENVIRONMENT = "BULLTUI_STATE_DIR"


def state_folder(given: str = "") -> Path:
    """The folder for what is kept: the one that was given, else the platform's own."""
    return Path(given) if given else user_state_path("bulltui", appauthor=False)


def ensure_folder(path: Path) -> Path:
    """The folder, made where it is not there, with rights for its owner alone."""
    if not path.is_dir():
        path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        path.chmod(FOLDER_MODE)
    return path


def open_private(path: Path, flags: int) -> int:
    """A descriptor of a file that only its owner may read."""
    return os.open(path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), FILE_MODE)


@contextmanager
def told_as(path: Path, what: str) -> Iterator[None]:
    """Tells of errors of the file system as a sentence with the path."""
    try:
        yield
    except OSError as error:
        raise BulltuiError(
            f"{what} at {visible(str(path))}: {error.strerror or error}.",
            hint=f"Make room or rights there, or name another folder by {ENVIRONMENT}.",
            code="ledger",
        ) from error
