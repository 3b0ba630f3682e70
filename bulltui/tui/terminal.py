"""Lends the terminal to another program, and takes it back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App


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
