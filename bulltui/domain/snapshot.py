"""All queues at one instant, as every screen, command and exporter sees them."""

from dataclasses import dataclass, field
from enum import StrEnum

from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.server import ServerInfo
from bulltui.domain.vitals import Vitals


class Link(StrEnum):
    """How the connection is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    SLOW = "slow"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Health:
    """The connection now. `since_ms` and `next_try_ms` are epoch ms; `message` and `hint` say what is wrong."""

    link: Link = Link.CONNECTING
    latency_ms: float | None = None
    since_ms: int = 0
    next_try_ms: int | None = None
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """How far the search for queues is. `finished_at` (epoch ms) is when it last went through all keys; `problem` is
    the sentence why it cannot, or why queues are left out. `unasked` says that these are all of a server, which told
    nothing; without it they are what the user may not see."""

    running: bool = False
    scanned: int = 0
    found: int = 0
    finished_at: int | None = None
    other_prefixes: tuple[str, ...] = ()
    problem: str = ""
    unasked: bool = False

    @property
    def missing(self) -> str:
        """Why all of a server is left out, empty where none is."""
        return self.problem if self.unasked else ""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue with what only time or other sources tell.

    `workers` is None while unknown. `trend` is jobs finished per minute, oldest first. `read_at` (epoch ms) is when the
    counts were read: queues that nobody looks at are read less often; 0 where it is the snapshot's `taken_at`.
    """

    queue: Queue
    rates: Rates = Rates()
    workers: int | None = None
    trend: tuple[float, ...] = ()
    read_at: int = 0

    @property
    def ref(self) -> QueueRef:
        """Which queue."""
        return self.queue.ref

    @property
    def lacks_worker(self) -> bool:
        """Whether jobs wait or run and nobody is connected to do them."""
        counts = self.queue.counts
        return self.workers == 0 and not self.queue.paused and bool(counts.ready or counts.active)


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server of those shown: its label, its address without secrets, and what a snapshot says of it alone.
    `server_at` (epoch ms) is when `server` was read, 0 where it never was."""

    label: str
    address: str
    taken_at: int = 0
    server: ServerInfo | None = None
    health: Health = Health()
    discovery: Discovery = Discovery()
    vitals: Vitals = Vitals()
    workers_problem: str = ""
    server_at: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One refresh. `taken_at` (epoch ms) is when the counts were read, 0 before the first read; after a failed refresh
    the rows and `taken_at` stay those of the last good one. `server_at` is when `server` was read, which has its own
    pace; 0 where it never was.

    `servers` has each server by itself, one where only one is shown. Of several, `server` is the first one's, `health`
    the worst of all, `taken_at` the oldest, `discovery` their sum, and the rows are those of all."""

    seq: int = 0
    taken_at: int = 0
    rows: tuple[QueueRow, ...] = ()
    server: ServerInfo | None = None
    health: Health = Health()
    discovery: Discovery = Discovery()
    workers_problem: str = ""
    vitals: Vitals = Vitals()
    servers: tuple[ServerState, ...] = ()
    server_at: int = 0
    totals: Counts = field(init=False)

    def __post_init__(self) -> None:
        columns = zip(*(row.queue.counts.as_tuple() for row in self.rows), strict=True)
        object.__setattr__(self, "totals", Counts(*map(sum, columns)))

    def row(self, ref: QueueRef) -> QueueRow | None:
        """The row of a queue, None when it is not there."""
        return next((row for row in self.rows if row.ref == ref), None)


EMPTY = Snapshot()
