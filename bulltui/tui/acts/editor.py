"""A text in the editor of the person who sits there."""

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from bulltui.domain.errors import BulltuiError

_KNOWN = ("nano", "vim", "vi", "emacs")


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The editor as a command line: VISUAL, EDITOR, or one that is known. It is split, never handed to a shell."""
    for variable in ("VISUAL", "EDITOR"):
        wanted = environment.get(variable, "").strip()
        try:
            command = shlex.split(wanted)
        except ValueError as error:
            raise BulltuiError(
                f"{variable} cannot be read: {error}.", hint="Set it to a command like `vim`.", code="no-editor"
            ) from error
        if command:
            if shutil.which(command[0]) is None:
                raise BulltuiError(
                    f"{variable} names {command[0]}, which is not there.",
                    hint="Set it to an editor like `vim`.",
                    code="no-editor",
                )
            return command
    for known in _KNOWN:
        if shutil.which(known):
            return [known]
    raise BulltuiError("No editor was found.", hint="Set EDITOR to one.", code="no-editor")


async def edit(command: list[str], text: str, name: str, lend: Callable[[], AbstractContextManager[None]]) -> str:
    """`text` as it comes back from the editor. Raises BulltuiError where that fails, or is left with an error code,
    which is how one leaves without an edit.

    The file is in a folder of its own that only its owner can enter, so what an editor leaves beside it goes too.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="bulltui-"))
    path = folder / name
    try:
        await asyncio.to_thread(_write, path, text)
        with lend():
            try:
                process = await asyncio.create_subprocess_exec(*command, str(path))
            except OSError as error:
                raise BulltuiError(f"{command[0]} cannot be started: {error.strerror}.", code="no-editor") from error
            code = await process.wait()
        if code:
            raise BulltuiError(f"The editor ended with code {code}: nothing was changed.", code="editor")
        return await asyncio.to_thread(_read, path)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BulltuiError("What the editor left cannot be read as UTF-8 text.", code="editor") from error
