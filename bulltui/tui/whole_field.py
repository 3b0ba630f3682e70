"""The whole of a field of a job, whatever its size: copied, saved, or viewed in the pager."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from textual.app import SuspendNotSupported
from textual.widget import Widget

from bulltui.domain import human
from bulltui.domain.errors import BulltuiError, NotFoundError, UnreachableError
from bulltui.domain.text import exact, to_bytes
from bulltui.services.protocols import JobReader
from bulltui.tui import whole
from bulltui.tui.job_reads import JobKey
from bulltui.tui.terminal import lent

T = TypeVar("T")
_PATIENCE_S = 30.0
_LOG_PAGE = 5000
_MOST_LOGS = 1_000_000
_MOST_COPIED = 1_000_000
"""Bytes: a terminal that gets more to copy drops it, or hangs."""


class WholeField:
    """Reads whole fields, the log for an empty name, and gives them away. What goes wrong is told in `widget`."""

    def __init__(self, reader: JobReader, widget: Widget, copy: Callable[[str, str], None]) -> None:
        self._reader = reader
        self._widget = widget
        self._copy = copy

    async def copy(self, key: JobKey, field: str) -> None:
        """To the clipboard; a stack trace as lines."""
        try:
            content = await self._read(key, field)
            if len(content) > _MOST_COPIED:
                size = human.size(len(content))
                raise BulltuiError(f"{size} are too much for a clipboard.", hint="ctrl+s saves it to a file.")
        except BulltuiError as error:
            self._complain(error)
            return
        text = whole.readable(content, traces=True) if field == "stacktrace" else exact(content)
        self._copy(field or "the logs", text)

    async def save(self, key: JobKey, field: str) -> None:
        """To a new file in the working directory."""
        try:
            content = await self._read(key, field)
            name = whole.file_name(
                key.ref.name, key.id, field or "logs", json=field in ("data", "returnvalue", "opts", "stacktrace")
            )
            path = await asyncio.to_thread(whole.save, Path.cwd(), name, content)
        except BulltuiError as error:
            self._complain(error)
            return
        self._widget.notify(f"Saved to {path}", title=human.size(len(content)), markup=False, timeout=8)

    async def page(self, key: JobKey, field: str) -> None:
        """Lends the terminal to the pager."""
        try:
            command = whole.pager_command(os.environ)
            content = await self._read(key, field)
            text = await asyncio.to_thread(whole.readable, content, traces=field == "stacktrace")
            with lent(self._widget.app):
                await whole.page(command, text)
        except SuspendNotSupported:
            self._complain(BulltuiError("This terminal cannot be lent to a pager.", hint="ctrl+s saves the field."))
        except BulltuiError as error:
            self._complain(error)

    def _complain(self, error: BulltuiError) -> None:
        self._widget.notify(f"{error.message} {error.hint}".strip(), severity="error", markup=False, timeout=8)

    async def _read(self, key: JobKey, field: str) -> bytes:
        if not field:
            return await self._logs(key)
        content = await _bounded(self._reader.field(key.ref, key.id, field))
        if content is None:
            raise NotFoundError(f"The job has no field {field}.")
        return content

    async def _logs(self, key: JobKey) -> bytes:
        lines: list[str] = []
        while len(lines) < _MOST_LOGS:
            page = await _bounded(self._reader.logs(key.ref, key.id, len(lines), _LOG_PAGE))
            lines += page.lines
            if not page.lines or len(lines) >= page.total:
                break
        if not lines:
            raise NotFoundError("The job has logged nothing.")
        return to_bytes("\n".join(lines))


async def _bounded(reading: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await reading
    except TimeoutError:
        raise UnreachableError(f"The server did not give it within {_PATIENCE_S:g} s.", code="timeout") from None
