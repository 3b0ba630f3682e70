"""Whether a screen or a pane can be drawn on: while the app ends, timers and answers come when its parts are gone."""

from textual.widget import Widget


def stands(node: Widget) -> bool:
    """Whether `node` is on the screen, and what it is made of as well."""
    return node.is_attached and bool(node.children)
