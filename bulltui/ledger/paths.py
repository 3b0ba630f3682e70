"""Where audit and journal lie on this machine. Only their owner may read them, and nobody else may have a hand in them:
what others could write is not taken for ours, and a link that stands in the place of a file is not written through."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_state_path

from bulltui.domain.errors import BulltuiError
from bulltui.domain.text import visible

FOLDER_MODE = 0o700
FILE_MODE = 0o600
ENVIRONMENT = "BULLTUI_STATE_DIR"

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_HAS_OWNERS = hasattr(os, "geteuid")
"""Windows has none: there the folder of an account is its own by its access list."""


class UnsafeFileError(PermissionError):
    """A file or folder in which others may have a hand; `strerror` says how, `hint` what to do."""

    def __init__(self, path: Path, why: str, hint: str) -> None:
        super().__init__(errno.EPERM, why, str(path))
        self.hint = hint


def state_folder(given: str = "") -> Path:
    """The folder for what is kept: the one that was given, else the platform's own."""
    return Path(given) if given else user_state_path("bulltui", appauthor=False)


def ensure_folder(path: Path) -> Path:
    """The folder, made where it is not there, with rights for its owner alone, as those above it that are missing.
    Raises UnsafeFileError for one that others may write."""
    missing = []
    above = path
    while not above.is_dir():
        missing.append(above)
        if above.parent == above:
            break
        above = above.parent
    for folder in reversed(missing):
        try:
            folder.mkdir(mode=FOLDER_MODE)
            folder.chmod(FOLDER_MODE)  # whatever the umask
        except FileExistsError:
            if not folder.is_dir():
                raise
    check_folder(path)
    return path


def check_folder(path: Path) -> None:
    """Raises UnsafeFileError for a folder in which others may write, or which they could put another one in the place
    of. One that is not there is no harm."""
    if not _HAS_OWNERS:
        return
    try:
        _check(path, path.stat(), "the folder", f"chmod 700 {visible(str(path))}")
        for above in path.resolve().parents:
            mode = above.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise UnsafeFileError(
                    path, f"everybody can write in {visible(str(above))}, above it", "Take that right away there."
                )
    except FileNotFoundError:
        return


def open_private(path: Path, flags: int, *, ours: bool = True) -> int:
    """A descriptor of a file that only its owner may read. A link in its place is not followed. Raises UnsafeFileError
    for one of `ours` that others may write, or that is no file."""
    extra = (getattr(os, name, 0) for name in ("O_CLOEXEC", "O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
    for flag in extra:
        flags |= flag
    try:
        descriptor = os.open(path, flags, FILE_MODE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise UnsafeFileError(path, "it is a link, which is not followed", "Take the link away.") from None
        raise
    try:
        _settle(path, descriptor, ours=ours)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _settle(path: Path, descriptor: int, *, ours: bool) -> None:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeFileError(path, "it is no file", "Take it away.")
    if not _HAS_OWNERS:
        return
    if ours:
        _check(path, found, "it", f"chmod 600 {visible(str(path))}")
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)  # whatever the umask


def _check(path: Path, found: os.stat_result, what: str, remedy: str) -> None:
    if found.st_uid not in _trusted():
        raise UnsafeFileError(path, f"{what} belongs to somebody else", f"Name a folder of your own by {ENVIRONMENT}.")
    if found.st_mode & _OTHERS_WRITE:
        raise UnsafeFileError(path, f"{what} can be written by others", f"`{remedy}` takes that right away.")


def _trusted() -> set[int]:
    """Us, root, and who became root by sudo."""
    us = os.geteuid()
    asked = os.environ.get("SUDO_UID", "")
    return {us, 0} | ({int(asked)} if us == 0 and asked.isascii() and asked.isdigit() else set())


def check_private(path: Path) -> None:
    """Raises UnsafeFileError where `open_private` would, without opening: to close a file again would take locks away
    that another part of this process holds on it. One that is not there is no harm."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        raise UnsafeFileError(path, "it is a link, which is not followed", "Take the link away.")
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeFileError(path, "it is no file", "Take it away.")
    if not _HAS_OWNERS:
        return
    _check(path, found, "it", f"chmod 600 {visible(str(path))}")
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != FILE_MODE:
        path.chmod(FILE_MODE)


@contextmanager
def told_as(path: Path, what: str) -> Iterator[None]:
    """Tells of errors of the file system as a sentence with the path."""
    try:
        yield
    except UnsafeFileError as error:
        raise BulltuiError(
            f"{what} at {visible(str(error.filename))}: {error.strerror}.", hint=error.hint, code="unsafe-file"
        ) from error
    except OSError as error:
        raise BulltuiError(
            f"{what} at {visible(str(path))}: {error.strerror or error}.",
            hint=f"Make room or rights there, or name another folder by {ENVIRONMENT}.",
            code="ledger",
        ) from error
