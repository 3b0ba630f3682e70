"""The whole of a field of a job, whatever its size: read, saved, or viewed in the pager."""

import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App

from bulltui.domain.errors import NotFoundError, UnreachableError
from bulltui.domain.text import to_bytes
from bulltui.services.protocols import JobReader
from bulltui.tui import whole
from bulltui.tui.job_reads import JobKey

T = TypeVar("T")
_PATIENCE_S = 30.0
_LOG_PAGE = 5000
_MOST_LOGS = 1_000_000


class WholeField:
    """Reads whole fields and gives them away."""

    def __init__(self, reader: JobReader) -> None:
        self._reader = reader

    async def read(self, key: JobKey, field: str) -> bytes:
        """All of a field."""
        content = await self._bounded(self._reader.field(key.ref, key.id, field))
        if content is None:
            raise NotFoundError(f"The job has no field {field or 'here'}.")
        return content

    async def logs(self, key: JobKey) -> bytes:
        """All lines of the log."""
        lines: list[str] = []
        while len(lines) < _MOST_LOGS:
            page = await self._bounded(self._reader.logs(key.ref, key.id, len(lines), _LOG_PAGE))
            lines += page.lines
            if not page.lines or len(lines) >= page.total:
                break
        if not lines:
            raise NotFoundError("The job has logged nothing.")
        return to_bytes("\n".join(lines))

    async def save(self, folder: Path, key: JobKey, field: str, content: bytes) -> Path:
        """Writes it to a new file of its own."""
        name = whole.file_name(key.ref.name, key.id, field, json=field in ("data", "returnvalue", "opts"))
        return await asyncio.to_thread(whole.save, folder, name, content)

    async def page(self, app: App[Any], content: bytes, field: str) -> None:
        """Lends the terminal to the pager."""
        command = whole.pager_command(os.environ)
        text = await asyncio.to_thread(whole.readable, content, traces=field == "stacktrace")
        # The loop goes on meanwhile, so that connections live; nothing may be painted over the pager.
        with app.suspend(), app.batch_update():
            await whole.page(command, text)
        app.refresh()

    async def _bounded(self, reading: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await reading
        except TimeoutError:
            raise UnreachableError(f"The server did not give it within {_PATIENCE_S:g} s.", code="timeout") from None
