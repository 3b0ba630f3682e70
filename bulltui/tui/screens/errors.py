"""Failed jobs in groups of the same error, counted while they are read."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer

from bulltui.domain.actions import Remove, Retry
from bulltui.domain.error_groups import ErrorGroup, Order
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import Action
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import plural, visible
from bulltui.services.request import Request
from bulltui.tui import keymap
from bulltui.tui.acts import offers
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.scene import Scene
from bulltui.tui.error_reads import ErrorReads
from bulltui.tui.messages import Acted
from bulltui.tui.panes.group_pane import GroupPane
from bulltui.tui.present import errors as present
from bulltui.tui.present.header import Identity
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.screens.main_layout import WIDE
from bulltui.tui.standing import stands
from bulltui.tui.widgets.cells import cut
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import HeaderClicked, RowHighlighted, RowSelected

_SHOWN_EVERY_S = 0.2
_FOLLOW_S = 0.08
_ACTS = {"retry": Retry(), "remove": Remove()}
_ORDERS = tuple(Order)
_COLUMN_ORDER = {column: order for order, column in present.SORTED.items()}


class ErrorsScreen(ListScreen):
    """The groups of some queues, or of all; Enter opens the jobs of one."""

    CSS = """
    ErrorsScreen #lists { height: 1fr; }
    ErrorsScreen #lists > LiveTable { height: 2fr; }
    ErrorsScreen GroupPane { height: 3fr; display: none; }
    ErrorsScreen.-wide GroupPane { display: block; }
    """
    COLUMNS = present.COLUMNS
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "retry", "remove", "export", "errors", "sort", "continue", "refresh"
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, refs: tuple[QueueRef, ...]) -> None:
        super().__init__(runtime, identity, acting)
        self._refs = refs
        self._all = not refs
        self._order = Order.COUNT
        self._reads = ErrorReads(runtime, self._show_soon, self._show)
        self._soon: Timer | None = None
        self._follow: Timer | None = None

    def compose(self) -> ComposeResult:
        """As other lists, with all of a group below where there is room."""
        settings = self.runtime.settings
        timeout_s = settings.refresh_timeout_s + settings.connect_timeout_s
        for widget in super().compose():
            if isinstance(widget, LiveTable):
                with Vertical(id="lists"):
                    yield widget
                    yield GroupPane(self.runtime.reader, self.runtime.clock, timeout_s=timeout_s)
            else:
                yield widget

    def on_mount(self) -> None:
        """Begin to read."""
        self.table.sort = (present.SORTED[self._order], True)
        self._reads.begin(self._wanted(), everywhere=self._all)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._reads.stop()

    @property
    def busy(self) -> bool:
        """Whether jobs are being read."""
        waits = self._soon is not None or self._follow is not None
        return waits or self._reads.running or self.query_one(GroupPane).busy

    # --- showing

    def _wanted(self) -> tuple[QueueRef, ...]:
        return tuple(row.ref for row in self.runtime.bus.last.rows) if self._all else self._refs

    def _where(self) -> str:
        return f"all {plural(len(self._wanted()), 'queue')}" if self._all else _named(self._refs)

    def _other(self) -> str:
        """What else could be shown."""
        if not self._refs:
            return ""
        return f"E shows {_named(self._refs)}" if self._all else "E shows all queues"

    def told(self, snapshot: Snapshot) -> None:
        """Ages go on."""
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """All of a group below where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")

    def _show_soon(self) -> None:
        if self._soon is None:
            self._soon = self.set_timer(_SHOWN_EVERY_S, self._show)

    def _show(self) -> None:
        if self._soon is not None:
            self._soon.stop()
            self._soon = None
        if not stands(self):
            return
        reads, table, now = self._reads, self.table, self.runtime.clock.now_ms()
        groups = reads.grouping.groups(self._order)
        total = reads.step.examined
        at_top = table.top == 0 and table.cursor <= 0
        table.empty = present.nothing(
            self._where(), reads.problem, running=reads.running, whole=not reads.grouping.problems
        )
        table.update(
            ListSource(groups, lambda group: group.fingerprint.key, lambda group: present.cells(group, total, now))
        )
        if at_top:
            table.move_to(0)
        parts = present.title(
            self._where(),
            len(groups),
            reads.step,
            running=reads.running,
            since=reads.since(self.runtime.bus.last, self._wanted()),
            order=self._order,
            problem=reads.problem if groups else None,
            other=self._other(),
        )
        self.show_title(*parts)
        self.show_left_out(reads.grouping.problems)
        self._show_group()
        self.refresh_bindings()

    def _show_group(self) -> None:
        if self._follow is not None:
            self._follow.stop()
            self._follow = None
        if stands(self) and self.has_class("-wide"):
            self.query_one(GroupPane).show(self._group, self._reads.step.examined)

    @property
    def _group(self) -> ErrorGroup | None:
        """The group under the cursor."""
        return self._reads.group(self.table.cursor_key)

    @on(RowHighlighted)
    def _moved(self) -> None:
        if self._follow is not None:
            self._follow.stop()
        self._follow = self.set_timer(_FOLLOW_S, self._show_group)
        self.refresh_bindings()

    # --- what can be done

    def label_of(self, action: Action, scene: Scene | None = None) -> str:
        """What the keys do now."""
        if action.id == "continue":
            return "stop" if self._reads.running else "go on"
        if action.id == "errors":
            these = "this queue" if len(self._refs) == 1 else "these queues"
            return these if self._all else "all queues"
        return super().label_of(action, scene)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done to a group, and where there is a choice of queues."""
        if action == "act":
            return self._group is not None
        if action == "continue":
            return self._reads.running or not self._reads.step.over
        if action == "errors":
            return bool(self._refs)
        return super().check_action(action, parameters)

    def possible(self) -> list[str]:
        """What can be done to a group."""
        refs = () if self._group is None else tuple(self._group.ids)
        return [one for one in _ACTS if self.acting.may(one, refs)] if refs else []

    def action_act(self, action_id: str) -> None:
        """Retry or remove the group, once that is confirmed."""
        if (group := self._group) is None:
            return
        if not group.complete:
            said = f"Only {group.kept:,} of the {group.count:,} jobs are known by their ids: it is on these."
            self.notify(said, severity="warning", markup=False)
        self.acting.perform(Request(_ACTS[action_id], group.target), act=action_id, refs=tuple(group.ids))

    def on_offer(self) -> tuple[Offer, ...]:
        """The jobs of the group."""
        return () if self._group is None else (offers.of_group(self._group),)

    def acted(self, message: Acted) -> None:
        """They are other jobs now."""
        if message.outcome.done:
            self._anew()

    def _anew(self) -> None:
        self._reads.begin(self._wanted(), everywhere=self._all)
        self._show()

    def go_back(self) -> None:
        """Stop reading, or leave."""
        if self._reads.running:
            self.action_continue()
        else:
            self.dismiss()

    def action_continue(self) -> None:
        """Stop, or go on."""
        if self._reads.running:
            self._reads.stop()
        else:
            self._reads.go_on()
        self._show()

    def action_errors(self) -> None:
        """Of these queues, or of all."""
        self._all = not self._all
        self._anew()

    def action_refresh(self) -> None:
        """Group anew, and read everything else."""
        self.runtime.poller.refresh_now(discover=True)
        self._anew()

    def action_sort(self) -> None:
        """The next order."""
        self._sort_by(_ORDERS[(_ORDERS.index(self._order) + 1) % len(_ORDERS)])

    def _sort_by(self, order: Order) -> None:
        self._order = order
        self.table.sort = (present.SORTED[order], True)
        self._show()
        self.table.move_to(0)

    @on(HeaderClicked)
    def _header_clicked(self, event: HeaderClicked) -> None:
        event.stop()
        if event.column in _COLUMN_ORDER:
            self._sort_by(_COLUMN_ORDER[event.column])

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        from bulltui.tui.screens.error_jobs import ErrorJobsScreen

        if (group := self._group) is not None:
            total = self._reads.step.examined
            self.app.push_screen(ErrorJobsScreen(self.runtime, self.identity, self.acting, group, total))

    def copied(self) -> tuple[str, str] | None:
        """The message."""
        return None if self._group is None else ("the error", self._group.sample)


def _named(refs: tuple[QueueRef, ...]) -> str:
    return cut(visible(refs[0].shown), 40) if len(refs) == 1 else plural(len(refs), "queue")
