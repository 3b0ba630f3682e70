"""The keys that apply now, from the bindings that are active, most useful first; what has no room is left out."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from bulltui.domain.registry import BY_ID, Action, key_name
from bulltui.tui.keymap import order_of
from bulltui.tui.panes.lines import Lines
from bulltui.tui.screens.acting_screen import ActingScreen
from bulltui.tui.themes import StyleLike
from bulltui.tui.widgets.cells import width_of

LAST = ("help", "quit")
"""Always shown, at the right end."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does; `action` and `node` to run it on a click."""

    id: str
    key: str
    label: str
    action: str
    node: DOMNode

    @property
    def width(self) -> int:
        """Cells it takes, with the gap after it."""
        return width_of(self.key) + 1 + width_of(self.label) + 2


def active_hints(screen: Screen[object]) -> list[Hint]:
    """The actions of the registry whose keys work now and that belong in a footer."""
    hints: dict[str, Hint] = {}
    for active in screen.active_bindings.values():
        action = BY_ID.get(active.binding.id or "")
        if action is None or not action.footer or not active.enabled or action.id in hints:
            continue
        if isinstance(screen, ActingScreen) and not screen.offers(action):
            continue
        hints[action.id] = Hint(
            action.id,
            key_name(active.binding.key),
            _label(active.binding, action, active.node),
            active.binding.action,
            active.node,
        )
    return sorted(hints.values(), key=lambda hint: order_of(hint.id))


def _label(binding: Binding, action: Action, node: DOMNode) -> str:
    """What the key does here. A widget may say it better than the registry (`clear` for `back` in a filter); widgets
    that know nothing of the registry describe theirs with a capital letter."""
    if isinstance(node, ActingScreen):
        return node.label_of(action)
    said = binding.description
    return said if said and said[0].islower() else action.label


def fitting(hints: list[Hint], width: int) -> list[Hint]:
    """Those that there is room for in `width` cells, in order, the last ones always."""
    last = [hint for hint in hints if hint.id in LAST]
    room = width - 1 - sum(hint.width for hint in last)
    shown = []
    for hint in hints:
        if hint.id in LAST:
            continue
        if hint.width > room:
            break
        room -= hint.width
        shown.append(hint)
    return [*shown, *last]


class Footer(Lines):
    """The line at the bottom."""

    DEFAULT_CSS = """
    Footer { height: 1; background: $footer-background; color: $footer-description-foreground; }
    Footer > .footer--key { color: $footer-key-foreground; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key"}

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._hints: list[Hint] = []
        self._following = False

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._follow_soon()

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self._follow_soon()

    def _follow_soon(self) -> None:
        """Once, however many bindings change until then: a key often moves focus, cursor and pane."""
        if not self._following:
            self._following = True
            if not self.call_after_refresh(self._follow_now):
                self._following = False

    def _follow_now(self) -> None:
        self._following = False
        self.follow()

    def on_resize(self, event: events.Resize) -> None:
        """Show what there is room for."""
        self.follow()

    def follow(self) -> None:
        """Show the keys that apply now."""
        if not self.is_attached:
            return  # asked for before its screen went away
        self._hints = fitting(active_hints(self.screen), self.size.width)
        key_style = self.get_component_rich_style("footer--key", partial=True)
        line: list[tuple[str, StyleLike]] = [(" ", "")]
        for hint in self._hints:
            line += [(hint.key, key_style), (f" {hint.label}  ", "")]
        self.show([line])

    async def on_click(self, event: events.Click) -> None:
        """Do what is written there."""
        x = event.x - 1
        for hint in self._hints:
            if 0 <= x < hint.width - 2:
                app: App[object] = self.app
                await app.run_action(hint.action, default_namespace=hint.node)
                return
            x -= hint.width
