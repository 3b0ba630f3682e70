"""Lends the terminal to another program and takes it back, and has it tell of something outside of its window."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from textual.app import App

from bulltui.domain.text import visible

_LONGEST = 200


@contextmanager
def lent(app: App[Any]) -> Iterator[None]:
    """The terminal is free meanwhile. Raises SuspendNotSupported where it cannot be lent.

    The loop goes on, so that connections live; nothing may be painted over the other program. Its ctrl+c reaches us as
    well and must not end us; a handler, unlike ignoring, is not passed on to it.
    """
    with app.suspend(), app.batch_update():
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
    app.refresh()


def notification(title: str, text: str, environment: Mapping[str, str] = os.environ) -> str:
    """What a terminal shows as a notification of the desktop: OSC 9, or OSC 777 where that is what it knows. A terminal
    that knows neither shows nothing of it. Within tmux it is handed through, if tmux is set to allow that."""
    said = visible(f"{title}: {text}")[:_LONGEST]
    body = f"9;bulltui {said}"
    if environment.get("VTE_VERSION") or environment.get("TERM", "").startswith(("foot", "rxvt", "contour")):
        body = f"777;notify;bulltui;{said.replace(';', ',')}"
    osc = f"\x1b]{body}\x07"
    if not environment.get("TMUX"):
        return osc
    return "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def ring(app: App[Any], title: str, text: str) -> None:
    """The bell, and a notification where the terminal has these. Nothing where there is no terminal."""
    driver = app._driver
    if driver is None or app.is_headless:
        return
    app.bell()
    driver.write(notification(title, text))
