"""Runs an export, one at a time, and says how it goes. The screen stays live meanwhile, and so do actions."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Kind, Progress
from bulltui.services.request import Cancel
from bulltui.tui.present.line import Pieces

if TYPE_CHECKING:
    from bulltui.domain.query.query import Query
    from bulltui.ledger.part_file import PartFile
    from bulltui.services.export import Export
    from bulltui.tui.acts.export_form import Wanted
    from bulltui.tui.runtime import Runtime

_log = logging.getLogger(__name__)
_SHOWN_EVERY_S = 0.1
_PATIENCE_S = 10.0


@dataclass(slots=True)
class _Running:
    """An export that goes on."""

    words: str
    cancel: Cancel = field(default_factory=Cancel)
    task: asyncio.Task[None] | None = None
    progress: Progress = Progress()
    told_at: float = 0.0


class Exports:
    """`changed` is called when there is something else to show; `ended` with each outcome in words, and its kind."""

    def __init__(self, changed: Callable[[], None], ended: Callable[[str, Kind], None]) -> None:
        self._changed = changed
        self._ended = ended
        self._running: _Running | None = None

    @property
    def doing(self) -> str:
        """What goes on, empty for nothing."""
        return "" if self._running is None else f"Writing {self._running.words} into a file"

    def lines(self, width: int) -> list[Pieces]:
        """What to show of it."""
        now = self._running
        if now is None:
            return []
        from bulltui.tui.present.running import running_line

        return [running_line(self.doing, now.progress, width, asked=now.cancel.asked)]

    def check_free(self) -> None:
        """Raises BulltuiError while one runs."""
        if self._running is not None:
            busy = self.doing
            raise BulltuiError(f"One at a time: {busy[0].lower()}{busy[1:]}.", hint="Esc stops that.", code="busy")

    def start(self, runtime: "Runtime", wanted: "Wanted") -> None:
        """Run it. Raises BulltuiError while another one runs."""
        self.check_free()
        self._running = now = _Running(wanted.words)
        now.task = asyncio.create_task(self._run(runtime, wanted, now))
        self._changed()

    def stop(self) -> bool:
        """Ask it to stop; False where none runs, or was asked already."""
        if self._running is None or self._running.cancel.asked:
            return False
        self._running.cancel.ask()
        self._changed()
        return True

    async def wait(self) -> None:
        """Wait for its end."""
        if self._running is not None and self._running.task is not None:
            await asyncio.wait({self._running.task})

    async def close(self) -> None:
        """Stop it such that it can be gone on with."""
        now = self._running
        if now is None or now.task is None:
            return
        now.cancel.ask()
        done, _ = await asyncio.wait({now.task}, timeout=_PATIENCE_S)
        if not done:
            now.task.cancel()
            await asyncio.wait({now.task}, timeout=_PATIENCE_S)

    async def _run(self, runtime: "Runtime", wanted: "Wanted", now: _Running) -> None:
        try:
            text, kind = await self._write(runtime, wanted, now)
        except BulltuiError as error:
            text, kind = f"{self.doing} ended: {error.message} {error.hint}".strip(), Kind.FAILED
        except Exception as error:
            _log.exception("An export failed in an unexpected way")
            text, kind = f"{self.doing} failed: {type(error).__name__}: {error}", Kind.FAILED
        finally:
            self._running = None
        self._changed()
        self._ended(text, kind)

    async def _write(self, runtime: "Runtime", wanted: "Wanted", now: _Running) -> tuple[str, Kind]:
        def progressed(progress: Progress) -> None:
            now.progress = progress
            if monotonic() - now.told_at >= _SHOWN_EVERY_S:
                now.told_at = monotonic()
                self._changed()

        from bulltui.tui.present.exporting import ended

        part = await asyncio.to_thread(_opened, wanted)
        try:
            made = _made(runtime, wanted, part)
            return ended(await made.run(part, on_progress=progressed, cancel=now.cancel), part.path, part.size)
        finally:
            part.close()


def _opened(wanted: "Wanted") -> "PartFile":
    from bulltui.ledger.part_file import PartFile

    if wanted.again:
        return PartFile.resume(wanted.path, wanted.about)
    return PartFile.begin(wanted.path, {**wanted.about, "asked_ms": wanted.selection.query.asked_ms})


def _made(runtime: "Runtime", wanted: "Wanted", part: "PartFile") -> "Export":
    from bulltui.services.export import Export

    selection = wanted.selection
    if wanted.again and selection.query.text:
        selection = replace(selection, query=_as_before(selection.query.text, part.begun))
    return Export(
        runtime.finder,
        runtime.reader,
        runtime.clock,
        selection,
        wanted.form,
        columns=wanted.columns,
        after=part.mark,
        written=part.written,
    )


def _as_before(text: str, begun: Mapping[str, Any]) -> "Query":
    """The query with the ages of then."""
    from bulltui.domain.query.parsing import parse

    asked = begun.get("asked_ms")
    return parse(text, asked if isinstance(asked, int) else 0)
