"""What was changed in an editor, and what to do with it."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.diff import diff
from bulltui.tui.present.line import fit, part
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.widgets.answers import Answers

CANCEL, SAME, COPY, AGAIN = "cancel", "same", "copy", "again"
KEYS = {SAME: "s", COPY: "c", AGAIN: "e"}


class DiffScreen(Dialog[str]):
    """Answers with the id of an answer, `cancel` for Esc."""

    DEFAULT_CSS = """
    DiffScreen > #box { max-width: 140; }
    DiffScreen #middle { margin: 1 0; background: $background; }
    DiffScreen #diff { background: $background; }
    DiffScreen #foot { height: auto; }
    DiffScreen.-short #middle { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        *(Binding(key, f"give('{answer}')", answer, show=False) for answer, key in KEYS.items()),
        Binding("pageup,k,up", "scroll(-5)", "Up", show=False),
        Binding("pagedown,j,down", "scroll(5)", "Down", show=False),
    ]

    def __init__(self, title: str, note: str, old: str, new: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._old = old
        self._new = new
        self._choice = ((CANCEL, "Cancel"), *answers)

    def compose(self) -> ComposeResult:
        """The difference and the answers."""
        with Vertical(id="box"):
            yield Lines(id="title")
            with VerticalScroll(id="middle", can_focus=False):
                yield Lines(id="diff")
            with Vertical(id="foot"):
                yield Lines(id="note")
                yield Answers(self._choice)
                yield Lines(id="keys")

    def on_mount(self) -> None:
        """The default is to leave all as it is."""
        self.query_one(Answers).focus()

    def inner_width(self) -> int:
        """A difference may be wider than a question."""
        return max(20, min(140, self.size.width * 94 // 100) - 3)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the lines."""
        self.set_class(event.size.height < 20, "-short")
        width = self.inner_width()
        title = prose(self._title, "bold", width)
        note = prose(self._note, "delayed", width, sign="! ") if self._note else []
        self.fit_middle(len(title) + len(note) + (2 if self.has_class("-short") else 4))
        self.query_one("#title", Lines).show(title)
        self.query_one("#diff", Lines).show(diff(self._old, self._new, width))
        self.query_one("#note", Lines).show(note)
        offered = [(name, word) for name, word in self._choice if name in KEYS]
        keys = [part(5 - at, (f"{KEYS[name]} {word.lower()}", "dim")) for at, (name, word) in enumerate(offered)]
        self.query_one("#keys", Lines).show([fit([*keys, part(1, ("esc cancels", "dim"))], width)])

    @on(Answers.Given)
    def _given(self, event: Answers.Given) -> None:
        self.dismiss(event.answer)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only answers that are offered."""
        return action != "give" or any(name == parameters[0] for name, _ in self._choice)

    def action_give(self, answer: str) -> None:
        """Answer."""
        self.dismiss(answer)

    def action_back(self) -> None:
        """Leave all as it is."""
        self.dismiss(CANCEL)
