"""Tells of alerts: takes from the file what waits, sends it, and writes down what became of it.

What goes together in a message is written down before it is sent. A message of which nobody knows whether it arrived is
sent again with the same id and the same transitions, so that whoever receives it can tell; one that was taken is never
sent again.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.alert import Delivery, Phase
from bulltui.domain.errors import BulltuiError
from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.services.protocols import Clock
from bulltui.services.waiting import wait_any
from bulltui.services.watch.messages import message_id, message_of, trial_of
from bulltui.services.watch.outlets import AlertStore, Due, Message, NotSentError, Outlet

MOST = 200
"""So many transitions go in one message."""

GIVE_UP_MS = 7 * 86_400_000
"""What could not be sent for so long is given up."""

REFUSALS = 5
"""What was refused so often is given up: it would be again."""

LONGEST_S = 3600.0
EAGER_S = 30.0
"""New alerts have what failed tried again at once, but not more often than this."""

_MINUTE_MS = 60_000
_GRACE_S = 2.0
_IDLE_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited, in seconds: for what goes together, and after the first failure; the next ones double it."""

    group_s: float = 10.0
    again_s: float = 2.0
    longest_s: float = LONGEST_S
    eager_s: float = EAGER_S


USUAL = Pace()


class Teller:
    """Sends to the ways of delivery, each by itself. `run` until cancelled; `news` when something was written down."""

    def __init__(
        self, store: AlertStore, outlets: Sequence[Outlet], clock: Clock, server: str, pace: Pace = USUAL
    ) -> None:
        self._store = store
        self._clock = clock
        self._server = server
        self._pace = pace
        self._ways = [_Way(outlet) for outlet in outlets]

    @property
    def problems(self) -> tuple[str, ...]:
        """What cannot be told now."""
        return tuple(way.problem for way in self._ways if way.problem)

    def news(self) -> None:
        """Something waits."""
        for way in self._ways:
            way.news.set()

    async def run(self) -> None:
        """Tells until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for way in self._ways:
                tasks.create_task(self._serve(way))

    async def _serve(self, way: "_Way") -> None:
        while True:
            way.news.clear()
            try:
                pause = await self._turn(way)
            except BulltuiError as error:  # the file; what was sent is remembered until it can be written down
                way.problem = error.message
                pause = self._pace.eager_s / 3
            await wait_any(min(pause, _IDLE_S), way.news) if pause > 0 else await asyncio.sleep(0)

    async def _turn(self, way: "_Way") -> float:
        """Sends one message, if there is one. How long to wait before the next look."""
        if way.outcome is not None:
            await self._note(way)
        outlet, now = way.outlet, self._clock.now_ms()
        due = await self._store.due(self._server, outlet.name, round(self._pace.group_s * 1000), MOST)
        if due is None:
            return _IDLE_S
        eager = way.last_ms + round(self._pace.eager_s * 1000)
        at = min(due.at_ms, max(due.eager_ms, eager, way.not_before_ms)) if due.eager_ms else due.at_ms
        if at > now:
            return (at - now) / 1000
        times = await self._store.sent_at(outlet.name, now - _MINUTE_MS)
        if len(times) >= outlet.per_minute:
            return max(0.05, (times[-outlet.per_minute] + _MINUTE_MS - now) / 1000)
        way.last_ms = now
        number = due.message or message_id(outlet.name, due.transitions)
        await self._store.begin(outlet.name, number, [one.id for one in due.transitions], now)
        try:
            await way.send(message_of(number, due.transitions, self._server, now))
        except NotSentError as error:
            way.problem = f"{outlet.name}: {error.problem}"
            way.outcome = self._after(due, number, error)
            way.not_before_ms = self._clock.now_ms() + round(min(error.after_s, self._pace.longest_s) * 1000)
        else:
            way.problem = ""
            way.outcome = _Outcome(number, "sent")
        await self._note(way)
        return 0.0

    def _after(self, due: Due, number: str, error: NotSentError) -> "_Outcome":
        now, tries = self._clock.now_ms(), due.tries + 1
        if (error.refused and tries >= REFUSALS) or now - due.since_ms > GIVE_UP_MS:
            return _Outcome(number, "given-up", 0, error.problem)
        pause = min(self._pace.longest_s, self._pace.again_s * 2 ** min(tries - 1, 30)) * random.uniform(0.8, 1.2)  # noqa: S311
        pause = max(pause, min(error.after_s, self._pace.longest_s))
        return _Outcome(number, "waiting", now + round(pause * 1000), error.problem)

    async def _note(self, way: "_Way") -> None:
        """Writes down what became of a message; it stays in mind until it is."""
        found = way.outcome
        if found is not None:
            await self._store.outcome(
                way.outlet.name,
                found.message,
                found.state,
                self._clock.now_ms(),
                next_ms=found.next_ms,
                problem=found.problem,
            )
            way.outcome = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    message: str
    state: str
    next_ms: int = 0
    problem: str = ""


class _Way:
    """An outlet, and how it is going."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self.problem = ""
        self.last_ms = 0
        self.not_before_ms = 0
        self.outcome: _Outcome | None = None
        self.news = asyncio.Event()
        self._thread: threading.Thread | None = None

    async def send(self, message: Message) -> None:
        """Sends in a thread that does not keep the process from ending, and for which nobody waits longer than it may
        take. Raises NotSentError, whatever went wrong."""
        if self._thread is not None and self._thread.is_alive():
            raise NotSentError("The last try still runs.")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[NotSentError | None] = loop.create_future()
        self._thread = threading.Thread(
            target=_send, args=(self.outlet, message, loop, done), daemon=True, name="telling of an alert"
        )
        self._thread.start()
        limit_s = self.outlet.timeout_s + _GRACE_S
        try:
            async with asyncio.timeout(limit_s):
                failed = await done
        except TimeoutError:
            raise NotSentError(f"It was not done within {limit_s:g} s.") from None
        if failed is not None:
            raise failed


def _send(
    outlet: Outlet, message: Message, loop: asyncio.AbstractEventLoop, done: "asyncio.Future[NotSentError | None]"
) -> None:
    result = None
    try:
        outlet.send(message)
    except NotSentError as error:
        result = error
    except Exception as error:
        said = visible(hidden(f"{type(error).__name__}: {error}"))[:300].rstrip(".: ")
        result = NotSentError(f"It failed in an unexpected way: {said}.")

    def settle() -> None:
        if not done.done():
            done.set_result(result)

    with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody asks any more
        loop.call_soon_threadsafe(settle)


async def try_out(outlets: Sequence[Outlet], server: str, clock: Clock) -> list[Delivery]:
    """Sends a trial message to each, once, and says what became of it."""
    return list(await asyncio.gather(*(_try_one(outlet, server, clock) for outlet in outlets)))


async def _try_one(outlet: Outlet, server: str, clock: Clock) -> Delivery:
    now = clock.now_ms()
    message = trial_of(server, now)
    try:
        await _Way(outlet).send(message)
    except NotSentError as error:
        return Delivery(message.id, Phase.FIRING, outlet.name, "given-up", now, 1, error.problem)
    return Delivery(message.id, Phase.FIRING, outlet.name, "sent", now, 1)
