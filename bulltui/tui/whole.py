"""A field of a job, whole: saved to a file of one's own, or viewed in the pager."""

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bulltui.domain.errors import BulltuiError
from bulltui.domain.jsontext import dump, parse
from bulltui.domain.text import exact, visible_lines

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PRETTY_MOST = 20_000_000  # bytes: making JSON pretty takes memory many times its size
_NAMES_TRIED = 1000


def file_stem(parts: Sequence[str]) -> str:
    """A name that means nothing to a shell or a file system."""
    return "-".join(_UNSAFE.sub("_", part).strip("._")[:60] or "_" for part in parts)


def file_name(queue: str, job_id: str, field: str, *, json: bool) -> str:
    """A name for a file that says what is in it and means nothing to a shell or a file system."""
    return file_stem((queue, job_id, field)) + (".json" if json else ".txt")


def save(folder: Path, name: str, content: bytes) -> Path:
    """Writes a new file that only its owner can read; never over one that is there."""
    stem, dot, suffix = name.rpartition(".")
    for number in range(_NAMES_TRIED):
        path = folder / (name if not number else f"{stem}-{number}{dot}{suffix}")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise BulltuiError(f"{path} cannot be written: {error.strerror}.", code="cannot-write") from error
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return path
    raise BulltuiError(f"There are too many files named {name} in {folder}.", code="cannot-write")


def readable(content: bytes, *, traces: bool = False) -> str:
    """The content for a pager: JSON indented, and nothing in it that acts on a terminal. `traces` is a list of stack
    traces, which become lines again, the newest first."""
    text = exact(content)
    if len(content) <= _PRETTY_MOST:
        parsed = parse(text)
        if traces and isinstance(parsed.value, list) and all(isinstance(trace, str) for trace in parsed.value):
            return "\n\n".join(visible_lines(trace) for trace in reversed(parsed.value)) + "\n"
        if parsed.ok and isinstance(parsed.value, dict | list):
            return dump(parsed.value, indent=2) + "\n"
    return visible_lines(text) + "\n"


def pager_command(environment: Mapping[str, str]) -> list[str]:
    """The pager as a command line. It is split, never handed to a shell."""
    wanted = environment.get("PAGER", "").strip()
    try:
        command = shlex.split(wanted) if wanted else []
    except ValueError as error:
        raise BulltuiError(f"PAGER cannot be read: {error}.", hint="Set it to a command like `less -R`.") from error
    if command and shutil.which(command[0]):
        return command
    for known in ("less", "more"):
        if shutil.which(known):
            return [known]
    raise BulltuiError("No pager was found.", hint="Set PAGER, or save the field with ctrl+s.", code="no-pager")


async def page(command: list[str], text: str) -> None:
    """Shows `text` in the pager and waits for its end. The terminal must be free.

    The pager reads from us, as from git: there is no file that could be left behind. One that is left before it has
    read all is done with.
    """
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    except OSError as error:
        raise BulltuiError(f"{command[0]} cannot be started: {error.strerror}.", code="no-pager") from error
    with suppress(BrokenPipeError, ConnectionResetError):
        await process.communicate(text.encode("utf-8", "backslashreplace"))
