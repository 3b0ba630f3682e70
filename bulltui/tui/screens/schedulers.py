"""The schedulers of a queue."""

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import plural, visible
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.scene import Scene
from bulltui.tui.loader import Loader
from bulltui.tui.messages import Acted
from bulltui.tui.present import schedulers as present
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowHighlighted

LIMIT = 1000
"""How many schedulers are read, the soonest first."""


class SchedulersScreen(ListScreen):
    """What repeats, and when next."""

    COLUMNS = present.COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("trigger", "unschedule", "menu")

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, ref: QueueRef) -> None:
        super().__init__(runtime, identity, acting)
        self._ref = ref
        self._page: SchedulerPage | None = None
        self._problem: BulltuiError | None = None
        settings = runtime.settings
        self._loader: Loader[QueueRef, SchedulerPage] = Loader(
            lambda ref: runtime.reader.schedulers(ref, 0, LIMIT),
            self._got,
            self._not_got,
            timeout_s=settings.refresh_timeout_s + settings.connect_timeout_s,
        )

    @property
    def busy(self) -> bool:
        """Whether schedulers are being read."""
        return self._loader.busy

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    def scene(self) -> Scene:
        """The scheduler under the cursor."""
        key = self.table.cursor_key
        return Scene((self._ref,), ids=() if key is None else (str(key),), of_schedulers=True)

    @on(RowHighlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    def acted(self, message: Acted) -> None:
        """Read again."""
        self._loader.ask(self._ref)

    def told(self, snapshot: Snapshot) -> None:
        """Read again."""
        self._loader.ask(self._ref)
        self._show()

    def _got(self, ref: QueueRef, page: SchedulerPage) -> None:
        self._page, self._problem = page, None
        self._show()

    def _not_got(self, ref: QueueRef, error: BulltuiError) -> None:
        self._problem = error
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        now = self.runtime.clock.now_ms()
        items = self._page.items if self._page is not None else ()
        name = visible(self._ref.shown)
        if self._problem is not None:
            self.table.empty = f"{self._problem.message}\n{self._problem.hint}".strip()
        else:
            self.table.empty = present.empty(name) if self._page is not None else "Reading…"
        self.table.update(ListSource(items, lambda item: item.id, lambda item: present.cells(item, now)))
        total = self._page.total if self._page is not None else 0
        shown = f", the next {len(items):,} shown" if total > len(items) else ""
        problem = self._problem.message if self._problem is not None and items else ""
        self.show_title(
            part(3, (f"{plural(total, 'scheduler')} of {name}{shown}", "bold")), part(2, (problem, "failed"))
        )

    def copied(self) -> tuple[str, str] | None:
        """The id of the scheduler."""
        key = self.table.cursor_key
        return None if key is None else ("the scheduler's id", str(key))
