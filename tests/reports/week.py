"""A believable week of a shop with some trouble in it, and the report of it: for tests, and to be looked at.

python -m tests.reports.week FOLDER        writes it there in every form
"""

import asyncio
import math
import random
import sys
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from bulltui.domain.alert import Alert, Phase, Severity, Watched
from bulltui.domain.errors import UnreachableError
from bulltui.domain.fields import raw_field
from bulltui.domain.history import Deed, Intent
from bulltui.domain.human import DAY_MS, HOUR_MS, MINUTE_MS
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.point import Flow, OfName, Point, Stand, after
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.report import Report
from bulltui.domain.report_period import Kind as Length
from bulltui.domain.report_period import period_of
from bulltui.domain.server import ServerInfo
from bulltui.domain.sketch import sketch_of
from bulltui.domain.snapshot import QueueRow, Snapshot
from bulltui.domain.states import JobState
from bulltui.reports.form import Form
from bulltui.reports.writing import written
from bulltui.services.report import Sources, report_of
from bulltui.services.report_scope import Place
from bulltui.services.watch.protocols import HistoryState
from tests.fake_finder import FakeFinder, Stored
from tests.fake_watch import FakeAlerts, FakeHistory

NOW = 1_795_790_700_000
"""Friday, 2026-11-27 at 14:45 UTC."""
ADDRESS = "redis.internal:6379/0"
PLACE = Place("", ADDRESS, ("bull",))
V5 = LayoutVerdict(Layout.V5, ("meta.version is bullmq:5.81.5",))

# An hour at noon: completed, the part that fails, ms of a run, ms of a wait.
SHOP = {
    "payments": (4_200, 0.004, 900, 350),
    "mail.bulk": (18_000, 0.001, 120, 4_000),
    "images": (2_600, 0.012, 5_400, 2_100),
    "search.index": (9_500, 0.0004, 60, 90),
    "invoices": (340, 0.02, 2_200, 600),
    "reports": (60, 0.0, 44_000, 9_000),
}
NAMES = {
    "payments": {"charge": (0.7, 950), "refund": (0.2, 700), "capture": (0.1, 1_400)},
    "mail.bulk": {"newsletter": (0.9, 110), "receipt": (0.1, 240)},
    "images": {"resize": (0.8, 4_000), "watermark": (0.15, 9_000), "ocr": (0.05, 61_000)},
    "search.index": {"upsert": (1.0, 60)},
    "invoices": {"render-pdf": (1.0, 2_200)},
    "reports": {"monthly": (0.2, 190_000), "daily": (0.8, 31_000)},
}


def refs() -> dict[str, QueueRef]:
    return {name: QueueRef("bull", name) for name in SHOP}


def durations(chance: random.Random, middle: float, count: int) -> list[float]:
    return [chance.lognormvariate(math.log(middle), 0.6) for _ in range(min(count, 24))]


def busy(at_ms: int) -> float:
    hour, day = at_ms // HOUR_MS % 24, at_ms // DAY_MS % 7
    return (0.25 + 0.75 * math.exp(-(((hour - 13) / 5) ** 2))) * (0.6 if day in (2, 3) else 1.0)


def hours(name: str, chance: random.Random, step_ms: int, first_ms: int) -> list[Point]:
    """Two weeks of a queue: payments fail for three hours of the last Wednesday, images pile up on the last Friday, and
    nobody looked for five hours of the last Sunday."""
    at_noon, failing, run, wait = SHOP[name]
    points = []
    trouble = NOW - 2 * DAY_MS - 5 * HOUR_MS
    blind = NOW - 5 * DAY_MS - 9 * HOUR_MS
    piled = 0
    for at in range(first_ms, NOW, step_ms):
        if blind <= at < blind + 5 * HOUR_MS:
            continue
        ended = round(at_noon * busy(at) * chance.uniform(0.9, 1.1) * step_ms / HOUR_MS)
        bad = name == "payments" and trouble <= at < trouble + 3 * HOUR_MS
        slow = name == "images" and at >= NOW - 9 * HOUR_MS
        failed = round(ended * (0.22 if bad else failing * chance.uniform(0.5, 1.5)))
        piled = piled + round(700 * step_ms / HOUR_MS) if slow else max(0, round(at_noon / 400 * chance.random() ** 3))
        oldest = round(piled / max(at_noon * busy(at), 1) * HOUR_MS) + round(wait * 3)
        stand = Stand(
            reads=6,
            waiting=piled,
            waiting_max=piled + 3,
            active=4,
            active_max=8,
            failed=90,
            failed_max=95,
            oldest_ms=oldest,
            workers=4,
            workers_min=0 if slow else 4,
        )
        flow = Flow(
            added=ended + (200 if slow else 0),
            started=ended + failed,
            completed=ended - failed,
            failed=failed,
            retried=failed * 2,
            stalled=int(bad and chance.random() < 0.5),
        )
        longer = 9.0 if bad else 2.2 if slow else 1.0
        waits = sketch_of(durations(chance, wait * (30 if slow else 1), ended))
        points.append(Point(at, stand, flow, waits, sketch_of(durations(chance, run * longer, ended))))
    return points


class Weeks(FakeHistory):
    """Points that are in their order, of which those of a span are found at once."""

    def _over(self, ref: QueueRef, start_ms: int, end_ms: int) -> Point | None:
        points = self.points.get(ref, [])
        first, last = (bisect_left(points, at, key=lambda one: one.at_ms) for at in (start_ms, end_ms))
        return after(points[first:last], start_ms) if first < last else None


def history() -> Weeks:
    """Two weeks, and the names of jobs. What a test does to it stays with that test."""
    points, of_names = _written()
    return Weeks(
        {ref: list(some) for ref, some in points.items()},
        dict(of_names),
        HistoryState("history.db", first_ms=NOW - 15 * DAY_MS, last_ms=NOW),
    )


@cache
def _written() -> tuple[dict[QueueRef, list[Point]], dict[tuple[QueueRef, str], OfName]]:
    chance, days, step_ms = random.Random(5), 15, HOUR_MS
    first = (NOW - days * DAY_MS) // HOUR_MS * HOUR_MS
    of_names = {
        (ref, job): OfName(
            round(100 * SHOP[name][0] * part),
            round(100 * SHOP[name][0] * part * SHOP[name][1]),
            run=sketch_of(durations(chance, middle, 40)),
        )
        for name, ref in refs().items()
        for job, (part, middle) in NAMES[name].items()
    }
    return {ref: hours(name, chance, step_ms, first) for name, ref in refs().items()}, of_names


def board() -> FakeAlerts:
    payments, images = refs()["payments"], refs()["images"]
    at = NOW - 2 * DAY_MS - 5 * HOUR_MS + 4 * MINUTE_MS

    def alert(number: int, rule: str, what: Watched, ref: QueueRef | None, fired: int, resolved: int = 0) -> Alert:
        phase = Phase.RESOLVED if resolved else Phase.FIRING
        severity = Severity.CRITICAL if what is Watched.FAILURE_SHARE else Severity.WARNING
        worst = {Watched.FAILURE_SHARE: 23.4, Watched.BACKLOG: 6_600.0, Watched.WAIT_P95: 212.0}.get(what, 91.0)
        text = f"{what.value} is {worst:g}."
        server = "" if ref else ADDRESS
        return Alert(
            *(f"a{number}", rule, what, severity, phase, ref, server, fired - MINUTE_MS, fired, resolved),
            worst=worst,
            threshold=5.0,
            text=text,
        )

    ended = [
        alert(1, "failure-share", Watched.FAILURE_SHARE, payments, at, at + 150 * MINUTE_MS),
        alert(2, "failure-share", Watched.FAILURE_SHARE, payments, at + 3 * HOUR_MS, at + 3 * HOUR_MS + 7 * MINUTE_MS),
        alert(3, "memory", Watched.MEMORY, None, NOW - 4 * DAY_MS, NOW - 4 * DAY_MS + HOUR_MS),
        alert(9, "memory", Watched.MEMORY, None, NOW - 12 * DAY_MS, NOW - 12 * DAY_MS + HOUR_MS),
    ]
    now = [
        alert(4, "backlog", Watched.BACKLOG, images, NOW - 6 * HOUR_MS),
        alert(5, "slow-start", Watched.WAIT_P95, images, NOW - 8 * HOUR_MS),
    ]
    return FakeAlerts(now=now, ended=ended)


class SomeDeeds:
    """An audit that a test fills."""

    def __init__(self, *deeds: Deed) -> None:
        self.known = list(deeds)
        self.error: Exception | None = None

    async def deeds(self, limit: int) -> list[Deed]:
        if self.error is not None:
            raise self.error
        return sorted(self.known, key=lambda deed: -deed.at_ms)[:limit]


def deeds() -> SomeDeeds:
    at = NOW - 2 * DAY_MS - 2 * HOUR_MS
    pause = Intent("pause", ADDRESS, ("bull:payments",), reason="acquirer is down, ticket 4711")
    retry = Intent("retry-all", ADDRESS, ("bull:payments",), state="failed", count=1_904)
    return SomeDeeds(
        Deed("d1", at - HOUR_MS, pause, "ann", host="ops-1", outcome=Outcome(Kind.DONE, done=1)),
        Deed(
            "d2",
            at - 40 * MINUTE_MS,
            Intent("resume", ADDRESS, ("bull:payments",)),
            "ann",
            outcome=Outcome(Kind.DONE, done=1),
        ),
        Deed("d3", at, retry, "bob", ssh="10.0.0.7", host="ops-1", outcome=Outcome(Kind.PARTLY, done=1_880, left=24)),
        Deed("d4", NOW - 10 * DAY_MS, Intent("drain", ADDRESS, ("bull:mail.bulk",)), "bob", interrupted=True),
        Deed("d5", NOW - DAY_MS, Intent("drain", "elsewhere:6379/0", ("bull:other",)), "bob", interrupted=True),
    )


ERRORS = (
    ("payments", "charge", "connect ETIMEDOUT 10.3.0.11:443", "acquirer.ts", 412, 2 * DAY_MS + 3 * HOUR_MS),
    ("payments", "refund", "Request failed with status code 502", "http.ts", 88, 2 * DAY_MS + 4 * HOUR_MS),
    ("images", "ocr", "spawn tesseract ENOMEM", "ocr.ts", 61, 3 * HOUR_MS),
    ("invoices", "render-pdf", "Cannot read properties of undefined (reading 'vat')", "invoice.ts", 19, 30 * HOUR_MS),
    ("invoices", "render-pdf", "Cannot read properties of undefined (reading 'vat')", "invoice.ts", 33, 9 * DAY_MS),
)


def finder() -> FakeFinder:
    kept: dict[tuple[QueueRef, JobState], list[Stored]] = {}
    number = 0
    for queue, name, reason, file, count, ago in ERRORS:
        for one in range(count):
            number += 1
            at = NOW - ago - one * 20_000
            trace = f'["Error: {reason}\\n    at run (/app/src/{file}:{40 + one % 3}:11)"]'
            raw = {
                "name": raw_field(name),
                "failedReason": raw_field(reason),
                "stacktrace": raw_field(trace),
            }
            kept.setdefault((refs()[queue], JobState.FAILED), []).append((str(number), float(at), raw))
    for jobs in kept.values():
        jobs.sort(key=lambda job: -job[1])
    return FakeFinder(kept, most=2_000)


def snapshot() -> Snapshot:
    counts = {"payments": Counts(waiting=3, failed=500), "images": Counts(waiting=6_610, active=0, failed=61)}
    counts |= {"invoices": Counts(failed=52), "reports": Counts(paused=14)}
    rows = [
        QueueRow(
            Queue(ref, counts.get(name, Counts()), V5, paused=name == "reports"), workers=0 if name == "images" else 4
        )
        for name, ref in refs().items()
    ]
    return Snapshot(1, NOW, tuple(rows), ServerInfo("valkey", "8.1.4"))


class NowClock:
    """A clock that stands at NOW; its seconds go on."""

    def now_ms(self) -> int:
        return NOW

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def sources(look: Callable[[], Awaitable[Snapshot]] | None = None) -> Sources:
    async def looked() -> Snapshot:
        return snapshot()

    return Sources(history(), board(), deeds(), look or looked, finder(), NowClock())


async def unreachable() -> Snapshot:
    raise UnreachableError("Nothing listens at redis.internal:6379.")


@cache
def week() -> Report:
    """The report of the week up to NOW."""
    return asyncio.run(report_of(sources(), (PLACE,), period_of(Length.WEEK, NOW), version="0.6"))


def main(folder: Path) -> None:
    """Writes it in every form."""
    made = week()
    for form in Form:
        (folder / f"week.{form.value}").write_bytes(written(made, form))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
