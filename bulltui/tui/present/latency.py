"""How long calls took, as lines: one for each kind, the slow ones, and how often nothing was asked at all."""

from collections.abc import Sequence

from bulltui.domain import human
from bulltui.domain.text import visible
from bulltui.domain.vitals import BUCKETS_MS, CacheStats, CallStats, SlowCall, Vitals
from bulltui.tui.present.facts import Phrase
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import cut, width_of
from bulltui.tui.widgets.trend import sparkline

_NUMBERS: tuple[tuple[str, int], ...] = (("calls", 7), ("errors", 7), ("p50", 8), ("p95", 8), ("max", 8))
_SPREAD = len(BUCKETS_MS) + 1
_LEAST_NAME = 14
_SLOW_SHOWN = 10
_LATE_MS = 250.0


def quantile(stats: CallStats, share: float) -> float | None:
    """So many ms the given share of calls took at most, as near as the buckets tell; None before the first call.

    >>> quantile(CallStats(4, 0, 8.0, 3.0, (0, 0, 4) + (0,) * 10), 0.5)
    1.75
    """
    left = sum(stats.buckets) * share
    if not left:
        return None
    low = 0.0
    for bound, number in zip((*BUCKETS_MS, stats.max_ms), stats.buckets, strict=True):
        if number and left <= number:
            return min(stats.max_ms, low + (max(low, bound) - low) * left / number)
        left -= number
        low = bound
    return stats.max_ms


def span(ms: float | None) -> str:
    """A time to fit a column: `0.4 ms`, `12 ms`, `1.2s`."""
    if ms is None:
        return "–"
    if ms >= 1000:
        return human.duration(int(ms))
    return f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms"


def call_lines(vitals: Vitals, width: int) -> list[Pieces]:
    """A line for each kind of call, those that took most of the time first."""
    if not vitals.calls:
        return [[(" nothing was asked yet", "dim")]]
    fixed = sum(size for _, size in _NUMBERS)
    spread = _SPREAD + 2 if width - fixed - _SPREAD - 3 >= _LEAST_NAME else 0
    name = max(_LEAST_NAME, min(30, width - fixed - spread - 1))
    head: Pieces = [(" " + "call".ljust(name), "dim bold")]
    head += [(title.rjust(size), "dim bold") for title, size in _NUMBERS]
    head.append(("  fast … slow" if spread else "", "dim"))
    kinds = sorted(vitals.calls.items(), key=lambda kind: (-kind[1].sum_ms, kind[0]))
    return [head, *(_call(called, stats, name, bool(spread)) for called, stats in kinds)]


def _call(called: str, stats: CallStats, room: int, spread: bool) -> Pieces:
    p50, p95 = quantile(stats, 0.5), quantile(stats, 0.95)
    name = cut(visible(called), room - 1)
    cells: tuple[tuple[str, str], ...] = (
        (human.count(stats.count), ""),
        (human.count(stats.errors), "failed bold" if stats.errors else "dim"),
        (span(p50), _token(p50)),
        (span(p95), _token(p95)),
        (span(stats.max_ms if stats.count else None), _token(stats.max_ms)),
    )
    line: Pieces = [(" " + name + " " * (room - width_of(name)), "")]
    line += [(text.rjust(size), token) for (text, token), (_, size) in zip(cells, _NUMBERS, strict=True)]
    if spread:
        line.append(("  " + sparkline(stats.buckets, _SPREAD), "active"))
    return line


def _token(ms: float | None) -> str:
    return "delayed" if ms is not None and ms >= _LATE_MS else ""


def slow_lines(slow: Sequence[SlowCall], now_ms: int, width: int) -> list[Pieces]:
    """The last slow calls, the newest first, with what went wrong."""
    if not slow:
        return [[(" no call was slow", "dim")]]
    lines: list[Pieces] = []
    for one in slow[: -_SLOW_SHOWN - 1 : -1]:
        age = human.ago(max(0, now_ms - one.at_ms))
        said = f"  ✖ {visible(one.error)}" if one.error else ""
        head = f" {age:<13} {span(one.ms):>8}  "
        name = cut(visible(one.call), 24)
        line: Pieces = [(head, "delayed"), (name, "")]
        line.append((cut(said, max(0, width - width_of(head) - width_of(name))), "failed"))
        lines.append(line)
    more = len(slow) - _SLOW_SHOWN
    if more > 0:
        lines.append([(f" and {more:,} before these", "dim")])
    return lines


def cache_words(cache: CacheStats) -> tuple[Phrase, ...]:
    """How often counts were taken from what is known, and how old that may be."""
    if not cache.ttl_s:
        return (("off: all counts are read at each refresh", "dim"),)
    old = f"may be {cache.ttl_s:g}s old, {2 * cache.ttl_s:g}s where nothing moves; those in sight are always read"
    asked = cache.hits + cache.misses
    if not asked:
        return (("nothing was asked yet", "dim"), (old, "dim"))
    return ((f"{cache.rate:.0%} of {human.count(asked)} counts were known", ""), (old, "dim"))
