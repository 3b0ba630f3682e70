"""What watching needs of others, and what front ends need of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bulltui.domain.alert import Alert, Delivery, Mute, Rule
from bulltui.domain.charting import Ask, Chart, Mark
from bulltui.domain.point import Flow, OfName, Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.services.watch.job_counts import NameCounts

STEP_MS = 10_000
"""The shortest span of the history."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a step of the history adds: a point of each queue of which anything was seen, all with the same `at_ms`, a
    multiple of `STEP_MS`; jobs by name; and how far each queue's events were read, which belongs to it: what is behind
    these places is in no point yet."""

    at_ms: int
    points: Mapping[QueueRef, Point] = field(default_factory=dict)
    names: Mapping[tuple[QueueRef, str], OfName] = field(default_factory=dict)
    cursors: Mapping[QueueRef, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryState:
    """How the history is. `leads`: this process writes it, else `writer` says who does. `problem` is a sentence where
    it cannot be written (points are kept in memory meanwhile, as far as these go) or read. Times in epoch ms."""

    where: str = ""
    leads: bool = False
    writer: str = ""
    first_ms: int | None = None
    last_ms: int | None = None
    bytes: int = 0
    problem: str = ""
    hint: str = ""


class HistoryStore(Protocol):
    """The history of one server on this machine. Refs have no server label in it. Several processes may have it open;
    one writes. Each call raises a BulltuiError with a sentence where the file cannot be used."""

    async def lead(self) -> bool:
        """Whether this process writes; takes over where nobody does."""

    async def write(self, written: Written) -> None:
        """Adds a step, all of it or nothing, and rolls up and drops what its tier no longer keeps. A step that is there
        is added to. Only for the one that leads."""

    async def fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int) -> None:
        """Adds what is known of the time before anything was written of the queue, oldest first, in steps of a minute
        or an hour; where there is anything already that stays as it is."""

    async def cursors(self) -> dict[QueueRef, str]:
        """How far the events of each queue were read."""

    async def points(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int, step_ms: int, *, timings: bool
    ) -> list[Point | None]:
        """The queues together (None: all there are), a point for each step, None where there is none. Without `timings`
        the sketches are left out."""

    async def each(self, start_ms: int, end_ms: int, *, timings: bool) -> dict[QueueRef, Point]:
        """Each queue by itself over one span, those of which anything is known."""

    async def names(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int
    ) -> dict[tuple[QueueRef, str], OfName]:
        """Jobs by queue and name, in steps of an hour: a span begins and ends with whole ones."""

    async def state(self) -> HistoryState:
        """How it is."""

    async def close(self) -> None:
        """Ends it; another process may write then."""


class HistorySource(Protocol):
    """What charts and reports are read from: files of one server or several, or a Prometheus server. Refs have the
    labels of their servers. Raises a BulltuiError with a sentence."""

    async def chart(self, ask: Ask) -> Chart:
        """The lines that are asked for."""

    async def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        """Each queue by itself over one span, with its durations as far as they are known."""

    async def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        """Jobs by queue and name over a span."""

    async def state(self) -> HistoryState:
        """How it is."""


class Recent(Protocol):
    """What was seen lately by this process, without reading anything."""

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        """A queue (None: all) over the last seconds, up to an hour; what is known of them where that is less."""

    def flow(self, ref: QueueRef | None, seconds: float) -> Flow:
        """What moved through it alone, which costs much less."""

    def still(self, ref: QueueRef, seconds: float) -> bool:
        """Whether it is known without a look that nothing moved through it: `over` has no flow and no durations then.
        False says nothing."""

    def covers(self, ref: QueueRef | None) -> float:
        """How many of the last seconds are known."""


class Counted(Protocol):
    """What moved since this process began; any thread may ask. Refs have the labels of their servers."""

    @property
    def flows(self) -> Mapping[QueueRef, Flow]:
        """What moved through each queue."""

    @property
    def jobs(self) -> Mapping[tuple[QueueRef, str, str], NameCounts]:
        """Jobs that ended, by queue, name and result."""


class Listener(Protocol):
    """Who is told of each refresh."""

    def tell(self, snapshot: Snapshot) -> None:
        """A refresh; quick, as it is called within it."""

    async def run(self) -> None:
        """Does what takes longer, until cancelled."""


class Watch(Protocol):
    """What goes on while somebody watches: the history is written, alerts are looked for, people are told."""

    @property
    def recent(self) -> Recent:
        """What was seen lately."""

    @property
    def counted(self) -> Counted:
        """What moved since the start."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences about what cannot be done of it now, such as that the disk is full."""

    async def run(self) -> None:
        """Watches until cancelled. What fails is told in `problems` and tried again; it never raises for that."""


class AlertBoard(Protocol):
    """Alerts, as screens and commands see them, whichever process looks for them."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What is watched for."""

    async def watched(self) -> bool:
        """Whether some process looks for alerts of each server now: else what it says is of an earlier time."""

    async def alerts(self) -> list[Alert]:
        """Those that are pending or firing, the worst first."""

    async def past(self, *, since_ms: int = 0, limit: int = 1000) -> list[Alert]:
        """Those that have fired and ended, the newest first."""

    async def deliveries(self, limit: int = 200) -> list[Delivery]:
        """What became of telling it, the newest first."""

    async def mutes(self) -> list[Mute]:
        """Those that hold now."""

    async def mute(self, mute: Mute) -> Mute:
        """Mutes; the number is given."""

    async def unmute(self, number: int) -> bool:
        """Takes a mute back; False where there is none."""

    async def test(self, way: str = "") -> list[Delivery]:
        """Sends a trial message to a way of delivery, or to all, once, and says what became of it."""


class Marks(Protocol):
    """What happened, for charts and reports."""

    async def marks(self, start_ms: int, end_ms: int) -> list[Mark]:
        """Actions of ours and alerts in a span, the oldest first."""


__all__ = [
    "STEP_MS",
    "AlertBoard",
    "Counted",
    "HistorySource",
    "HistoryState",
    "HistoryStore",
    "Listener",
    "Marks",
    "Recent",
    "Watch",
    "Written",
]
