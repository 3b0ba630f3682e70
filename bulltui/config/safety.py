"""Whether a file that tells us what to run and where to connect is surely that of its reader."""

import os
import stat
from pathlib import Path

from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

_MOST = 1024 * 1024


def read_own(path: Path) -> bytes:
    """What is in a file. Raises OSError, and UsageError for a file that others could have written: it may name commands
    that are run."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())  # of what is read, whatever takes its place meanwhile
        if os.name == "posix" and stat.S_ISREG(found.st_mode):
            _refuse_foreign(path, found)
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise _refused(path, "is larger than 1 MB", "Name another file by --config or BULLTUI_CONFIG.")
    return content


def _refuse_foreign(path: Path, file: os.stat_result) -> None:
    real = path.resolve()
    if file.st_uid not in (os.geteuid(), 0):
        raise _refused(path, "belongs to another user", "Copy it, and look at what it says.")
    if _others_write(file):
        raise _refused(path, "can be written by others", f"chmod go-w '{visible(str(real))}'")
    for folder in dict.fromkeys((path.absolute().parent, real.parent)):
        told = folder.stat()
        # In a folder such as /tmp others can add files, but not put theirs in the place of ours.
        if _others_write(told) and not told.st_mode & stat.S_ISVTX:
            raise _refused(path, "is in a folder that others can write to", f"chmod go-w '{visible(str(folder))}'")


def _refused(path: Path, why: str, hint: str) -> UsageError:
    return UsageError(f"The configuration at {visible(str(path))} is not read: it {why}.", hint=hint, code="config")


def _others_write(found: os.stat_result) -> bool:
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and not _is_private(found.st_gid)


def _is_private(group: int) -> bool:
    """Whether a group is that of this user alone, as many systems make one for each."""
    import grp  # noqa: PLC0415 - not on Windows
    import pwd  # noqa: PLC0415

    try:
        user, told = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return told.gr_name == user.pw_name and user.pw_gid == group and not set(told.gr_mem) - {user.pw_name}


def others_can_read(path: Path) -> bool:
    """Whether more people than the owner can read a file."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False
