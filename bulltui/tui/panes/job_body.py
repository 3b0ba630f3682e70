"""What an open job's part shows: JSON to fold, lines to scroll, or the fields of its hash."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widget import Widget

from bulltui.domain.job import Job
from bulltui.domain.reads import LogPage
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import parts as present
from bulltui.tui.present.line import Pieces, pieces
from bulltui.tui.present.parts import Part
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource

if TYPE_CHECKING:
    from bulltui.tui.widgets.json_view import JsonView
    from bulltui.tui.widgets.text_view import TextView

_EDGE = 3  # cells of a text's margin and scroll bar


class JobBody(Vertical):
    """A view for each kind of content, one of them seen. The first screen shows counts sooner without them: they come
    with the first job."""

    DEFAULT_CSS = """
    JobBody > #job-note { height: auto; }
    JobBody > .view { height: 1fr; display: none; }
    JobBody > .view.-on { display: block; }
    JobBody > TextView { padding: 0 0 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="job-body")
        self._lines: list[Pieces] = []

    @property
    def view(self) -> Widget:
        """The view that is seen."""
        self._make()
        return next((view for view in self.query(".view") if view.has_class("-on")), self._text_view)

    @property
    def field(self) -> str:
        """The field of the hash under the cursor; empty when there is none."""
        return str(self.query_one("#job-raw", LiveTable).cursor_key or "")

    def clear(self) -> None:
        """Show nothing."""
        if self.query(".view"):
            self._see("job-text")
            self.query_one("#job-note", Lines).show([])
            self._lines = []
            self._text_view.load("")

    def show(self, job: Job, part: Part, logs: LogPage | None, now_ms: int, *, same: bool) -> None:
        """Show a part of a job; `same` is whether it is what was shown before, perhaps in another state: then what one
        reads does not move."""
        self._make()
        note = present.note(job, part)
        self.query_one("#job-note", Lines).show([[(" ", ""), *pieces(line)] for line in note])
        parsed = present.json_of(job, part)
        if part is Part.RAW:
            self._see("job-raw")
            fields = present.raw_fields(job)
            source = ListSource(fields, lambda item: item[0], lambda item: present.raw_cells(*item))
            self.query_one("#job-raw", LiveTable).update(source)
        elif parsed is not None and parsed.ok and not job.missing:
            self._see("job-json")
            self._json_view.show(parsed.value, keep=same)
        else:
            self._see("job-text")
            self._show_lines(present.lines(job, part, logs, now_ms, self.size.width - _EDGE), part, same=same)

    def _show_lines(self, lines: Sequence[Cell], part: Part, *, same: bool) -> None:
        view = self._text_view
        before, self._lines = self._lines, [pieces(line) for line in lines]
        view.follow = part is Part.LOGS
        if not same:
            view.load(self._lines)
        elif self._lines[: len(before)] == before:
            view.append(self._lines[len(before) :])
        else:
            top, at_end = view.scroll_offset.y, view.following
            view.load(self._lines)
            if not at_end:
                view.scroll_to(y=top, animate=False, force=True)

    def _make(self) -> None:
        if self.query(".view"):
            return
        from bulltui.tui.widgets.json_view import JsonView
        from bulltui.tui.widgets.text_view import TextView

        self.mount(
            Lines(id="job-note"),
            JsonView(id="job-json", classes="view"),
            TextView(id="job-text", classes="view"),
            LiveTable(present.RAW_COLUMNS, markable=False, id="job-raw", classes="view"),
        )

    def _see(self, name: str) -> None:
        had_focus = any(view.has_focus for view in self.query(".view"))
        for view in self.query(".view"):
            view.set_class(view.id == name, "-on")
        if had_focus and not (target := self.query_one(f"#{name}")).has_focus:
            target.focus()

    @property
    def _text_view(self) -> "TextView":
        from bulltui.tui.widgets.text_view import TextView

        return self.query_one("#job-text", TextView)

    @property
    def _json_view(self) -> "JsonView":
        from bulltui.tui.widgets.json_view import JsonView

        return self.query_one("#job-json", JsonView)
