"""What all screens share on which something can be done: one action for all that changes anything, and a menu of it."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.screen import Screen

from bulltui.domain.registry import BY_ID, Action
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.choices import CHOICES, possible
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.plan import Plan
from bulltui.tui.acts.scene import NOTHING, Scene
from bulltui.tui.messages import Acted
from bulltui.tui.present.commands import Command
from bulltui.tui.present.header import Identity
from bulltui.tui.runtime import Runtime


class ActingScreen(Screen[object], inherit_bindings=False):
    """Derived screens say what they are about by `scene`, and bind the keys of the actions they know."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("back")

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__()
        self.runtime = runtime
        self.identity = identity
        self.acting = acting

    def scene(self) -> Scene:
        """What is meant now."""
        return NOTHING

    def on_offer(self) -> tuple[Offer, ...]:
        """Jobs that can be written into a file."""
        return ()

    def acted(self, message: Acted) -> None:
        """An action ended: read again what it may have changed."""

    def go_back(self) -> None:
        """What Esc does when nothing runs."""

    # --- what can be done

    def possible(self) -> list[str]:
        """The ids of what can be done now."""
        scene = self.scene()
        return [one for one in possible(scene) if self.acting.may(one, scene.refs)] if self.acting.allowed else []

    def offers(self, action: Action) -> bool:
        """Whether an action is shown among what can be done. Its key works all the same, and says why it may not be."""
        if action.id == "menu":
            return bool(self.possible())
        return not action.writes or (self.acting.allowed and self.acting.may(action.id, self.scene().refs))

    def commands(self) -> list[Command]:
        """The same for the palette and the menu."""
        return [
            Command(one.id, self.label_of(one), one.help, keymap.keys_text(one) if one.keys else "")
            for one in map(BY_ID.__getitem__, self.possible())
        ]

    def label_of(self, action: Action, scene: Scene | None = None) -> str:
        """What an action is called now, on `scene` in place of that of the screen: a paused queue is resumed by the
        key that pauses."""
        rows = (scene or self.scene()).rows if action.id == "pause" else ()
        return "resume" if rows and all(row.queue.paused for row in rows) else action.label

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now."""
        if action == "act":
            return CHOICES[str(parameters[0])].applies(self.scene())
        if action == "menu":
            return bool(self.possible()) or bool(possible(self.scene()))
        if action == "export":
            return bool(self.on_offer())
        return True

    def action_act(self, action_id: str) -> None:
        """Do something, once it is confirmed."""
        scene = self.scene()
        if CHOICES[action_id].applies(scene):
            self.perform(action_id, CHOICES[action_id].plan(scene), scene)

    def perform(self, action_id: str, plan: Plan, scene: Scene, about: Sequence[str] = ()) -> None:
        """Ask for what was planned for a scene."""
        self.acting.perform(plan, about, act=action_id, refs=scene.refs)

    def action_export(self) -> None:
        """Write jobs into a file."""
        if offers := self.on_offer():
            self.acting.export(offers)

    def action_menu(self) -> None:
        """Choose from everything that can be done."""
        from bulltui.tui.screens.palette import Palette

        commands = self.commands()
        if commands:
            self.app.push_screen(Palette(commands), self._chosen_act)
        elif refused := possible(scene := self.scene()):
            self.acting.refuse(refused[0], scene.refs)

    def _chosen_act(self, chosen: object) -> None:
        if isinstance(chosen, Command):
            self.action_act(chosen.id)

    def action_back(self) -> None:
        """Stop what runs, or go back."""
        if not self.acting.desk.stop():
            self.go_back()

    @on(Acted)
    def _acted(self, message: Acted) -> None:
        self.acted(message)
        self.refresh_bindings()
