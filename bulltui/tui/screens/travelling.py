"""Travelling in time: the keys by which one chooses what part of the past is shown, and puts a cursor into it."""

from typing import ClassVar

from textual.binding import BindingType

from bulltui.domain.chart_view import View, Window, next_mark
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.chart_plots import marks_of
from bulltui.tui.chart_reads import Known
from bulltui.tui.present.header import Identity
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen

_JUMP = 10


class TravellingScreen(LeadingScreen):
    """Derived screens say what is `known`, which `window` they have room for, and show both anew when they are told."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *("cursor-left", "cursor-right", "jump-left", "jump-right", "shorter", "longer", "earlier", "later"),
        *("live", "compare", "next-mark", "previous-mark"),
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self.view = View()
        self.cursor_ms: int | None = None
        """The time that the cursor is on (epoch ms), None without one."""

    @property
    def known(self) -> Known | None:
        """What is shown."""
        raise NotImplementedError

    def window(self) -> Window:
        """What would be shown of the view now."""
        raise NotImplementedError

    def read_anew(self) -> None:
        """The view is another one."""
        raise NotImplementedError

    def show_anew(self) -> None:
        """The view or the cursor is another one."""
        raise NotImplementedError

    def place_of_cursor(self, window: Window) -> int | None:
        """The place of the value that the cursor is on, None where that is out of sight."""
        return None if self.cursor_ms is None else window.place_of(self.cursor_ms)

    def see(self, view: View) -> None:
        """Look at another part of the past."""
        if view != self.view:
            self.view = view
            self.read_anew()
            self.show_anew()
            self.refresh_bindings()

    def put(self, at_ms: int | None) -> None:
        """Put the cursor on a time, or take it away."""
        if at_ms != self.cursor_ms:
            self.cursor_ms = at_ms
            self.show_anew()
            self.refresh_bindings()

    def _step(self, by: int) -> None:
        if self.known is None:
            return
        window = self.known.wanted.window
        place = self.place_of_cursor(window)
        if place is None:
            place = window.steps if by < 0 else -1
        place = max(0, min(window.steps - 1, place + by))
        self.put(window.start_ms + place * window.step_ms)

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something now."""
        if action == "live":
            return self.view.end_ms is not None or self.cursor_ms is not None
        return super().check_action(action, parameters)

    def action_cursor_left(self) -> None:
        """The value before."""
        self._step(-1)

    def action_cursor_right(self) -> None:
        """The next value."""
        self._step(1)

    def action_jump_left(self) -> None:
        """A tenth back."""
        self._step(-max(1, self.window().steps // _JUMP))

    def action_jump_right(self) -> None:
        """A tenth on."""
        self._step(max(1, self.window().steps // _JUMP))

    def action_shorter(self) -> None:
        """A shorter span."""
        self.see(self.view.zoomed(-1, self.runtime.clock.now_ms(), self.cursor_ms))

    def action_longer(self) -> None:
        """A longer span."""
        self.see(self.view.zoomed(1, self.runtime.clock.now_ms(), self.cursor_ms))

    def action_earlier(self) -> None:
        """Half a span back."""
        self.see(self.view.moved(-0.5, self.runtime.clock.now_ms()))

    def action_later(self) -> None:
        """Half a span on."""
        self.see(self.view.moved(0.5, self.runtime.clock.now_ms()))

    def action_live(self) -> None:
        """Up to now, without a cursor."""
        self.put(None)
        self.see(self.view.live())

    def action_compare(self) -> None:
        """With the day before, the week before, or nothing."""
        self.see(self.view.compared())

    def action_next_mark(self) -> None:
        """The next action or alert."""
        self._to_mark(1)

    def action_previous_mark(self) -> None:
        """The one before."""
        self._to_mark(-1)

    def _to_mark(self, by: int) -> None:
        known = self.known
        if known is None:
            return
        window = known.wanted.window
        here = self.cursor_ms if self.place_of_cursor(window) is not None else None
        at = next_mark(marks_of(known), here, by, window)
        if at is None:
            self.notify("No action and no alert there." if by > 0 else "None before.", timeout=3)
        else:
            self.put(at)
