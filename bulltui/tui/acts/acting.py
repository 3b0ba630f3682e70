"""From an action that was chosen to its running: asks what has to be asked, one dialog after the other."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.widgets import Input, TextArea

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.targets import queues_of
from bulltui.domain.text import visible
from bulltui.services.request import Request
from bulltui.tui.acts import waiting
from bulltui.tui.acts.desk import Desk
from bulltui.tui.acts.plan import Edit, Lookup
from bulltui.tui.acts.verbs import refusal
from bulltui.tui.acts.waiting import Asked
from bulltui.tui.runtime import Runtime

if TYPE_CHECKING:
    from bulltui.tui.acts.offers import Offer
    from bulltui.tui.acts.plan import Plan

_log = logging.getLogger(__name__)


class Acting:
    """Carries plans out on the screen of `app`. Everything slow is done in workers of that."""

    def __init__(self, app: App[Any], runtime: Runtime, desk: Desk) -> None:
        self.desk = desk
        self._app = app
        self._runtime = runtime
        self._asking = False
        self._preparing = False
        self._kept: Asked | None = None

    @property
    def allowed(self) -> bool:
        """Whether anything may be changed."""
        return not self.desk.refusal

    @property
    def asking(self) -> bool:
        """Whether an action is on its way from the key to its start."""
        return self._asking

    @property
    def busy(self) -> bool:
        """Whether something is looked up before a dialog can show."""
        return self._preparing

    def may(self, act: str, refs: Sequence[QueueRef] = ()) -> bool:
        """Whether an action of the registry is to be offered for these queues, as far as rights decide it."""
        return refusal(act, refs, self.desk.runner, self._runtime.settings) is None

    def perform(
        self, plan: "Plan", about: Sequence[str] = (), *, act: str = "", refs: tuple[QueueRef, ...] = ()
    ) -> None:
        """Ask what it needs, have it confirmed, and start it; one after the other, however fast keys come. `about` are
        sentences for the question: what the jobs are together. `act` is the action's id in the registry, `refs` the
        queues that it is for. While their server is away it is kept, and asked for once more when that is back."""
        self._perform_asked(Asked(plan, about, act, refs, self._runtime.clock.now_ms()))

    def refuse(self, act: str, refs: Sequence[QueueRef]) -> None:
        """Say why an action may not be done here."""
        if (error := refusal(act, refs, self.desk.runner, self._runtime.settings)) is not None:
            self.complain(error)

    def _perform_asked(self, asked: Asked) -> None:
        if self._asking:
            return
        self._asking = True
        self._kept = None
        self._app.clear_notifications()
        self._app.run_worker(self._perform(asked), group="acting", exit_on_error=False)

    async def _perform(self, asked: Asked) -> None:
        try:
            self._check(asked)
            request = await self._request(asked.plan)
            if request is not None and (confirmed := await self._confirm(request, asked)) is not None:
                self._check(asked)
                self.desk.start(confirmed)
        except BulltuiError as error:
            self.complain(error)
        except Exception as error:
            _log.exception("An action could not be asked for")
            self.complain(BulltuiError(f"It failed: {type(error).__name__}: {error}", code="internal"))
        finally:
            self._asking = False

    def _check(self, asked: Asked) -> None:
        if (error := refusal(asked.act, asked.refs, self.desk.runner, self._runtime.settings)) is not None:
            raise error
        self.desk.check_free()
        snapshot = self._runtime.bus.last
        if (state := waiting.away(snapshot, asked.refs)) is not None:
            self._kept = asked
            raise waiting.not_now(state, self._runtime.clock.now_ms())

    def told(self, snapshot: Snapshot) -> None:
        """A refresh: if the server is back, what was kept is asked for once more, unless one is in another dialog or
        types: then at a later one."""
        asked = self._kept
        if asked is None or self._asking or not waiting.answers_again(snapshot, asked):
            return
        if self._app.screen.is_modal or isinstance(self._app.focused, Input | TextArea):
            return
        self._asking = True
        self._kept = None
        self._app.run_worker(self._ask_again(asked), group="acting", exit_on_error=False)

    async def _ask_again(self, asked: Asked) -> None:
        from bulltui.tui.screens.again import AgainScreen

        try:
            wanted = await self._app.push_screen_wait(AgainScreen(asked.words))
        finally:
            self._asking = False
        if wanted:
            self._perform_asked(asked)

    async def _request(self, plan: "Plan") -> Request | None:
        if isinstance(plan, Request):
            return plan
        if isinstance(plan, Lookup):
            self._preparing = True
            try:
                return await plan.make(self.desk.runner)
            finally:
                self._preparing = False
        if isinstance(plan, Edit):
            from bulltui.tui.acts.editing import Editing

            return await Editing(self._app, self._runtime.reader, self.desk.runner, plan).request()
        from bulltui.tui.screens.form import FormScreen

        return await self._app.push_screen_wait(FormScreen(plan))

    async def _confirm(self, request: Request, asked: Asked) -> Request | None:
        from bulltui.tui.screens.confirm import ConfirmScreen

        settings = self._runtime.settings.of({ref.server for ref in queues_of(request.target)})
        screen = ConfirmScreen(
            self.desk.runner,
            request,
            production=settings.production,
            require_reason=settings.require_reason,
            about=asked.about,
        )
        confirmed = await self._app.push_screen_wait(screen)
        if isinstance(screen.error, UnreachableError):
            # It went away while it was looked up what it would do: nothing was begun.
            self._kept = asked
        return confirmed

    def export(self, offers: "Sequence[Offer]") -> None:
        """Ask where these jobs are to be written to, and write them."""
        if not self._asking:
            self._asking = True
            self._app.clear_notifications()
            self._app.run_worker(self._export(offers), group="acting", exit_on_error=False)

    async def _export(self, offers: "Sequence[Offer]") -> None:
        from pathlib import Path

        from bulltui.tui.acts.export_form import export_form
        from bulltui.tui.screens.form import FormScreen

        try:
            self.desk.exports.check_free()
            settings = self._runtime.settings
            form = export_form(offers, settings.where, Path.cwd(), several=len(settings.each) > 1)
            if (wanted := await self._app.push_screen_wait(FormScreen(form))) is not None:
                self.desk.exports.start(self._runtime, wanted)
        except BulltuiError as error:
            self.complain(error)
        except OSError as error:
            self.complain(BulltuiError(f"The working folder is gone: {error.strerror}.", code="file"))
        finally:
            self._asking = False

    def complain(self, error: BulltuiError) -> None:
        """Say what is wrong."""
        said = visible(f"{error.message} {error.hint}".strip())
        self._app.notify(said, severity="error", markup=False, timeout=8)
