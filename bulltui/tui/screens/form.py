"""A few fields to fill in. What is wrong is said while one types."""

import os
from typing import ClassVar, TypeVar, cast

from textual import events, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, TextArea

from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.tui.acts.editor import edit, editor_command
from bulltui.tui.acts.form import Field, Form, Kind
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.line import fit, part
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.standing import stands
from bulltui.tui.terminal import lent
from bulltui.tui.widgets.answers import Answers

T = TypeVar("T")
_LABEL = 20


class FormScreen(Dialog[T | None]):
    """Answers with what the fields make, None for nothing."""

    DEFAULT_CSS = f"""
    FormScreen #middle {{ margin: 1 0; }}
    FormScreen .field {{ height: auto; }}
    FormScreen .label {{ width: {_LABEL}; height: 1; }}
    FormScreen .field Input {{ width: 1fr; }}
    FormScreen TextArea {{ height: 5; width: 1fr; border: none; padding: 0; background: $panel; }}
    FormScreen TextArea:focus {{ border: none; padding: 0; }}
    FormScreen.-short TextArea {{ height: 3; }}
    FormScreen.-short #middle {{ margin: 0; }}
    FormScreen #foot {{ height: auto; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("ctrl+s", "submit", "Go on", show=False),
        Binding("ctrl+o", "editor", "In the editor", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
    ]

    def __init__(self, form: Form[T]) -> None:
        super().__init__()
        self._form = form
        self._problem = ""
        self._touched = False
        self._made: T | None = None

    def compose(self) -> ComposeResult:
        """The fields, what is wrong, and the keys."""
        with Vertical(id="box"):
            yield Lines(id="title")
            with VerticalScroll(id="middle", can_focus=False):
                for field in self._form.fields:
                    with Horizontal(classes="field"):
                        yield Lines(classes="label")
                        yield self._widget(field)
            with Vertical(id="foot"):
                yield Lines(id="hint")
                yield Lines(id="keys")

    @staticmethod
    def _widget(field: Field) -> Widget:
        if field.kind is Kind.CHOICE:
            return Answers(field.choices, field.value, id=field.id)
        if field.kind is Kind.AREA:
            area = TextArea(field.value, id=field.id, compact=True, tab_behavior="focus", soft_wrap=True)
            area.cursor_blink = False
            return area
        text = Input(field.value, id=field.id, compact=True, select_on_focus=True)
        text.cursor_blink = False
        return text

    def on_mount(self) -> None:
        """Start in the first field."""
        for label, field in zip(self.query(".label").results(Lines), self._form.fields, strict=True):
            label.show([[(" ", ""), (field.label, "")]])
        self.query_one(f"#{self._form.fields[0].id}").focus()
        self._check()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the text."""
        self.set_class(event.size.height < 20, "-short")
        self._show()

    # --- values

    def _value(self, field: Field) -> str:
        widget = self.query_one(f"#{field.id}")
        if isinstance(widget, Answers):
            return widget.chosen
        return widget.text if isinstance(widget, TextArea) else cast("Input", widget).value

    def _check(self) -> None:
        self._made, self._problem = None, ""
        try:
            self._made = self._form.make({field.id: self._value(field) for field in self._form.fields})
        except UsageError as error:
            self._problem = f"{error.message} {error.hint}".strip()
        self._show()

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Answers.Changed)
    def _changed(self) -> None:
        values = {field.id: self._value(field) for field in self._form.fields}
        self._touched = self._touched or values != self._form.defaults
        self._check()

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self._show()

    # --- showing

    def _show(self) -> None:
        if not stands(self) or not self.size.width:
            return
        width = self.inner_width()
        title = prose(self._form.title, "bold", width)
        self.query_one("#title", Lines).show(title)
        focused = self.focused.id if self.focused is not None else None
        hint = next((field.hint for field in self._form.fields if field.id == focused), "")
        lines = prose(hint, "dim", width) if hint else []
        if self._problem:
            lines += prose(self._problem, "failed" if self._touched else "delayed", width)
        elif self._made is not None and (told := self._form.tells(self._made)):
            lines += prose(told, "", width)
        self.query_one("#hint", Lines).show(lines)
        self.fit_middle(len(title) + len(lines) + (1 if self.has_class("-short") else 3))
        area = focused is not None and isinstance(self.focused, TextArea)
        go_on = "ctrl+s goes on" if area else "enter goes on"
        parts = [part(3, (go_on, "dim")), part(2, ("tab next field", "dim")), part(1, ("esc closes", "dim"))]
        self.query_one("#keys", Lines).show([fit(parts, width)])

    # --- keys

    @on(Input.Submitted)
    @on(Answers.Given)
    def _entered(self) -> None:
        self.action_submit()

    def action_submit(self) -> None:
        """Go on with what is there, if it makes sense."""
        self._touched = True
        self._check()
        if self._made is not None:
            self.dismiss(self._made)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An editor is for texts of several lines."""
        return action != "editor" or isinstance(self.focused, TextArea)

    @work(exclusive=True)
    async def action_editor(self) -> None:
        """Edit the text in one's own editor."""
        area = self.focused
        if not isinstance(area, TextArea):
            return
        try:
            area.text = await edit(editor_command(os.environ), area.text, "data.json", lambda: lent(self.app))
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to an editor.", severity="error", markup=False)
        except BulltuiError as error:
            self.notify(f"{error.message} {error.hint}".strip(), severity="error", markup=False)
