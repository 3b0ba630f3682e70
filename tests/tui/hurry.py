"""What a test leaves out of Textual, since nobody sits before the screen: to wait for the processor to be idle, to read
the same style sheets again for each app, and to paint frames that are painted over before anybody looks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from unittest.mock import patch

from textual._queue import Queue
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot, WaitForScreenTimeout
from textual.screen import Screen

MOMENT = 0.001  # a pause without it waits for the processor to be idle, which takes far longer
_PATIENCE_S = 30.0
_TURNS = 30  # of the loop, in which most is done; what takes longer waits for something else
_parse = Stylesheet._parse_rules
_paint = Screen._compositor_refresh
_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


async def _moment(*_: float) -> None:
    await asyncio.sleep(MOMENT)


def at_rest(pump: MessagePump) -> bool:
    """Whether a widget, screen or app has done all that it was told. At rest it waits for the next message."""
    if pump._closed or not pump._running:
        return pump._task is None or pump._task.done()
    queue = cast("Queue[Message | None]", pump._message_queue)
    return queue.empty() and pump._pending_message is None and bool(queue.ready_event._waiters)


def all_at_rest(app: App[Any]) -> bool:
    """Whether the app, the screen on top and all that is on it are at rest."""
    if not app.screen_stack:
        return True
    if app._resize_event is not None:
        return False  # it waits for further ones, as from a hand that drags
    return at_rest(app) and all(map(at_rest, app.screen.walk_children(with_self=True)))


async def _wait_for_screen(self: Pilot[Any], timeout: float = _PATIENCE_S) -> bool:
    """As Textual's, which sends a message to each widget to hear of it when its turn has come: most of all messages of
    a test were these."""
    loop = asyncio.get_running_loop()
    deadline, turns = loop.time() + timeout, 0
    await asyncio.sleep(0)
    app: App[Any] = self.app
    failed = cast("asyncio.Event", vars(app)["_exception_event"])
    while not failed.is_set() and not all_at_rest(app):
        if loop.time() > deadline:
            raise WaitForScreenTimeout("Timed out while waiting for widgets to process pending messages.")
        turns += 1
        await asyncio.sleep(0 if turns < _TURNS else MOMENT)
    return not failed.is_set()


def _parse_once(self: Stylesheet, *words: Any, **options: Any) -> list[RuleSet]:
    """Rules are the same for the same text and the same colours, whichever app they are for."""
    key = (words, tuple(options.items()), tuple(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse(self, *words, **options)
    return _parsed[key]


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Without waits for the processor, and with style sheets that are read once."""
    with (
        patch("textual.app.wait_for_idle", _moment),
        patch("textual.pilot.wait_for_idle", _moment),
        patch.object(Pilot, "_wait_for_screen", _wait_for_screen),
        patch.object(Stylesheet, "_parse_rules", _parse_once),
    ):
        yield


@asynccontextmanager
async def hurried() -> AsyncIterator[None]:
    """The same beside other contexts of a test."""
    with in_a_hurry():
        yield


def _paint_later(self: Screen[Any]) -> None:
    """What is to be painted stays marked as such in the compositor."""
    if self is not self.app.screen:
        _paint(self)
        return
    self._dirty_widgets.clear()
    self.app._update_mouse_over(self)


@asynccontextmanager
async def painted_at_the_end() -> AsyncIterator[None]:
    """As `hurried`, and the screen is painted when `paint` says so."""
    async with hurried():
        with patch.object(Screen, "_compositor_refresh", _paint_later):
            yield


def paint(app: App[Any]) -> None:
    """Paint what changed since the last time, as the terminal would have got it."""
    if app.screen_stack and app._running and app.screen._compositor._dirty_regions:
        _paint(app.screen)
