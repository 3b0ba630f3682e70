"""The keys that move in a list or a text: the same in every widget, changed together by one entry of the keymap."""

from textual.binding import Binding, BindingType


def _nav(keys: str, action: str, description: str) -> Binding:
    return Binding(keys, action, description, show=False, id=f"nav.{action.replace('_', '-')}")


NAV_BINDINGS: list[BindingType] = [
    _nav("up,k", "up", "Up"),
    _nav("down,j", "down", "Down"),
    _nav("pageup", "page_up", "Page up"),
    _nav("pagedown", "page_down", "Page down"),
    _nav("ctrl+u", "half_up", "Half a page up"),
    _nav("ctrl+d", "half_down", "Half a page down"),
    _nav("home,g", "first", "First"),
    _nav("end,G", "last", "Last"),
]
