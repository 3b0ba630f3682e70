"""Runs actions, one at a time, and an export beside, and says how they go. The screen stays live meanwhile."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Kind, Outcome, Progress
from bulltui.services.request import Cancel, Request
from bulltui.tui.acts.exports import Exports
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.requests import doing

if TYPE_CHECKING:
    from bulltui.services.acting import Runner

_log = logging.getLogger(__name__)
_SHOWN_EVERY_S = 0.1
_TICK_S = 1.0
_GRACE_S = 5.0

Told = Callable[[Request, Outcome], None]


@dataclass(slots=True)
class _Running:
    """An action that goes on. `told_at` (s) is when its progress was told last: time goes on between."""

    request: Request
    cancel: Cancel
    told_at: float
    task: asyncio.Task[None] | None = None
    progress: Progress = Progress()

    def so_far(self) -> Progress:
        """The progress now."""
        return replace(self.progress, elapsed_s=self.progress.elapsed_s + monotonic() - self.told_at)


class Desk:
    """What runs now, and what came of the last action. Who `follow`s is called when there is something else to show.

    `ended` is called with each outcome, on the loop of the screen, and `exported` with how an export ended.
    """

    def __init__(
        self,
        runner: "Runner",
        ended: Told,
        *,
        patience_s: float,
        exported: Callable[[str, Kind], None] = lambda text, kind: None,
    ) -> None:
        self.runner = runner
        self._ended = ended
        self._exported = exported
        self._patience_s = patience_s + _GRACE_S
        self.exports = Exports(self._tell, self._export_ended)
        self._running: _Running | None = None
        self._note: tuple[str, Kind] | None = None
        self._followers: list[Callable[[], None]] = []
        self._shown: asyncio.TimerHandle | None = None

    @property
    def refusal(self) -> str:
        """Why nothing may be changed at all, empty where it may."""
        return self.runner.refusal

    @property
    def running(self) -> Request | None:
        """The action that runs now."""
        return None if self._running is None else self._running.request

    @property
    def doing(self) -> tuple[str, ...]:
        """All that goes on, in words."""
        return tuple(filter(None, ("" if self.running is None else doing(self.running), self.exports.doing)))

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._running is not None and self._running.cancel.asked

    @property
    def note(self) -> str:
        """What is said of the last action until the next key."""
        return self._note[0] if self._note is not None else ""

    def lines(self, width: int) -> list[Pieces]:
        """What to show: the running action, else what came of the last one; below it a running export."""
        now, lines = self._running, self.exports.lines(width)
        if now is None and self._note is None:
            return lines
        from bulltui.tui.present.running import outcome_lines, running_line

        if now is not None:
            return [running_line(doing(now.request), now.so_far(), width, asked=now.cancel.asked), *lines]
        return [*(outcome_lines(*self._note, width) if self._note is not None else []), *lines]

    def follow(self, follower: Callable[[], None]) -> Callable[[], None]:
        """Have `follower` called; the result ends that."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    # --- running

    def start(self, request: Request) -> None:
        """Run it. Raises BulltuiError while another one runs."""
        self.check_free()
        self._note = None
        self._running = now = _Running(request, Cancel(), monotonic())
        now.task = asyncio.create_task(self._run(now))
        self._tell()

    def check_free(self) -> None:
        """Raises BulltuiError while an action runs."""
        if self._running is not None:
            busy = doing(self._running.request)
            raise BulltuiError(f"One at a time: {busy[0].lower()}{busy[1:]}.", hint="Esc stops that.", code="busy")

    def stop(self) -> bool:
        """Ask what runs to stop after its running chunk, the action before the export; False where nothing does, or was
        asked already."""
        if self._running is None or self._running.cancel.asked:
            return self.exports.stop()
        self._running.cancel.ask()
        self._tell()
        return True

    async def wait(self) -> None:
        """Wait for the end of what runs."""
        if self._running is not None and self._running.task is not None:
            await asyncio.wait({self._running.task})
        await self.exports.wait()

    async def close(self) -> None:
        """Stop what runs in order, such that its outcome is written down."""
        await self.exports.close()
        now = self._running
        if now is None or now.task is None:
            return
        now.cancel.ask()
        done, _ = await asyncio.wait({now.task}, timeout=self._patience_s)
        if not done:
            now.task.cancel()
            await asyncio.wait({now.task}, timeout=_GRACE_S)

    async def _run(self, now: _Running) -> None:
        def progressed(progress: Progress) -> None:
            now.progress, now.told_at = progress, monotonic()
            self._tell_soon(_SHOWN_EVERY_S)

        try:
            outcome = await self.runner.run(now.request, on_progress=progressed, cancel=now.cancel)
        except BulltuiError as error:
            outcome = Outcome(now.request.verb, error=error)
        except Exception as error:
            # A fault of ours: what it did is in the audit as far as it came, and the screen goes on.
            _log.exception("An action failed in an unexpected way")
            fault = BulltuiError(f"It failed: {type(error).__name__}: {error}", hint="H shows how far it came.")
            outcome = Outcome(now.request.verb, error=fault)
        finally:
            self._running = None
        from bulltui.tui.present.running import words

        if outcome.kind not in (Kind.DONE, Kind.NOTHING):
            self._note = (words(now.request, outcome), outcome.kind)
        self._tell()
        self._ended(now.request, outcome)

    def _export_ended(self, text: str, kind: Kind) -> None:
        if kind is not Kind.DONE:
            self.say(text, kind)
        self._exported(text, kind)

    # --- what is said

    async def look_back(self) -> None:
        """Tell of actions that an earlier run began and did not end."""
        try:
            deeds = await self.runner.audit.interrupted()
        except BulltuiError as error:
            self.say(f"{error.message} {error.hint}".strip(), Kind.FAILED)
            return
        if deeds:
            from bulltui.domain.telling import cut_off

            more = f" {len(deeds) - 1:,} more were." if len(deeds) > 1 else ""
            self.say(f"{cut_off(deeds[0])}{more} H shows all.", Kind.PARTLY)

    def say(self, text: str, kind: Kind) -> None:
        """Show a sentence until the next key."""
        self._note = (text, kind)
        self._tell()

    def seen(self) -> None:
        """A key was pressed: what came of the last action was seen."""
        if self._note is not None:
            self._note = None
            self._tell()

    def _tell(self) -> None:
        if self._shown is not None:
            self._shown.cancel()
            self._shown = None
        for follower in tuple(self._followers):
            follower()
        if self._running is not None:
            self._tell_soon(_TICK_S)

    def _tell_soon(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._shown is None or self._shown.when() > loop.time() + seconds:
            if self._shown is not None:
                self._shown.cancel()
            self._shown = loop.call_later(seconds, self._tell)
