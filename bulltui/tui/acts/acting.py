"""From an action that was chosen to its running: asks what has to be asked, one dialog after the other."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.text import visible
from bulltui.services.request import Request
from bulltui.tui.acts.desk import Desk
from bulltui.tui.acts.plan import Edit, Lookup
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

    def perform(self, plan: "Plan", about: Sequence[str] = ()) -> None:
        """Ask what it needs, have it confirmed, and start it; one after the other, however fast keys come. `about` are
        sentences for the question: what the jobs are together."""
        if self._asking:
            return
        self._asking = True
        self._app.clear_notifications()
        self._app.run_worker(self._perform(plan, about), group="acting", exit_on_error=False)

    async def _perform(self, plan: "Plan", about: Sequence[str]) -> None:
        try:
            self._check()
            request = await self._request(plan)
            if request is not None and (confirmed := await self._confirm(request, about)) is not None:
                self._check()
                self.desk.start(confirmed)
        except BulltuiError as error:
            self.complain(error)
        except Exception as error:
            _log.exception("An action could not be asked for")
            self.complain(BulltuiError(f"It failed: {type(error).__name__}: {error}", code="internal"))
        finally:
            self._asking = False

    def _check(self) -> None:
        if self.desk.refusal:
            raise NotAllowedError(f"Nothing can be changed: {self.desk.refusal}.")
        self.desk.check_free()

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

            return await Editing(self._app, self._runtime.reader, plan).request()
        from bulltui.tui.screens.form import FormScreen

        return await self._app.push_screen_wait(FormScreen(plan))

    async def _confirm(self, request: Request, about: Sequence[str]) -> Request | None:
        from bulltui.tui.screens.confirm import ConfirmScreen

        settings = self._runtime.settings
        screen = ConfirmScreen(
            self.desk.runner,
            request,
            production=settings.production,
            require_reason=settings.require_reason,
            about=about,
        )
        return await self._app.push_screen_wait(screen)

    def export(self, offers: "Sequence[Offer]") -> None:
        """Ask where these jobs are to be written to, and write them."""
        if not self._asking:
            self._asking = True
            self._app.clear_notifications()
            self._app.run_worker(self._export(offers), group="acting", exit_on_error=False)

    async def _export(self, offers: "Sequence[Offer]") -> None:
        from pathlib import Path

        from bulltui.domain.address import server_of
        from bulltui.tui.acts.export_form import export_form
        from bulltui.tui.screens.form import FormScreen

        try:
            self.desk.exports.check_free()
            form = export_form(offers, server_of(self._runtime.settings.url), Path.cwd())
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
