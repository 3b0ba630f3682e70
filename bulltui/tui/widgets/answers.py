"""A line of answers to choose from. The chosen one is in brackets and reversed, so no colour is needed to see it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bulltui.tui.widgets.cells import width_of


class Answers(Widget, can_focus=True):
    """Answers as pairs of an id and a word; the first is chosen at the start."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"answers--chosen"}
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Answers { height: 1; width: 1fr; background: $surface; color: $foreground; }
    Answers > .answers--chosen { text-style: bold; background: $block-cursor-blurred-background; }
    Answers:focus > .answers--chosen { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "beside(-1)", "Before", show=False),
        Binding("right,l,space", "beside(1)", "Next", show=False),
        Binding("enter", "take", "Take", show=False),
    ]

    class Given(Message):
        """Enter or a click on an answer."""

        def __init__(self, answer: str) -> None:
            super().__init__()
            self.answer = answer

    class Changed(Message):
        """Another one is chosen, not given yet."""

        def __init__(self, answers: "Answers") -> None:
            super().__init__()
            self.answers = answers

        @property
        def control(self) -> "Answers":
            """Which line of answers."""
            return self.answers

    def __init__(
        self,
        answers: Sequence[tuple[str, str]],
        chosen: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._answers = tuple(answers)
        self._at = next((place for place, (name, _) in enumerate(answers) if name == chosen), 0)

    @property
    def chosen(self) -> str:
        """The id of the chosen answer."""
        return self._answers[self._at][0] if self._answers else ""

    def show(self, answers: Sequence[tuple[str, str]]) -> None:
        """Other answers, the first of them chosen."""
        self._answers, self._at = tuple(answers), 0
        self.refresh()

    def action_beside(self, step: int) -> None:
        """Choose the next, round the ends."""
        if self._answers:
            self._at = (self._at + step) % len(self._answers)
            self.refresh()
            self.post_message(self.Changed(self))

    def action_take(self) -> None:
        """Give the chosen one."""
        if self._answers:
            self.post_message(self.Given(self.chosen))

    def on_click(self, event: Click) -> None:
        """Give the one under the mouse."""
        x = event.x - bool(self._first)
        for name, word in self._answers[self._first :]:
            size = width_of(word) + 4
            if 0 <= x < size:
                self.post_message(self.Given(name))
                return
            x -= size

    @property
    def _first(self) -> int:
        """The first answer that is shown: the chosen one is in sight, with a cell at each end for a sign of more."""
        first = 0
        while first < self._at and self._width(first, self._at) > self.size.width - 2:
            first += 1
        return first

    def _width(self, first: int, last: int) -> int:
        return sum(width_of(word) + 4 for _, word in self._answers[first : last + 1])

    def render_line(self, y: int) -> Strip:
        """The line."""
        base = self.rich_style
        chosen = self.get_component_rich_style("answers--chosen")
        first, width = self._first, self.size.width
        out = [Segment("‹", base)] if first else []
        for place, (_, word) in enumerate(self._answers[first:], first):
            if place == self._at:
                out += [Segment(" ", base), Segment(f"[{word}]", chosen), Segment(" ", base)]
            else:
                out.append(Segment(f"  {word}  ", base))
        strip = Strip(out)
        if strip.cell_length > width:
            strip = Strip([*strip.crop(0, width - 1), Segment("›", base)])
        return strip.adjust_cell_length(width, base)
