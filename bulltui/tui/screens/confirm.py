"""Asks before anything is changed: what it is about, how much, and what cannot be undone. The default is No."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Preview
from bulltui.domain.text import visible
from bulltui.services.acting import Runner
from bulltui.services.request import Request
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import confirming as present
from bulltui.tui.present.line import Pieces, fit, part
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.standing import stands
from bulltui.tui.widgets.answers import Answers

_ANSWERS = (("no", "No"), ("yes", "Yes"))


class ConfirmScreen(Dialog[Request | None]):
    """Answers with the request, its reason filled in, or None for No. `about` says what the jobs are together."""

    DEFAULT_CSS = """
    ConfirmScreen Input { display: none; margin: 0 1; }
    ConfirmScreen Input.-on { display: block; }
    ConfirmScreen #foot { height: auto; }
    ConfirmScreen Answers { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "back", "No", show=False),
        Binding("w", "without_undo", "Without undo", show=False),
        *(Binding(key, f"layout('{key}')", "Say what serves it", show=False) for key in present.LAYOUTS),
        Binding("pageup", "scroll(-5)", "Up", show=False),
        Binding("pagedown", "scroll(5)", "Down", show=False),
    ]

    def __init__(
        self, runner: Runner, request: Request, *, production: bool, require_reason: bool, about: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._about = about
        self._runner = runner
        self._request = request
        self._production = production
        self._require_reason = require_reason
        self._preview: Preview | None = None
        self._error: BulltuiError | None = None
        self._missing = ""
        self.set_class(production, "-production")

    def compose(self) -> ComposeResult:
        """Text, what has to be typed, and the answers."""
        with Vertical(id="box") as box:
            box.border_title = "PRODUCTION" if self._production else "Confirm"
            with VerticalScroll(id="middle", can_focus=False):
                yield Lines(id="question")
            with Vertical(id="foot"):
                yield Input(id="name", compact=True, select_on_focus=False)
                yield Input(id="reason", compact=True, placeholder="the reason, for the audit", select_on_focus=False)
                yield Lines(id="missing")
                yield Answers(_ANSWERS)
                yield Lines(id="keys")

    def on_mount(self) -> None:
        """Look up what it would do."""
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one(Answers).focus()
        self._load()

    @property
    def error(self) -> BulltuiError | None:
        """Why it could not be looked up what it would do."""
        return self._error

    @property
    def busy(self) -> bool:
        """Whether it is being looked up."""
        return self._preview is None and self._error is None

    @work(exclusive=True)
    async def _load(self) -> None:
        self._preview = self._error = None
        self._missing = ""
        self._show()
        try:
            self._preview = await self._runner.preview(self._request)
        except BulltuiError as error:
            self._error = error
        self._show()
        self._ask_to_type()

    def _ask_to_type(self) -> None:
        preview = self._preview
        name, reason = self.query_one("#name", Input), self.query_one("#reason", Input)
        name.set_class(preview is not None and bool(preview.type_name), "-on")
        reason.set_class(preview is not None and self._require_reason, "-on")
        if preview is not None and preview.type_name:
            name.placeholder = f"type {visible(preview.type_name)} to confirm"
        first = next((field for field in (name, reason) if field.has_class("-on") and not field.value), None)
        (first or self.query_one(Answers)).focus()
        self._show()

    # --- showing

    def _show(self) -> None:
        if not stands(self):
            return
        width = self.inner_width()
        if self._preview is not None:
            lines = present.question(self._request, self._preview, width, about=self._about)
        elif self._error is not None:
            lines = present.problem(self._request, self._error, width)
        else:
            lines = present.reading(self._request, width)
        self.query_one("#question", Lines).show(lines)
        self.query_one("#missing", Lines).show(prose(self._missing, "failed", width) if self._missing else [])
        self.query_one(Answers).display = self._error is None
        typed = sum(field.has_class("-on") for field in self.query(Input))
        foot = typed + len(self.query_one("#missing", Lines).lines) + (3 if self._error is None else 1)
        self.fit_middle(foot)
        self.query_one("#keys", Lines).show([self._keys(width, longer=len(lines) > self.size.height - 2 - foot)])

    def _keys(self, width: int, *, longer: bool) -> Pieces:
        if self._error is not None:
            return fit([part(1, ("esc closes", "dim"))], width)
        parts = [part(3, ("y yes", "dim")), part(2, ("n or esc no", "dim"))]
        if longer:
            parts.append(part(4, ("page down reads on", "delayed")))
        if present.can_go_without_undo(self._request, self._preview):
            parts.append(part(1, ("w without undo" if self._request.undo else "w with undo", "dim")))
        return fit(parts, width)

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text anew."""
        self._show()

    # --- answers

    @on(Answers.Given)
    def _given(self, event: Answers.Given) -> None:
        event.stop()
        if event.answer == "yes":
            self.action_yes()
        else:
            self.action_back()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """On to what is still to be said, at last to the answers: Enter alone never says yes."""
        event.stop()
        empty = [field for field in self.query(Input) if field.has_class("-on") and not field.value.strip()]
        (empty[0] if empty else self.query_one(Answers)).focus()

    def action_yes(self) -> None:
        """Do it, if all is said."""
        preview = self._preview
        if preview is None:
            return
        typed = self.query_one("#name", Input).value
        reason = self.query_one("#reason", Input).value.strip()
        if preview.type_name and typed.strip() not in (preview.type_name.strip(), visible(preview.type_name).strip()):
            self._lacks(f"Type {preview.type_name} to confirm.", "#name")
        elif self._require_reason and not reason:
            self._lacks("A reason is needed here.", "#reason")
        else:
            self.dismiss(replace(self._request, reason=reason))

    def _lacks(self, sentence: str, field: str) -> None:
        self._missing = sentence
        self._show()
        self.query_one(field, Input).focus()

    def action_without_undo(self) -> None:
        """Save nothing before, or do."""
        if present.can_go_without_undo(self._request, self._preview):
            self._again(replace(self._request, undo=not self._request.undo))

    def action_layout(self, key: str) -> None:
        """Say which BullMQ serves the queue."""
        if present.can_say_layout(self._request, self._error):
            self._again(replace(self._request, layout=present.LAYOUTS[key]))

    def _again(self, request: Request) -> None:
        self._request = request
        self._load()
