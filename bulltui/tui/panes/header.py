"""The line at the top and the banner of an outage. They tick every second, and paint only when a letter changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events

from bulltui.domain.alert import Alert
from bulltui.domain.snapshot import EMPTY, Snapshot
from bulltui.services.protocols import Clock
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import header as present
from bulltui.tui.present.alerts import NO_ALERTS, alarm, tally_words
from bulltui.tui.widgets.cells import Cell

if TYPE_CHECKING:
    from bulltui.tui.alert_news import AlertNews

_TICK_S = 1.0


class Header(Lines):
    """Product, server, link, age of the data, totals."""

    DEFAULT_CSS = """
    Header { height: 1; background: $panel; }
    """

    def __init__(self, identity: present.Identity, clock: Clock, banner: "Banner") -> None:
        super().__init__(id="header")
        self._identity = identity
        self._clock = clock
        self._banner = banner
        self._snapshot = EMPTY

    def on_mount(self) -> None:
        """Tick: the age of the data goes on when nothing comes."""
        self.set_interval(_TICK_S, self.tick)
        self.tick()

    def on_resize(self, event: events.Resize) -> None:
        """Fit what there is room for."""
        self.tick()

    def tell(self, snapshot: Snapshot) -> None:
        """Show another snapshot."""
        self._snapshot = snapshot
        self.tick()

    def tick(self) -> None:
        """Show the time that passed."""
        now = self._clock.now_ms()
        width = self.size.width
        if width:
            news: AlertNews | None = getattr(self.app, "alert_news", None)
            tally = NO_ALERTS if news is None else news.tally
            self.show([present.header(self._identity, self._snapshot, now, width, tally_words(tally))])
            self._banner.tell(self._snapshot, now, width)
            self._alarm(news.unseen if news is not None else (), now, width)

    def _alarm(self, unseen: Sequence[Alert], now: int, width: int) -> None:
        """A server that is away comes first."""
        lines = [] if self._banner.lines else alarm(unseen, now, width)
        found = self.screen.query(Alarm)
        if not found and lines:
            self.screen.mount(Alarm(lines))
        for one in found:
            one.show(lines or [""])
            one.display = bool(lines)


class Alarm(Lines):
    """Critical alerts that nobody has looked at yet: over the line below the header, so that nothing moves when it
    comes or goes."""

    DEFAULT_CSS = """
    Alarm { background: $panel; overlay: screen; position: absolute; offset: 0 1; width: 100%; height: 1; }
    """

    def __init__(self, lines: Sequence[Cell]) -> None:
        super().__init__()
        self._first = lines

    def on_mount(self) -> None:
        """Show what it came with."""
        self.show(self._first)


class Banner(Lines):
    """What is wrong with the connection. Not there when nothing is.

    While the same servers are away it gets no lower: each try may end with another sentence, a longer or a shorter one,
    and who reads the queues below must not lose the line."""

    DEFAULT_CSS = """
    Banner { background: $panel; display: none; }
    Banner.-on { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(id="banner")
        self._outage: tuple[int, tuple[str, ...]] = (0, ())
        self._highest = 0

    def tell(self, snapshot: Snapshot, now_ms: int, width: int) -> None:
        """Show what is wrong, or go away."""
        lines = present.banner(snapshot, now_ms, width)
        outage = (width, present.away(snapshot))
        self._highest = max(len(lines), self._highest if outage == self._outage and outage[1] else 0)
        self._outage = outage
        self.show([*lines, *[""] * (self._highest - len(lines))])
        self.set_class(bool(lines), "-on")
