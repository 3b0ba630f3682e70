"""Queues and servers of which everything is known, so that each metric has a sample, and an endpoint on them."""

import contextlib
import http.client
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from prometheus_client.core import Metric as Told
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parsed_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parsed_text

from bulltui.config.watching import MetricsSettings
from bulltui.domain.alert import Alert, Phase, Rule, Severity, Watched
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.metric import COMPAT
from bulltui.domain.outcome import Outcome
from bulltui.domain.point import Flow, Point
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.rates import Rates
from bulltui.domain.server import ServerInfo
from bulltui.domain.sketch import sketch_of
from bulltui.domain.snapshot import Health, Link, QueueRow, ServerState, Snapshot
from bulltui.domain.vitals import BUCKETS_MS, CacheStats, CallStats, Vitals
from bulltui.metrics.gather import Server, Source
from bulltui.metrics.serving import metrics_server
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.counters import Counters
from bulltui.services.watch.protocols import HistoryState
from tests.fake_watch import FakeAlerts, FakeHistory, FakeRecent, FakeWatch

ALL = tuple(family.value for family in COMPAT)
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
MAIL = QueueRef("bull", "mail")
IMAGES = QueueRef("bull", "images")


def queue(ref: QueueRef = MAIL, now_ms: int = 0, layout: Layout = Layout.V5) -> Queue:
    """A queue of which each number is another one."""
    return Queue(
        ref,
        Counts(11, 2, 3, 4, 5, 60, 7, 8),
        LayoutVerdict(layout),
        paused=True,
        concurrency=9,
        limit=RateLimit(10, 2000, 10, 1500),
        completed_total=100,
        failed_total=20,
        schedulers=2,
        oldest_waiting_at=now_ms - 90_000,
        next_run_at=now_ms - 30_000,
        stalled=1,
    )


def calls(times: int = 1) -> CallStats:
    """Four calls, of which one failed and one took longer than any bucket; so many times."""
    counts = [0] * (len(BUCKETS_MS) + 1)
    counts[0], counts[3], counts[-1] = 2 * times, times, times
    return CallStats(4 * times, times, 3010.0 * times, 3000.0, tuple(counts))


@dataclass
class Scene:
    """A server, or several by their labels, with the rows that a test gives them."""

    labels: tuple[str, ...] = ("",)
    clock: SystemClock = field(default_factory=SystemClock)
    bus: Bus = field(default_factory=Bus)
    counters: Counters = field(default_factory=Counters)
    watch: FakeWatch = field(default_factory=FakeWatch)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    history: FakeHistory = field(default_factory=FakeHistory)
    refresh_s: float = 2.0
    buses: dict[str, Bus] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.buses = {label: Bus() for label in self.labels}

    @property
    def source(self) -> Source:
        """What an endpoint is given."""
        servers = tuple(Server(label, "redis://x", bus, self.refresh_s) for label, bus in self.buses.items())
        return Source(self.clock, self.bus, servers, self.counters.snapshot, self.watch, self.alerts, self.history)

    def publish(
        self, rows: Sequence[QueueRow], *, age_ms: int = 0, health: Health | None = None, times: int = 1
    ) -> None:
        """A refresh of all servers."""
        at = self.clock.now_ms() - age_ms
        health = health or Health(Link.ONLINE, 1.5, at)
        for label, bus in self.buses.items():
            own = tuple(row for row in rows if row.ref.server == label)
            state = ServerState(label, "redis://x", at, info(), health, vitals=vitals(times))
            bus.publish(Snapshot(bus.last.seq + 1, at, own, info(), health, servers=(state,)))
        states = tuple(bus.last.servers[0] for bus in self.buses.values())
        self.bus.publish(Snapshot(self.bus.last.seq + 1, at, tuple(rows), info(), health, servers=states))


def info() -> ServerInfo:
    """A server that tells everything."""
    return ServerInfo(
        "valkey", "8.1", "standalone", "master", "allkeys-lru", 75_000_000, 100_000_000, clients=12, evicted=3
    )


def vitals(times: int = 1) -> Vitals:
    """Calls that were measured, so many times."""
    return Vitals(calls={"counts": calls(times)}, opened=2, cache=CacheStats(30 * times, 10 * times), refresh_s=0.25)


def row(ref: QueueRef = MAIL, now_ms: int = 0) -> QueueRow:
    """A queue with three workers, as it was read just now."""
    return QueueRow(queue(ref, now_ms), Rates(5.0, 12.0, 2.0), workers=3, read_at=now_ms)


def full(labels: tuple[str, ...] = ("",)) -> Scene:
    """A scene in which every metric has a sample."""
    scene = Scene(labels)
    now = scene.clock.now_ms()
    refs = [replace(ref, server=label) for label in labels for ref in (MAIL, IMAGES)]
    scene.publish([row(ref, now) for ref in refs])
    for ref in refs:
        scene.watch.counted.moved(ref, Flow(50, 40, 30, 10, 5, 1))
        for name in ("welcome", 'say "hi"\n'):
            scene.watch.counted.job_counts.add(ref, name, "completed", 40.0, 700.0)
            scene.watch.counted.job_counts.add(ref, name, "failed", 90_000.0, 7_000_000.0)
    ms = [*range(1, 100), 1000]
    point = Point(0, wait=sketch_of(ms), run=sketch_of(one * 10 for one in ms))
    scene.watch.recent = FakeRecent(dict.fromkeys(refs, point))
    scene.watch.problems = ("The disk is full.",)
    scene.alerts.rules = (Rule("backlog", Watched.BACKLOG), Rule("memory", Watched.MEMORY, severity=Severity.CRITICAL))
    fired = Alert("1", "backlog", Watched.BACKLOG, Severity.WARNING, Phase.FIRING, refs[0], "", 1, 1)
    scene.alerts.now = [fired, replace(fired, id="2", muted=4), replace(fired, id="3", phase=Phase.PENDING)]
    scene.history.stands = HistoryState("here", leads=True, first_ms=1, last_ms=now - 4000, bytes=123_456)
    scene.counters.count(Outcome("retry", 3, elapsed_s=0.2))
    return scene


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that listens; its calls block, so a test makes them in a thread."""

    host: str
    port: int
    warning: str = ""

    def get(self, path: str = "/metrics", method: str = "GET", **headers: str) -> Got:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return Got(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """What comes back for these very bytes, until the end."""
        with socket.create_connection((self.host, self.port), timeout=10) as connection:
            connection.sendall(data)
            with contextlib.suppress(OSError):  # it may have ended that already
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Until the other side ends it, in whichever way."""
    found = b""
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionError:
        pass
    return found


@asynccontextmanager
async def listening(scene: Scene, settings: MetricsSettings | None = None) -> AsyncIterator[Endpoint]:
    """An endpoint on a scene, on a free port."""
    settings = settings or MetricsSettings()
    async with metrics_server(replace(settings, port=settings.port or 0), scene.source) as found:
        host, _, port = found.address.rpartition("://")[2].rpartition(":")
        yield Endpoint(host.strip("[]"), int(port), found.warning)


Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def values(text: str) -> Values:
    """Every sample of the text format, by name and labels. A sample that is there twice fails."""
    return _values(list(parsed_text(text)))


def openmetrics_values(text: str) -> Values:
    """The same of OpenMetrics."""
    return _values(list(parsed_openmetrics(text)))  # type: ignore[no-untyped-call]


def _values(families: list[Told]) -> Values:
    found: Values = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def value(found: Values, name: str, /, **labels: str) -> float:
    """One of them."""
    return found[(name, tuple(sorted(labels.items())))]
