"""A report: what became of queues over a day or a week, beside the time before. Plain values, to be written in any
form."""

from collections.abc import Mapping
from dataclasses import dataclass

from bulltui.domain.alert import Severity, Watched
from bulltui.domain.charting import Chart, Mark
from bulltui.domain.history import Deed
from bulltui.domain.queue import QueueRef
from bulltui.domain.report_period import Period


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took: of so many, in ms, None of none."""

    total: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What moved over a span, and how it stood at its end. `known`: anything was seen of it at all. `waiting` (jobs
    that could run) is that of the last look, `waiting_max` and `oldest_ms` (how long the job that runs next had been
    there) those of the worst one, None where nobody looked. `estimated` of completed and failed follow from counts;
    `lost` events at least were not seen."""

    known: bool = False
    added: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    stalled: int = 0
    estimated: int = 0
    lost: int = 0
    wait: Times = Times()
    run: Times = Times()
    waiting: int | None = None
    waiting_max: int | None = None
    oldest_ms: int | None = None

    @property
    def finished(self) -> int:
        """Jobs that ended, well or not."""
        return self.completed + self.failed

    @property
    def failure_share(self) -> float | None:
        """Which part of the jobs that ended failed, 0 to 1; None where none ended."""
        return self.failed / self.finished if self.finished else None


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue over the period and over the one before, None where nothing is known of it then."""

    ref: QueueRef
    now: Tally
    before: Tally | None = None


@dataclass(frozen=True, slots=True)
class NameLine:
    """Jobs of a name in a queue."""

    ref: QueueRef
    name: str
    completed: int
    failed: int
    run: Times
    wait: Times
    run_before: Times | None = None


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """Failed jobs that failed for the same reason: how many in the period and in the one before, None where that was
    not counted to its end. `sample` is the message of the newest one. Times in epoch ms."""

    key: str
    title: str
    frame: str
    count: int
    before: int | None
    queues: Mapping[QueueRef, int]
    names: Mapping[str, int]
    first_ms: int | None
    last_ms: int | None
    sample: str
    sample_id: str
    sample_ref: QueueRef | None


@dataclass(frozen=True, slots=True)
class Errors:
    """The failed jobs that are kept, by their error: of so many `kinds` the most frequent. `examined` of `total` were
    looked at; `whole` says that these were all. `asked` is False where the server could not be."""

    groups: tuple[ErrorLine, ...] = ()
    examined: int = 0
    total: int = 0
    unread: int = 0
    whole: bool = True
    asked: bool = True
    kinds: int = 0


@dataclass(frozen=True, slots=True)
class AlertLine:
    """What a rule found of a queue or a server: how often it began to fire in the period, how long it fired within it
    in all (ms), when it began last (epoch ms), and whether it still fires."""

    rule: str
    watched: Watched
    severity: Severity
    ref: QueueRef | None
    server: str
    times: int
    lasted_ms: int
    last_ms: int
    firing: bool
    worst: float
    threshold: float
    text: str

    @property
    def subject(self) -> str:
        """What it is about, as people name it."""
        return self.server if self.ref is None else self.ref.shown


@dataclass(frozen=True, slots=True)
class DeedLine:
    """Something that was changed from here, and on which server: its label, empty where only one is shown, and its
    address."""

    deed: Deed
    label: str
    address: str

    @property
    def server(self) -> str:
        """The server, as people name it."""
        return self.label or self.address


@dataclass(frozen=True, slots=True)
class ServerLine:
    """A server: its label, empty where only one is shown, its address without secrets, what it says it is, and why it
    does not answer."""

    label: str
    address: str
    software: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A queue that needs a hand at the time of the report: `paused`, or with jobs and without workers."""

    ref: QueueRef
    paused: bool
    no_workers: bool
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class Charts:
    """Lines of all queues of the report together, those of the time before, and what happened meanwhile."""

    now: Chart
    before: Chart | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `before` and what else is of the time before is None where that is not known well enough to compare.
    `queues` are all of which anything is known, in the order of their names; `standing` those to look after now, None
    where the server was not asked; `alerts` and `deeds` are None where they could not be read. `missing` are sentences
    about what should be there and is not, such as a server that does not answer; `notes` about how far what is there
    goes. `covered` is which part of the period is known at all, 0 to 1."""

    period: Period
    made_ms: int
    version: str
    total: Tally
    before: Tally | None = None
    globs: tuple[str, ...] = ()
    servers: tuple[ServerLine, ...] = ()
    queues: tuple[QueueLine, ...] = ()
    names: tuple[NameLine, ...] = ()
    errors: Errors = Errors()
    alerts: tuple[AlertLine, ...] | None = ()
    deeds: tuple[DeedLine, ...] | None = ()
    standing: tuple[StandingLine, ...] | None = None
    charts: Charts | None = None
    covered: float = 1.0
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def several(self) -> bool:
        """Whether it is about several servers."""
        return len(self.servers) > 1
