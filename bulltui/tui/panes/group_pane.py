"""All of a group of failed jobs: how many, since when, whose, and the newest of them with its stack trace."""

from textual.app import ComposeResult
from textual.containers import Vertical

from bulltui.domain.error_groups import ErrorGroup
from bulltui.services.protocols import Clock, JobReader
from bulltui.tui.job_reads import JobKey, JobReads
from bulltui.tui.present import errors as present
from bulltui.tui.present.line import Pieces
from bulltui.tui.standing import stands
from bulltui.tui.widgets.text_view import TextView

_EDGE = 3  # cells of the text's margin and scroll bar


class GroupPane(Vertical):
    """One group."""

    DEFAULT_CSS = """
    GroupPane { border-top: solid $border-blurred; }
    GroupPane > TextView { height: 1fr; }
    """

    def __init__(self, reader: JobReader, clock: Clock, *, timeout_s: float) -> None:
        super().__init__(id="group")
        self._clock = clock
        self._reads = JobReads(reader, self._show, timeout_s=timeout_s)
        self._group: ErrorGroup | None = None
        self._total = 0
        self._lines: list[Pieces] = []

    def compose(self) -> ComposeResult:
        """A text to scroll."""
        yield TextView(id="group-text")

    def on_unmount(self) -> None:
        """Stop reading."""
        self._reads.close()

    @property
    def busy(self) -> bool:
        """Whether the newest job is being read."""
        return self._reads.busy

    def show(self, group: ErrorGroup | None, total: int) -> None:
        """Show a group, of `total` failed jobs in all."""
        other = group is not self._group
        self._group, self._total = group, total
        sample = None if group is None or group.sample_ref is None else JobKey(group.sample_ref, group.sample_id)
        self._reads.show(sample)
        self._show(anew=other)

    def on_resize(self) -> None:
        """Fold the text anew."""
        self._show()

    def _show(self, *, anew: bool = False) -> None:
        if not stands(self):
            return
        group, view = self._group, self.query_one(TextView)
        lines: list[Pieces] = []
        if group is not None:
            width = max(40, self.size.width - _EDGE)
            lines = present.detail(group, self._reads.job, self._total, self._clock.now_ms(), width)
        if lines == self._lines:
            return
        top, self._lines = view.scroll_offset.y, lines
        view.load(lines)
        if top and not anew:
            view.scroll_to(y=top, animate=False, force=True)
