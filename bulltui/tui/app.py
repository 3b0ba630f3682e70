"""The application: it owns the polling and hands each snapshot to the screens that are seen."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.screen import Screen

from bulltui.domain import alert
from bulltui.domain.actions import Obliterate, Restore
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.services.polling import poll_forever
from bulltui.services.request import Request
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.desk import Desk
from bulltui.tui.alert_news import AlertNews, News
from bulltui.tui.messages import Acted, QueueChosen, SnapshotReady
from bulltui.tui.panes.header import Header
from bulltui.tui.present.said import Severity
from bulltui.tui.present.ways import identity_of
from bulltui.tui.runtime import Runtime
from bulltui.tui.saying import SayingApp
from bulltui.tui.screens.acting_screen import ActingScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.switch import Switch
from bulltui.tui.themes import DARK, LIGHT, register_themes, theme_named, token_defaults
from bulltui.tui.watching import Watching

if TYPE_CHECKING:
    from bulltui.tui.present.commands import Command, Destination
    from bulltui.tui.screens.leave import LeaveScreen


_GRAVE: dict[alert.Severity, Severity] = {
    alert.Severity.CRITICAL: "error",
    alert.Severity.WARNING: "warning",
    alert.Severity.INFO: "information",
}


class BulltuiApp(SayingApp, inherit_bindings=False):
    """bulltui in the terminal. It ends with a `Switch` where other servers are to be opened, else with None.

    With `picking` one is asked at once which; a text in it says why: what was chosen before could not be opened.
    `theme` goes before that of the settings. `chosen_theme` is the one that a person changed to, empty for none.
    `watches`: the history is written and alerts are looked for while it is shown. `warning` is said at once.
    """

    TITLE = "bulltui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *(
            "undo",
            "undo-list",
            "alerts",
            "audit",
            "server",
            "profiles",
            "refresh",
            "theme",
            "messages",
            "palette",
            "help",
            "quit",
        )
    )

    def __init__(
        self,
        runtime: Runtime,
        *,
        note: str = "",
        picking: str | None = None,
        theme: str = "",
        watches: bool = True,
        warning: str = "",
    ) -> None:
        super().__init__(runtime.clock)
        self._runtime = runtime
        self._picking = picking
        settings = runtime.settings
        self._identity = identity_of(settings, runtime.reader.address, note, read_only=bool(runtime.runner.refusal))
        self._desk = Desk(runtime.runner, self._ended, patience_s=settings.action_timeout_s, exported=self._exported)
        self._acting = Acting(self, runtime, self._desk)
        self._watching = Watching(runtime, self._warn, filter(None, (warning,))) if watches else None
        self.alert_news = AlertNews(runtime, self._alerted, self._show_alerts)
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving = False
        self._unsubscribe: Callable[[], None] = lambda: None
        register_themes(self)
        self.theme = theme_named(self, theme or settings.theme)
        self.chosen_theme = ""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours of our tokens in themes that are not ours."""
        return token_defaults(self.current_theme)

    def get_default_screen(self) -> Screen[object]:
        """The main screen is the first."""
        return MainScreen(self._runtime, self._identity, self._acting)

    def on_mount(self) -> None:
        """Start to poll."""
        self._unsubscribe = self._runtime.bus.subscribe(self._tell)
        # The server looks for queues while the first frame is made.
        polling = poll_forever(self._runtime.poller, self._runtime.bus, self._runtime.clock)
        self._tasks.append(asyncio.create_task(polling))
        if self._watching is not None:
            self._tasks.append(asyncio.create_task(self._watching.run()))
        self.run_worker(self._desk.look_back(), group="look-back", exit_on_error=False)
        if self._picking is not None:
            self.call_after_refresh(self._pick, self._picking)

    async def on_unmount(self) -> None:
        """Stop what runs, in order, and stop to poll."""
        await self._desk.close()
        self._unsubscribe()
        self.alert_news.close()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @property
    def settled(self) -> bool:
        """Whether the first complete counts are shown and nothing is being read for what is on the screen."""
        snapshot = self._runtime.bus.last
        searched = snapshot.discovery.finished_at is not None or bool(snapshot.discovery.problem)
        known = searched and bool(snapshot.taken_at) and len(snapshot.rows) >= snapshot.discovery.found
        over = known or snapshot.health.link is Link.OFFLINE
        if (
            not over
            or not self.screen.is_mounted
            or self._acting.busy
            or self.alert_news.busy
            or any(getattr(screen, "busy", False) for screen in self.screen_stack)
        ):
            return False
        # What is read leads to messages, and these to further reads.
        return not any(pump.message_queue_size for pump in (self, *self.screen_stack, *self.screen.walk_children()))

    # --- snapshots

    def _warn(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False, timeout=8)

    def _tell(self, snapshot: Snapshot) -> None:
        self._acting.told(snapshot)
        if snapshot.taken_at:
            self.alert_news.look()
        if self._watching is not None:
            self._watching.look()
        # Screens that are hidden take the newest snapshot when they come back.
        for screen in self._in_sight():
            screen.post_message(SnapshotReady(snapshot))

    def _in_sight(self) -> Iterator[Screen[object]]:
        """The screen on top, and those that are seen around it while it is a dialog."""
        for screen in reversed(self.screen_stack):
            yield screen
            if not screen.is_modal:
                return

    # --- alerts

    def _show_alerts(self) -> None:
        if getattr(self.screen, "shows_alerts", False):
            self.alert_news.seen()
        for screen in self._in_sight():
            for header in screen.query(Header):
                header.tick()

    def _alerted(self, news: News) -> None:
        from bulltui.tui.present.alerts import toasts
        from bulltui.tui.terminal import ring

        said = toasts(news.fired, news.resolved)
        for title, text, severity in said:
            grave: Severity = "information" if severity is None else _GRAVE[severity]
            self.notify(text, title=title, severity=grave, markup=False, timeout=12 if grave == "error" else 6)
        if said:
            title, text, _ = said[0]
            ring(self, title, text)

    # --- actions

    @property
    def acting(self) -> Acting:
        """Who carries actions out."""
        return self._acting

    def _ended(self, request: Request, outcome: Outcome) -> None:
        from bulltui.tui.present.running import toast, words

        # A queue that is gone, or there again, is so for the search too.
        self._runtime.poller.refresh_now(discover=isinstance(request.action, Obliterate | Restore))
        text, severity = toast(request, outcome)
        whole = "" if severity == "information" else words(request, outcome)
        self.notify(text, severity=severity, markup=False, timeout=5, whole=whole)
        for screen in self.screen_stack:
            screen.post_message(Acted(request, outcome))

    def _exported(self, text: str, kind: Kind) -> None:
        from bulltui.tui.present.exporting import toast

        said, severity = toast(text, kind)
        self.notify(said, severity=severity, markup=False, timeout=8, whole=text)

    def exit(self, *words: Any, **options: Any) -> None:
        """See textual. From now on parts go one after the other."""
        self._leaving = True
        super().exit(*words, **options)

    def _handle_exception(self, error: Exception) -> None:
        """What is shown while the app ends may have nowhere to go any more, which is no error: nobody is to see a
        traceback of that. Textual has no public way to say so."""
        if not (self._leaving and isinstance(error, NoMatches)):
            super()._handle_exception(error)

    async def on_event(self, event: events.Event) -> None:
        """What came of an action is said until the next key."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._desk.seen()
        await super().on_event(event)

    def action_undo(self) -> None:
        """Take back what was done last."""
        from bulltui.tui.acts.choices import undo_newest

        self._acting.perform(undo_newest(self._runtime.settings.servers), act="undo")

    def action_undo_list(self) -> None:
        """Choose what to take back."""
        from bulltui.tui.screens.undo import UndoScreen

        if not self._acting.allowed:
            self._acting.refuse("undo-list", ())
        elif not isinstance(self.screen, UndoScreen):
            self.push_screen(UndoScreen(self._runtime, self._identity, self._acting))

    def action_audit(self) -> None:
        """Who did what."""
        from bulltui.tui.screens.audit import AuditScreen

        if not isinstance(self.screen, AuditScreen):
            self.push_screen(AuditScreen(self._runtime, self._identity, self._acting))

    def action_alerts(self) -> None:
        """What is wrong."""
        from bulltui.tui.screens.alerts import AlertsScreen

        self.alert_news.seen()
        if not isinstance(self.screen, AlertsScreen):
            self.push_screen(AlertsScreen(self._runtime, self._identity, self._acting))

    async def action_quit(self) -> None:
        """Leave; while something runs, ask before."""
        self._leave_with(None)

    def _leave_with(self, result: Switch | None) -> None:
        if not self._desk.doing:
            self.exit(result)
            return
        from bulltui.tui.screens.leave import LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            self.run_worker(self._leave(LeaveScreen(self._desk.doing), result), group="leave")

    async def _leave(self, screen: "LeaveScreen", result: Switch | None) -> None:
        if await self.push_screen_wait(screen):
            while self._desk.stop():
                pass
            await self._desk.wait()
            self.exit(result)

    # --- servers

    def action_server(self) -> None:
        """How the server is."""
        from bulltui.tui.screens.server import ServerScreen

        if not isinstance(self.screen, ServerScreen):
            self.push_screen(ServerScreen(self._runtime, self._identity, self._acting))

    def action_profiles(self) -> None:
        """Open another server."""
        self._pick("")

    def _pick(self, notice: str) -> None:
        from bulltui.tui.screens.profiles import ProfilesScreen

        settings = self._runtime.settings
        opened = {one.profile for one in settings.fleet or (settings,)}
        if not isinstance(self.screen, ProfilesScreen):
            self.push_screen(ProfilesScreen(settings.known, opened, notice), self._picked)

    def _picked(self, chosen: Switch | None) -> None:
        if chosen is not None:
            self._leave_with(chosen)

    # --- keys

    def action_refresh(self) -> None:
        """Read everything now."""
        self._runtime.poller.refresh_now(discover=True)

    def action_theme(self) -> None:
        """The other theme."""
        self.theme = self.chosen_theme = DARK.name if self.theme == LIGHT.name else LIGHT.name
        self.run_worker(self._runtime.remembered.set_theme(self.theme), group="theme", exit_on_error=False)

    def action_palette(self) -> None:
        """Find a command or a queue."""
        from bulltui.tui.present.commands import COLUMNS, destinations
        from bulltui.tui.screens.palette import Palette, possible

        if not isinstance(self.screen, Palette):
            queues = destinations(self._runtime.bus.last.rows)
            wanted = "a command, or a queue to go to"
            self.push_screen(Palette(possible(self.screen), queues, wanted, COLUMNS), self._go)

    def action_help(self) -> None:
        """All keys."""
        from bulltui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    async def _go(self, chosen: "Command | Destination | None") -> None:
        from bulltui.tui.present.commands import Command

        if isinstance(chosen, Command):
            for active in self.screen.active_bindings.values():
                if active.binding.id == chosen.id:
                    await self.run_action(active.binding.action, default_namespace=active.node)
                    return
            if isinstance(self.screen, ActingScreen):
                self.screen.action_act(chosen.id)
        elif chosen is not None:
            self._go_to(chosen.ref)

    @on(QueueChosen)
    def _queue_chosen(self, message: QueueChosen) -> None:
        self._go_to(message.ref)

    def _go_to(self, ref: QueueRef) -> None:
        while not isinstance(self.screen, MainScreen) and len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, MainScreen):
            self.screen.go_to_queue(ref)
