"""The order and the columns of a table of jobs as a person chooses them."""

from dataclasses import replace

from textual import work

from bulltui.tui.job_looks import EVERY, NATURAL, Order
from bulltui.tui.panes.job_view import JobView
from bulltui.tui.present.job_columns import OFFERED, path_of, sorting, usual


class JobChoices(JobView):
    """Asks, shows what was chosen, and has it remembered."""

    def action_sort(self) -> None:
        """Choose the column to order by."""
        from bulltui.tui.present.commands import MENU_COLUMNS, Command
        from bulltui.tui.screens.palette import Palette

        keys = [key for key in (self._keys() or usual(self._state)) if sorting(key) is not None]
        keys += [key for key, offered in OFFERED.items() if key not in keys and offered.means(self._state)]
        commands = [Command("", "as they lie in Redis", "the order of the state, at once", "")] if self._order else []
        commands += [
            Command(key, _called(key), OFFERED[key].meaning if key in OFFERED else f"what stands at {key}", "")
            for key in keys
            if sorting(key) is not None
        ]
        columns = (replace(MENU_COLUMNS[0], title="sort by"), *MENU_COLUMNS[1:-1])
        self.app.push_screen(Palette(commands, wanted="the column to sort by", columns=columns), self._sort_chosen)

    def _sort_chosen(self, chosen: object) -> None:
        column = getattr(chosen, "id", None)
        if column is not None:
            self._sort_column(column)

    def _sort_column(self, column: str) -> None:
        by = sorting(column) if column else None
        if by is None:
            self._sort_by(None)
        elif self._order is not None and self._order.column == column:
            self._sort_by(Order(column, not self._order.downwards))
        else:
            self._sort_by(Order(column, by.downwards))

    @work(exclusive=True, group="remembered", exit_on_error=False)
    async def _sort_by(self, order: Order | None) -> None:
        ref = self._ref
        if ref is None:
            return
        if order is not None and NATURAL.get(self._state) == order.column and not self.filtered:
            # That is how they lie: nothing needs to be looked through.
            if self._oldest_first() is order.downwards:
                self._turned ^= {self._state}
            order = None
        self._order = order
        self._show_all()
        self._show_rows()
        await self._looks.choose_order(ref, order)
        self._tell_problem()

    def action_columns(self) -> None:
        """Choose the columns."""
        from bulltui.tui.screens.columns import ColumnsScreen

        if self._ref is not None:
            keys = self._keys() or usual(self._state)
            self.app.push_screen(ColumnsScreen(self._ref.shown, keys), self._columns_chosen)

    def _columns_chosen(self, chosen: "tuple[tuple[str, ...], bool] | None") -> None:
        if chosen is not None:
            self._show_columns(*chosen)

    @work(exclusive=True, group="remembered", exit_on_error=False)
    async def _show_columns(self, keys: tuple[str, ...], everywhere: bool) -> None:
        if self._ref is None:
            return
        if everywhere:
            await self._looks.choose_columns(self._ref, ())
        await self._looks.choose_columns(EVERY if everywhere else self._ref, keys)
        self._widest = {}
        self._show_rows()
        self._tell_problem()

    def _tell_problem(self) -> None:
        remembered = self._runtime.remembered
        if remembered.problem:
            self.notify(remembered.problem, severity="warning", markup=False)
            remembered.problem = ""


def _called(key: str) -> str:
    path = path_of(key)
    return key if path is not None else OFFERED[key].column.column.title
