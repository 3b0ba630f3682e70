"""What telling of alerts needs of those who carry it out: ways of delivery, and a place where it is written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bulltui.domain.alert import Alert, Delivery, Mute, Severity
from bulltui.domain.alert_states import Track, Transition
from bulltui.domain.jsontext import Json
from bulltui.domain.queue import QueueRef

TERMINAL = "terminal"
"""The way that is always there: whoever looks at a screen."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent in one go to one way: some transitions, the oldest first. `id` is the same each time that it is
    sent, as are those of the transitions. `title` is a line, `text` one for each alert, at most; `document` all of it
    for programs. `trial`: somebody tries whether it arrives."""

    id: str
    title: str
    text: str
    transitions: tuple[Transition, ...] = ()
    document: Mapping[str, Json] = field(default_factory=dict)
    trial: bool = False


class NotSentError(Exception):
    """It did not arrive, as far as is known. `problem` is a sentence without secrets; `refused`: it was understood and
    refused, so that to send the same again is of little use; `after_s`: not to be asked again before."""

    def __init__(self, problem: str, *, refused: bool = False, after_s: float = 0.0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.refused = refused
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Outlet:
    """A way of delivery. `send` blocks, is called in a thread of its own, and raises NotSentError; no severities are
    all. `per_minute` bounds the messages, `timeout_s` is how long one may take."""

    name: str
    kind: str
    send: Callable[[Message], None]
    severities: frozenset[Severity] = frozenset()
    per_minute: int = 10
    timeout_s: float = 10.0

    def takes(self, severity: Severity) -> bool:
        """Whether it is told of alerts this bad."""
        return not self.severities or severity in self.severities


@dataclass(frozen=True, slots=True)
class Known:
    """What was written down of alerts: what is remembered of each rule about each queue (None: the server), by rule and
    queue, and who was told of those that are not settled: pairs of the id of a transition and a way."""

    tracks: Mapping[tuple[str, QueueRef | None], Track] = field(default_factory=dict)
    unsettled: tuple[Alert, ...] = ()
    told: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What is written down at once. `tracks` are by rule and queue; `telling` are the ways that each transition is to
    be told to; `settled` the ids of alerts of which nothing is to be told any more; `ended_mutes` the mutes that are
    over."""

    tracks: Mapping[tuple[str, QueueRef | None], Track] = field(default_factory=dict)
    transitions: Sequence[Transition] = ()
    telling: Sequence[tuple[Transition, str]] = ()
    settled: Sequence[str] = ()
    ended_mutes: Sequence[int] = ()
    at_ms: int = 0

    def __bool__(self) -> bool:
        return bool(self.tracks or self.transitions or self.telling or self.settled or self.ended_mutes)


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for a way: transitions that go together from `at_ms` on (epoch ms), with the id of their message where
    they were tried before, how often, and since when the oldest waits. `eager_ms`: from then on others wait behind it,
    0 where none do."""

    transitions: tuple[Transition, ...]
    at_ms: int
    since_ms: int
    eager_ms: int = 0
    message: str = ""
    tries: int = 0


class AlertStore(Protocol):
    """Alerts of one server on this machine. Refs have no server label in it. Several processes may have it open; one
    looks for alerts and tells of them. Each call raises a BulltuiError with a sentence where the file cannot be used;
    `server` is what the server is called in what is read."""

    @property
    def notice(self) -> str:
        """A sentence about what happened to the file, empty where nothing did."""

    async def lead(self) -> bool:
        """Whether this process looks for alerts; takes over where nobody does."""

    async def led(self) -> bool:
        """Whether some process looks for alerts now, this one or another."""

    async def known(self, server: str) -> Known:
        """What was written down before."""

    async def save(self, changes: Changes) -> None:
        """Writes all of it, or nothing."""

    async def due(self, server: str, way: str, group_ms: int, most: int) -> Due | None:
        """What is to be sent to a way next: first what was tried before, else all that waits, at most so many, once
        the oldest of it has waited for `group_ms`. None where there is nothing."""

    async def begin(self, way: str, message: str, transitions: Sequence[str], now_ms: int) -> None:
        """Notes that these go together in a message, before it is sent."""

    async def sent_at(self, way: str, since_ms: int) -> list[int]:
        """When messages were sent or tried to a way since then, the oldest first."""

    async def outcome(
        self, way: str, message: str, state: str, now_ms: int, *, next_ms: int = 0, problem: str = ""
    ) -> None:
        """Notes what became of a message: `sent`, `waiting` for another try at `next_ms`, or `given-up`."""

    async def alerts(self, server: str) -> list[Alert]:
        """Those that are pending or firing."""

    async def past(self, server: str, since_ms: int, limit: int) -> list[Alert]:
        """Those that fired and ended, the newest first."""

    async def deliveries(self, limit: int) -> list[Delivery]:
        """The newest first."""

    async def mutes(self) -> list[Mute]:
        """Those that have not been ended, by number; time alone does not end them here."""

    async def mute(self, mute: Mute) -> bool:
        """Adds one under its number; False where that is taken."""

    async def next_mute(self) -> int:
        """A number that no mute had yet."""

    async def unmute(self, number: int, now_ms: int) -> bool:
        """Ends a mute; False where there is none."""

    async def close(self) -> None:
        """Ends it; another process may look for alerts then."""
