"""A file that is there whole or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.text import visible


def check_free(path: Path, *, over: bool) -> None:
    """Raises UsageError where a file is there that must not be written over, or where a folder is."""
    if path.is_dir():
        raise UsageError(f"{visible(str(path))} is a folder.", hint="Name a file in it.", code="file")
    if not over and path.exists():
        raise _there(path)


def write_whole(path: Path, content: bytes, *, over: bool) -> None:
    """Writes it beside its place, and puts it there when it is on the disk: whoever reads meanwhile has all of the
    old one. Others may read it as far as the umask lets them. Raises UsageError for a file that came there since, and
    BulltuiError where it cannot be written."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if over:
            part.replace(path)
        else:
            _place(part, path)
    except OSError as error:
        raise BulltuiError(
            f"{visible(str(path))} cannot be written: {error.strerror or error}.",
            hint="Make room or rights there, or name another file.",
            code="file",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _place(part: Path, path: Path) -> None:
    try:
        os.link(part, path)  # unlike a rename it never takes another file's place
    except FileExistsError:
        raise _there(path) from None
    except OSError:  # a file system without links
        if path.exists():
            raise _there(path) from None
        part.replace(path)


def _there(path: Path) -> UsageError:
    return UsageError(
        f"{visible(str(path))} is there already.", hint="Name another file, or say --overwrite.", code="file"
    )
