"""Queues and names over one span, as a Prometheus server tells them: each number by a question of its own."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bulltui.domain.charting import Measure
from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.sketch import NONE, Sketch, bucket_of
from bulltui.history.prometheus_words import HISTOGRAMS, QUEUE, Over, ready_of, state_of

Samples = list[tuple[Mapping[str, str], float]]
Instant = Callable[[str], Awaitable[Samples]]
"""Asks for the values of a query at a moment."""

Labels = tuple[str, ...]
"""The queue, its prefix and its server, and what else a metric is divided by."""

FLOWS = (Measure.ADDED, Measure.STARTED, Measure.COMPLETED, Measure.FAILED, Measure.RETRIED, Measure.STALLED)
_QUEUE = ("queue", "prefix", "server")


async def points_of(instant: Instant, over: Over, at_ms: int) -> dict[Labels, Point]:
    """Each queue over a span that begins at `at_ms` and ends where `instant` asks."""
    flows = {one.value: over.moved(f"bulltui_jobs_{one.value}_total") for one in FLOWS}
    stands = {
        "waiting_max": ready_of(over),
        "waiting": over.each("last_over_time", "bullmq_job_count", 'state="waiting"'),
        "active_max": state_of(over, "active", "max_over_time"),
        "active": state_of(over, "active", "last_over_time"),
        "delayed": state_of(over, "delayed", "last_over_time"),
        "waiting_children": state_of(over, "waiting-children", "last_over_time"),
        "failed": state_of(over, "failed", "last_over_time"),
        "failed_max": state_of(over, "failed", "max_over_time"),
        "completed": state_of(over, "completed", "last_over_time"),
        "oldest_ms": f"1000 * {over.each('max_over_time', 'bulltui_queue_oldest_waiting_age_seconds')}",
        "workers": over.each("last_over_time", "bulltui_queue_workers"),
        "workers_min": over.each("min_over_time", "bulltui_queue_workers"),
    }
    shares = {
        "paused": over.each("avg_over_time", "bulltui_queue_paused"),
        "limited": over.each("avg_over_time", "bulltui_queue_rate_limited"),
        "saturated": over.saturated(),
    }
    reads = max(1, over.range_ms // over.every_ms)
    flowed, stood, shared, wait, run = await asyncio.gather(
        _each(instant, flows),
        _each(instant, stands),
        _each(instant, shares),
        _sketches(instant, over, "wait", _QUEUE),
        _sketches(instant, over, "run", _QUEUE),
    )
    points = {}
    for labels in flowed.keys() | stood.keys():
        stand = {name: round(value) for name, value in stood.get(labels, {}).items()}
        stand |= {name: round(value * reads) for name, value in shared.get(labels, {}).items()}
        points[labels] = Point(
            at_ms,
            Stand(reads=reads if labels in stood else 0, **stand),
            Flow(**{name: round(value) for name, value in flowed.get(labels, {}).items()}),
            wait.get(labels, NONE),
            run.get(labels, NONE),
        )
    return points


async def names_of(instant: Instant, over: Over) -> dict[Labels, OfName]:
    """Jobs by queue and name over the span that ends where `instant` asks; the name is the last label."""
    by = (*_QUEUE, "name")
    ended, wait, run = await asyncio.gather(
        instant(over.each("increase", "bullmq_jobs_finished_total", by=f"{QUEUE}, name, result")),
        _sketches(instant, over, "wait", by),
        _sketches(instant, over, "run", by),
    )
    counts: dict[Labels, dict[str, int]] = {}
    for labels, value in ended:
        counts.setdefault(_labels(labels, by), {})[labels.get("result", "")] = round(value)
    found = {}
    for key in counts.keys() | wait.keys() | run.keys():
        of = counts.get(key, {})
        found[key] = OfName(of.get("completed", 0), of.get("failed", 0), wait.get(key, NONE), run.get(key, NONE))
    return found


async def _each(instant: Instant, queries: Mapping[str, str]) -> dict[Labels, dict[str, float]]:
    answers = await asyncio.gather(*map(instant, queries.values()))
    found: dict[Labels, dict[str, float]] = {}
    for name, samples in zip(queries, answers, strict=True):
        for labels, value in samples:
            found.setdefault(_labels(labels, _QUEUE), {})[name] = value
    return found


def _labels(labels: Mapping[str, str], by: Sequence[str]) -> Labels:
    return tuple(labels.get(name, "") for name in by)


async def _sketches(instant: Instant, over: Over, which: str, by: Sequence[str]) -> dict[Labels, Sketch]:
    """Durations from the buckets of a histogram: as right as these are wide."""
    metric, all_by = HISTOGRAMS[which], f"{QUEUE}, name, result"
    together = ", ".join(by)
    buckets = over.each("increase", f"{metric}_bucket", by=f"{all_by}, le")
    sums = over.each("increase", f"{metric}_sum", by=all_by)
    counted, summed = await asyncio.gather(
        instant(f"sum by ({together}, le) ({buckets})"), instant(f"sum by ({together}) ({sums})")
    )
    found: dict[Labels, dict[float, float]] = {}
    for labels, value in counted:
        try:
            bound = float(labels.get("le", ""))
        except ValueError:
            continue
        if not math.isnan(bound):
            found.setdefault(_labels(labels, by), {})[bound] = value
    seconds = {_labels(labels, by): value for labels, value in summed}
    return {key: _sketch(bounds, seconds.get(key, 0.0)) for key, bounds in found.items()}


def _sketch(bounds: Mapping[float, float], sum_s: float) -> Sketch:
    """A sketch of a histogram: each duration counts as the middle of its bucket."""
    counts: dict[int, int] = {}
    below, lower = 0, 0.0
    for upper, value in sorted(bounds.items()):
        number, below = round(value) - below, max(below, round(value))
        middle = lower if math.isinf(upper) else math.sqrt(lower * upper) if lower else upper / 2
        if number > 0:
            bucket = bucket_of(middle * 1000)
            counts[bucket] = counts.get(bucket, 0) + number
        lower = upper
    return Sketch(tuple(sorted(counts.items())), max(0, round(sum_s * 1000)))
