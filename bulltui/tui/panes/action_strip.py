"""The line above the footer while an action runs, and what came of one that did not do all."""

from collections.abc import Callable

from bulltui.tui.acts.desk import Desk
from bulltui.tui.panes.lines import Lines


class ActionStrip(Lines):
    """Not there when there is nothing to say."""

    DEFAULT_CSS = """
    ActionStrip { background: $panel; display: none; }
    ActionStrip.-on { display: block; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="strip")
        self._desk = desk
        self._leave: Callable[[], None] = lambda: None

    def on_mount(self) -> None:
        """Follow what runs."""
        self._leave = self._desk.follow(self._tell)
        self._tell()

    def on_unmount(self) -> None:
        """No longer."""
        self._leave()

    def on_resize(self) -> None:
        """Fit it."""
        self._tell()

    def _tell(self) -> None:
        if self.is_attached:
            lines = self._desk.lines(max(20, self.app.size.width))
            self.show(lines)
            self.set_class(bool(lines), "-on")
