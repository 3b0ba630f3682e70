"""Find: jobs of one, some or all queues by a text or a query, shown while they are found."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Input

from bulltui.domain.errors import BulltuiError
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.query import Query, QueryError
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import Action
from bulltui.domain.saved_search import SavedSearch, by_name, expanded
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible
from bulltui.services.search import Scope
from bulltui.tui import keymap
from bulltui.tui.acts import offers
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.scene import Scene
from bulltui.tui.messages import Acted
from bulltui.tui.panes.lines import Lines
from bulltui.tui.panes.query_box import SIGN_WIDTH, QueryBox, QueryInput
from bulltui.tui.present import asking, found, searching
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.found import FoundScreen
from bulltui.tui.search_reads import SearchReads
from bulltui.tui.standing import stands
from bulltui.tui.widgets.cells import cut
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.table_painter import SIGNS

_SHOWN_EVERY_S = 0.15


class FindScreen(FoundScreen):
    """One box, and what was found below. Enter searches; Esc stops, then goes back."""

    CSS = """
    FindScreen #wrong { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("find", "filter", "continue", "save-search", "refresh")

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, refs: tuple[QueueRef, ...]) -> None:
        super().__init__(runtime, identity, acting)
        self._refs = refs
        self._all = not refs
        self._reads = SearchReads(runtime, self._show_soon, self.show)
        self._saved: dict[str, SavedSearch] = {}
        self._named = SavedSearch("", "")
        self._wrong: QueryError | None = None
        self._needles: tuple[str, ...] = ()
        self._soon: Timer | None = None

    def compose(self) -> ComposeResult:
        """As other lists, with the box above."""
        for widget in super().compose():
            if isinstance(widget, LiveTable):
                yield QueryBox()
                yield Lines(id="wrong")
                yield LiveTable(self.COLUMNS, markable=self.acting.allowed)
            else:
                yield widget

    def on_mount(self) -> None:
        """Type at once."""
        self.call_after_refresh(self._box.focus)
        self._remember()

    def on_unmount(self) -> None:
        """No longer."""
        self._reads.stop()

    @property
    def _box(self) -> QueryInput:
        return self.query_one(QueryBox).field

    @property
    def partial(self) -> bool:
        """Whether there may be more."""
        return self._reads.running or self._reads.stopped or self._reads.step.full

    @property
    def busy(self) -> bool:
        """Whether jobs are being looked at."""
        return self._reads.running or self._soon is not None

    @work(exclusive=True, group="remembered", exit_on_error=False)
    async def _remember(self, query: str = "") -> None:
        remembered = self.runtime.remembered
        await (remembered.note(query) if query else remembered.load())
        self._box.history = remembered.history
        self._saved = by_name(self.runtime.settings.searches, remembered.saved)
        if remembered.problem:
            self.notify(remembered.problem, severity="warning", markup=False)
            remembered.problem = ""
        self.show()

    # --- searching

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Say what is wrong while one types, but not before a word is over."""
        event.stop()
        try:
            self._query(event.value)
            self._wrong = None
        except QueryError as error:
            self._wrong = error if error.at < len(event.value.rstrip()) else None
        self._show_wrong()

    def _query(self, text: str) -> tuple[SavedSearch, Query]:
        meant = expanded(text, self._saved)
        return meant, parse(meant.query, self.runtime.clock.now_ms())

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._box.typed()
        self._begin(event.value)

    def _begin(self, text: str) -> None:
        if not text.strip():
            return
        try:
            self._named, query = self._query(text)
        except QueryError as error:
            self._wrong = error
            self._show_wrong()
            return
        self._wrong = None
        self._show_wrong()
        self._needles = found.needles(query.root)
        self.table.set_marks(())
        self._reads.begin(
            query,
            Scope(self._wanted(), tuple(JobState(state) for state in self._named.states)),
            everywhere=self._everywhere,
        )
        self._remember(text)
        self.table.focus()
        self.show()
        self.table.move_to(0)

    def _wanted(self) -> tuple[QueueRef, ...]:
        """Where to look: what one came from, else what a saved search says, else everywhere."""
        from bulltui.domain.match import select

        refs = [row.ref for row in self.runtime.bus.last.rows]
        if not self._all:
            return self._refs
        return tuple(select(refs, self._named.queues)) if self._named.queues else tuple(refs)

    @property
    def _everywhere(self) -> bool:
        return self._all and not self._named.queues

    # --- showing

    def told(self, snapshot: Snapshot) -> None:
        """Ages go on."""
        if not self._reads.running:
            self.show()

    def _show_wrong(self) -> None:
        width = max(20, self.size.width)
        lines = [] if self._wrong is None else asking.wrong(self._wrong, width, SIGN_WIDTH)
        self.query_one("#wrong", Lines).show(lines)

    def _show_soon(self) -> None:
        if self._soon is None:
            self._soon = self.set_timer(_SHOWN_EVERY_S, self.show)
            if not self.table.line_count:
                self.show()  # the first one at once

    def show(self) -> None:
        """Show what was found so far."""
        if self._soon is not None:
            self._soon.stop()
            self._soon = None
        if not stands(self):
            return
        reads, table = self._reads, self.table
        if reads.query is None:
            saved = tuple(self._saved.values())
            table.empty = searching.examples(
                max(20, table.inner_width - 2 * SIGNS), max(4, table.size.height - 2), saved
            )
        else:
            table.empty = searching.nothing(reads.step, reads.problem, running=reads.running)
        self.show_found(reads.matches, queues=len(self._wanted()) != 1, needles=self._needles)
        self.head()
        self.refresh_bindings()

    def head(self) -> None:
        """Where it looks, and how far it is."""
        reads = self._reads
        parts = [part(8, (f"Find in {self._where()}", "bold"))]
        if reads.query is not None:
            parts += searching.progress(
                reads.step, len(reads.matches), running=reads.running, stopped=reads.stopped, again="c goes on"
            )
        if marked := len(self.table.marks):
            parts.append(part(9, (f"{marked:,} marked", "delayed bold")))
        if reads.problem and reads.matches:
            parts.append(part(7, (visible(reads.problem.message), "failed")))
        if self._refs:
            these = _named(self._refs)
            parts.append(part(1, (f"ctrl+f: {these if self._all else 'all queues'}", "dim"), right=True))
        self.show_title(*parts)
        self.show_left_out(reads.problems)

    def all_of_it(self) -> Offer | None:
        """All that the query means, found by now or not."""
        reads = self._reads
        if reads.query is None or not reads.matches:
            return None
        said = f"all {len(reads.matches):,} found" if reads.step.over and not reads.step.full else "all that match"
        states = tuple(JobState(state) for state in self._named.states)
        return offers.of_search(reads.query, self._wanted(), states, said)

    def _where(self) -> str:
        return f"all {plural(len(self._wanted()), 'queue')}" if self._all else _named(self._refs)

    def on_resize(self, event: events.Resize) -> None:
        """Fit what is said."""
        self._show_wrong()
        self.show()

    # --- keys

    def acted(self, message: Acted) -> None:
        """They are in other states now: search anew."""
        if message.outcome.done and self._reads.query is not None:
            self.action_refresh()

    def label_of(self, action: Action, scene: Scene | None = None) -> str:
        """What the keys do now."""
        if action.id == "continue":
            return "stop" if self._reads.running else "go on"
        if action.id == "find" and self._refs and self._box.has_focus:
            return "these queues" if self._all else "all queues"
        if action.id == "filter":
            return "query"
        return super().label_of(action, scene)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something now."""
        if action == "continue":
            return self._reads.running or self._reads.stopped
        if action == "save_search":
            return bool(self._box.value.strip())
        return super().check_action(action, parameters)

    @on(QueryInput.Left)
    def _leave_box(self) -> None:
        if self._reads.query is None:
            self.dismiss()
        else:
            self.action_back()

    @on(QueryInput.Lower)
    def _to_list(self) -> None:
        if self.table.line_count:
            self.table.focus()

    def go_back(self) -> None:
        """Stop, drop the marks, or go back to where one came from."""
        if self._reads.running:
            self.action_continue()
        elif self.table.marks:
            self.table.set_marks(())
        else:
            self.dismiss()

    def action_find(self) -> None:
        """Type; from the box, look elsewhere."""
        if not self._box.has_focus:
            self._box.focus()
        elif self._refs:
            self._all = not self._all
            if self._reads.query is not None:
                self.action_refresh()
            self.show()

    def action_filter(self) -> None:
        """Type."""
        self._box.focus()

    def action_continue(self) -> None:
        """Stop, or go on."""
        if self._reads.running:
            self._reads.stop()
        else:
            self._reads.go_on()
        self.show()

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save_search(self) -> None:
        """Keep what is in the box under a name."""
        from bulltui.tui.screens.name import NameScreen

        text = self._box.value.strip()
        try:
            meant, _ = self._query(text)
            name = await self.app.push_screen_wait(NameScreen(f"Keep {cut(visible(text), 40)} as @"))
            if name is None:
                return
            globs = () if self._all else tuple(ref.shown for ref in self._refs)
            await self.runtime.remembered.save(SavedSearch(name, meant.query, meant.queues or globs, meant.states))
        except BulltuiError as error:
            self.acting.complain(error)
            return
        self.notify(f"@{name} is this search from now on.", markup=False)
        self._remember()

    def action_refresh(self) -> None:
        """Search anew, by the time of now."""
        if (query := self._reads.query) is None:
            self.runtime.poller.refresh_now(discover=True)
            return
        states = tuple(JobState(state) for state in self._named.states)
        self._reads.begin(
            parse(query.text, self.runtime.clock.now_ms()), Scope(self._wanted(), states), everywhere=self._everywhere
        )
        self.show()


def _named(refs: tuple[QueueRef, ...]) -> str:
    return cut(visible(refs[0].shown), 40) if len(refs) == 1 else plural(len(refs), "queue")
