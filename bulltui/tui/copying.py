"""Copying a text to the clipboard, and saying so."""

from textual.screen import Screen

from bulltui.domain.text import valid_unicode


def copy(screen: Screen[object], what: str, text: str) -> None:
    """Copy `text`, which is called `what`, such as `the job id`."""
    screen.app.copy_to_clipboard(valid_unicode(text))
    screen.notify(f"Copied {what}.", markup=False, timeout=2)
