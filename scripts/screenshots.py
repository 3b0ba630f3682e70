"""Draws screenshots/ anew, the same pictures from the same code.

A shop of the simulator with a fixed seed at a fixed time, on a server of our own; the clock of the screen stands still,
and what would differ from run to run (the port, the latency, the server's version) is posed.
"""

import asyncio
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.demo.shop import simulator_command
from bulltui.domain.flow import ChildCursor, ChildPage, JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Latency
from bulltui.domain.server import Persistence, Replica, Replication, ServerInfo
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.vitals import BUCKETS_MS, CallStats, SlowCall, Vitals
from bulltui.domain.worker import Client
from bulltui.services.bus import Bus
from bulltui.services.exploring import Explorer, FlowReader, Surroundings
from bulltui.services.poller import Poller, PollOptions
from bulltui.services.vitals import ServerGate
from bulltui.services.watch.protocols import HistorySource, Marks
from bulltui.store.explorer import RedisExplorer
from bulltui.store.flows import RedisFlows
from bulltui.store.reader import RedisReader
from bulltui.tui.run import frame
from bulltui.wiring import Runtime, runner_of
from tests.history_week import WeekHistory, week_marks

FOLDER = Path(__file__).parent.parent / "screenshots"
NOW_MS = 1_795_000_000_000
SEED = 7
_PATIENCE_S = 20.0


_QUEUES = tuple(
    "analytics catalog emails fraud-check images inventory invoices legacy.exports maintenance newsletter"  # noqa: SIM905
    " notifications.push notifications.sms orders payments reports search-index shipping webhooks".split()
)
_MEASURED = {
    "batch": (0, 40, 900, 310, 42, 3),
    "page": (0, 12, 88, 61, 9),
    "find": (0, 0, 2, 8, 20, 31, 12, 4, 0, 1, 1),
    "job": (4, 31, 12),
    "PING": (120, 480, 33),
    "INFO": (2, 41, 3),
    "CLIENT LIST": (0, 9, 51, 4),
    "SCAN": (0, 210, 84, 2),
}
"""So many calls of each kind took up to so long (`domain.vitals.BUCKETS_MS`)."""
_UNSERVED = ("reports",)


class StillClock:
    """A clock that stands at one time."""

    def now_ms(self) -> int:
        """The time of the pictures."""
        return NOW_MS

    def monotonic(self) -> float:
        """Seconds that pass."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class PosedReader(RedisReader):
    """A reader whose server always looks the same."""

    @property
    def address(self) -> str:
        """The address that the pictures show."""
        return "rediss://ops@cache.prod:6380"

    async def latency(self, samples: int) -> Latency:
        """A latency as over a good line."""
        await super().latency(samples)
        return Latency(1.2, 1.2, 1.2)

    async def clients(self) -> list[Client]:
        """Workers as a fleet has them: some a queue, none on one that nobody serves."""
        served = [name for name in _QUEUES if name not in _UNSERVED]
        return [
            Client(
                number, f"bull:{b64encode(name.encode()).decode()}:w:{name}-{worker}", f"10.0.4.{number}:50{number:03}"
            )
            for number, (name, worker) in enumerate((name, worker) for name in served for worker in (1, 2))
        ]

    async def server(self) -> ServerInfo:
        """A server as many have it."""
        return ServerInfo(
            "valkey",
            "8.1.4",
            mode="standalone",
            role="primary",
            memory_policy="noeviction",
            used_memory=1_476_395_008,
            max_memory=4 * 1024**3,
            clients=58,
            uptime_s=1_058_400,
            keys=214_310,
            user="ops",
            protocol=3,
            fragmentation=1.1,
            max_clients=10_000,
            blocked=34,
            rejected=0,
            evicted=0,
            expired=1_204,
            ops_s=3_480,
            tls=True,
            persistence=Persistence(
                NOW_MS // 1000 - 140, 8_123, rdb_ok=True, aof=True, aof_ok=True, aof_bytes=734_003_200
            ),
            replication=Replication((Replica("10.0.4.2:6380", "online", 84, 0),)),
        )


class PosedGate(ServerGate):
    """A gate that tells of calls as over a good line, but for one."""

    def snapshot(self) -> Vitals:
        """What was measured."""
        slow = (SlowCall(NOW_MS - 252_000, "find", 612.0),)
        return Vitals(calls={name: _calls(*buckets) for name, buckets in _MEASURED.items()}, slow=slow, opened=1)


def _calls(*buckets: int) -> CallStats:
    row = (*buckets, *(0,) * (len(BUCKETS_MS) + 1 - len(buckets)))
    took = [bound * number for bound, number in zip(BUCKETS_MS, row, strict=False)]
    most = max(bound for bound, number in zip(BUCKETS_MS, row, strict=False) if number)
    return CallStats(sum(row), 0, sum(took), most * 0.9, row)


class PosedExplorer(RedisExplorer):
    """An explorer whose server has the time of the pictures."""

    async def around(self, ref: QueueRef, job_id: str) -> Surroundings:
        """What stands around a job at that time."""
        return replace(await super().around(ref, job_id), now_ms=NOW_MS)


class PosedFlows(RedisFlows):
    """Flows whose children stand in one order."""

    async def children(self, job: JobRef, cursor: ChildCursor, limit: int, known: Sequence[QueueRef]) -> ChildPage:
        """In one order: a server keeps them in sets, each time in another one."""
        page = await super().children(job, cursor, limit, known)
        return replace(page, nodes=tuple(sorted(page.nodes, key=lambda one: (one.job.ref.name, one.name, one.job.id))))


class PosedRuntime(Runtime):
    """A runtime with these, and with a history."""

    @cached_property
    def explorer(self) -> Explorer:
        """Who looks around jobs."""
        assert self.calls is not None
        return PosedExplorer(self.calls)

    @cached_property
    def history(self) -> HistorySource:
        """A week of some of these queues."""
        return WeekHistory(NOW_MS)

    @cached_property
    def marks(self) -> Marks:
        """What happened in that week."""
        return week_marks(NOW_MS)

    @cached_property
    def flows(self) -> FlowReader:
        """Who reads flows."""
        assert self.calls is not None
        return PosedFlows(self.calls)


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame: its size in cells and the keys pressed before it is taken."""

    name: str
    width: int
    height: int
    keys: tuple[str, ...] = ()


def _to(queue: str) -> tuple[str, ...]:
    """The keys that lead to the jobs of a queue."""
    return ("colon", *queue, "enter")


PICTURES = (
    Picture("queues", 140, 40),
    Picture("failed-job", 140, 40, ("down", "enter", "enter", "2")),
    Picture("confirm", 110, 30, ("down", "enter", "space", "space", "space", "x")),
    Picture("narrow", 80, 24),
    Picture("find", 140, 40, ("ctrl+f", "ctrl+f", *"error:timeout", "space", *"attempts>1", "enter")),
    Picture("errors", 140, 40, ("E", "E")),
    Picture("why", 110, 30, (*_to("orders"), "5", "enter", "w")),
    Picture("charts", 140, 40, (*_to("payments"), "m", "minus", "minus", "minus", "n")),
    Picture("server", 140, 24, ("I",)),
    Picture("flow", 120, 20, (*_to("orders"), "5", "enter", "f")),
)


async def draw(url: str, picture: Picture, state: Path) -> str:
    """The picture as SVG. What is written down of actions goes to the folder `state`."""
    reader = PosedReader.from_url(url)
    clock, bus = StillClock(), Bus()
    options = PollOptions(("bull",), address=reader.address)
    poller = Poller(reader, bus, clock, options, PosedGate(clock, reader.address))
    settings = Settings(url=url, state_folder=str(state))
    runtime = PosedRuntime(settings, reader, clock, bus, poller, runner_of, reader.calls)
    try:
        await _warm(poller, bus)
        return await frame(runtime, width=picture.width, height=picture.height, svg=True, keys=picture.keys)
    finally:
        await reader.close()


async def _warm(poller: Poller, bus: Bus) -> None:
    """Polls until all is known that comes by itself sooner or later: what workers measured as well."""
    known = asyncio.Event()
    leave = bus.subscribe(lambda snapshot: known.set() if _all_known(snapshot) else None)
    task = asyncio.create_task(poller.run())
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await known.wait()
    finally:
        leave()
        task.cancel()
        await asyncio.wait({task})


def _all_known(snapshot: Snapshot) -> bool:
    rows = snapshot.rows
    measured = all(row.queue.completed_total is None or row.rates.finished is not None for row in rows)
    found = snapshot.discovery.finished_at is not None and len(rows) >= snapshot.discovery.found > 0
    return found and measured and snapshot.server is not None and all(row.workers is not None for row in rows)


def main(folder: Path = FOLDER) -> int:
    """Draws all pictures."""
    folder.mkdir(exist_ok=True)
    os.environ["TZ"] = "UTC"
    time.tzset()
    with EmbeddedServer() as server, TemporaryDirectory() as state:
        options = ["--still", "--now", str(NOW_MS), "--seed", str(SEED)]
        subprocess.run(simulator_command(server.url, options), check=True, stdout=subprocess.DEVNULL)
        for picture in PICTURES:
            svg = asyncio.run(draw(server.url, picture, Path(state)))
            (folder / f"{picture.name}.svg").write_text(svg, "utf-8")
            print(f"{picture.name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
