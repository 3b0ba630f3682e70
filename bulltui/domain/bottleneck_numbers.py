"""The numbers that a verdict on a queue goes by: what was seen over a span of time, and what follows from it."""

from dataclasses import dataclass

from bulltui.domain.explain_queue import QueueEvidence
from bulltui.domain.point import Point
from bulltui.domain.queue import RateLimit
from bulltui.domain.rates import Rates, shrinking
from bulltui.domain.sketch import Sketch

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen of a queue over `span_ms` that ended now, or an hour ago. Where the started jobs are counted over
    another span, a whole number of `windows` of the limit, that is `starts` in `starts_ms`, and in `full` of them as
    many started as may. `looks_ms` is the span of the looks where it is a shorter one."""

    point: Point = Point(0)
    span_ms: int = 0
    starts: int | None = None
    starts_ms: int = 0
    windows: int = 0
    full: int = 0
    looks_ms: int = 0

    @property
    def seen(self) -> bool:
        """Whether events or counts tell what moved in it."""
        return self.span_ms >= 1000 and bool(self.point.flow or self.point.stand.reads)

    def per_minute(self, number: int) -> float:
        """As many a minute."""
        return number * _MINUTE_MS / self.span_ms

    @property
    def started(self) -> float | None:
        """Attempts started a minute, None where nobody saw them."""
        flow = self.point.flow
        if self.starts is not None and self.starts_ms > 0:
            return self.starts * _MINUTE_MS / self.starts_ms
        return None if not self.seen or (flow.estimated and not flow.started) else self.per_minute(flow.started)

    @property
    def rates(self) -> Rates:
        """As `Rates` has them."""
        if not self.seen:
            return Rates()
        flow = self.point.flow
        return Rates(
            self.per_minute(flow.added),
            self.per_minute(flow.finished),
            self.per_minute(flow.failed),
            estimated=bool(flow.estimated),
        )


NOT_SEEN = Window()


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is set and what is so. Rates are per minute, shares of the time from 0 to 1 over `looks` looks, None where
    that was not seen; `limit_per_minute` is what the global limit allows. `span_ms` is what the rates are of, 0 where
    they were not measured, and `starts_ms` what that of the started jobs is of: so many `windows` of the limit, `full`
    of them used up, 0 where that is not known. Durations are in ms; those `before` are of an hour ago. `growth` is
    by how many jobs a minute those that are not done grow, `drains_ms` when the last of them is."""

    limit: RateLimit
    concurrency: int | None
    active: int
    waiting: int
    workers: int | None
    limit_per_minute: float | None = None
    span_ms: int = 0
    added: float | None = None
    started: float | None = None
    starts_ms: int = 0
    windows: int = 0
    full: int = 0
    finished: float | None = None
    limited: float | None = None
    saturated: float | None = None
    looks: int = 0
    looks_ms: int = 0
    run_p50: float | None = None
    run_p95: float | None = None
    runs: int = 0
    before_p50: float | None = None
    before_p95: float | None = None
    before_runs: int = 0
    growth: float | None = None
    drains_ms: int | None = None


def numbers_of(seen: QueueEvidence, now: Window, before: Window) -> Numbers:
    """What is known of a queue, of what was seen of it lately and of an hour ago."""
    queue, point, rates = seen.queue, now.point, seen.rates
    limit, waiting = queue.limit, queue.counts.runnable
    allowed = None
    if limit.maximum is not None and limit.duration_ms:
        allowed = limit.maximum * _MINUTE_MS / limit.duration_ms
    growth = None if rates.added is None or rates.finished is None else rates.added - rates.finished
    drains = None
    if growth is not None and waiting and shrinking(rates):
        drains = int(waiting / -growth * _MINUTE_MS)
    looks = point.stand.reads
    run, past = _spread(point.run), _spread(before.point.run)
    return Numbers(
        limit,
        queue.concurrency,
        queue.counts.active,
        waiting,
        seen.ground.workers.total,
        limit_per_minute=allowed,
        span_ms=now.span_ms if now.seen else 0,
        added=rates.added,
        started=now.started,
        starts_ms=now.starts_ms or (now.span_ms if now.seen else 0),
        windows=now.windows,
        full=now.full,
        finished=rates.finished,
        limited=point.stand.limited / looks if looks else None,
        saturated=point.stand.saturated / looks if looks else None,
        looks=looks,
        looks_ms=now.looks_ms or now.span_ms,
        run_p50=run[0],
        run_p95=run[1],
        runs=point.run.total,
        before_p50=past[0],
        before_p95=past[1],
        before_runs=before.point.run.total,
        growth=growth,
        drains_ms=drains,
    )


def _spread(durations: Sketch) -> tuple[float | None, float | None]:
    return durations.quantile(0.5), durations.quantile(0.95)
