"""Axes of charts: round numbers for what is measured, and local times."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain import human
from bulltui.domain.charting import Measure

_S = 1000
_M, _H, _D = human.MINUTE_MS, human.HOUR_MS, human.DAY_MS


class Unit(StrEnum):
    """What numbers of an axis count."""

    JOBS = "jobs"
    RATE = "jobs/min"
    SECONDS = "time"
    SHARE = "of the time"
    WORKERS = "workers"


def unit_of(measure: Measure) -> Unit:
    """What a measure counts."""
    if measure.is_flow:
        return Unit.RATE
    if measure.is_time:
        return Unit.SECONDS
    if measure.is_share:
        return Unit.SHARE
    return Unit.WORKERS if measure is Measure.WORKERS else Unit.JOBS


# --- what is measured

_ROUND_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""Steps of an axis of seconds that people count in, up to a day; below and above, decimals."""
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from 0 to `top`, with a tick each `step`."""

    top: float
    step: float
    unit: Unit

    @property
    def ticks(self) -> tuple[float, ...]:
        """The values of the ticks, from 0 up."""
        return tuple(self.step * place for place in range(round(self.top / self.step) + 1))

    def text(self, value: float) -> str:
        """What stands at a tick."""
        if self.unit is Unit.SHARE:
            return f"{value * 100:.3g}%"
        if self.unit is not Unit.SECONDS:
            return short(value)
        if not value:
            return "0"
        if value < 1:
            return f"{value * 1000:.3g}ms"
        for unit_s, name in ((86_400, "d"), (3600, "h"), (60, "m")):
            if self.step >= unit_s:
                return f"{short(value / unit_s)}{name}" if value >= 1000 * unit_s else f"{value / unit_s:.3g}{name}"
        return f"{value:.3g}s"


def scale_for(greatest: float, unit: Unit, rows: int) -> Scale:
    """The axis for values up to `greatest` in so many rows of text: round steps, two ticks at least."""
    most = max(1, min(_MOST_TICKS, rows // 2 if rows > 5 else rows - 1))
    if unit is Unit.SHARE:
        return Scale(1.0, 0.25 if rows >= 9 else 0.5 if most >= 2 else 1.0, unit)
    if not math.isfinite(greatest) or greatest <= 0:
        return Scale(1.0, 1.0, unit)
    step = _round_step(greatest / most, seconds=unit is Unit.SECONDS)
    if unit in (Unit.JOBS, Unit.WORKERS):
        step = max(1.0, step)
    return Scale(step * max(1, math.ceil(greatest / step - 1e-9)), step, unit)


def _round_step(least: float, *, seconds: bool) -> float:
    """The least round number that is no less."""
    if seconds and 1 <= least <= _ROUND_S[-1]:
        return float(next(step for step in _ROUND_S if step >= least))
    # Above a day whole days are as round as it gets.
    whole = _ROUND_S[-1] if seconds and least > 1 else 1
    least /= whole
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1, 2, 5, 10):
        if factor * power >= least * (1 - 1e-9):
            return float(f"{factor * power * whole:.12g}")
    return 10 * power * whole


def short(value: float) -> str:
    """A number in three digits at most: `0.25`, `12`, `1.25k`, `88k`.

    >>> short(1250)
    '1.25k'
    """
    if not math.isfinite(value):
        return "?"
    if value < 0:
        return f"-{short(-value)}"
    if 0 < value < 0.01:
        return "<0.01"
    scaled = float(f"{value:.3g}")
    for power, name in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if scaled >= power:
            return f"{scaled / power:.3g}{name}" if scaled < 1e21 else "999E+"
    return f"{scaled:.3g}" if scaled >= 1 else f"{scaled:.2g}" if scaled else "0"


def value_text(value: float | None, unit: Unit) -> str:
    """A value for people: `12.4k`, `1.2s`, `25%`; a dash where nothing is known."""
    if value is None or not math.isfinite(value):
        return "–"
    if unit is Unit.SHARE:
        return f"{value * 100:.3g}%"
    if unit is Unit.SECONDS:
        ms = round(value * 1000)
        # As at the ticks: what is below a second is told in ms.
        return f"{ms}ms" if 0 <= ms < 1000 else human.duration(ms)
    return short(value)


# --- times

_STEPS = (
    *(10 * _S, 30 * _S, _M, 2 * _M, 5 * _M, 10 * _M, 15 * _M, 30 * _M),
    *(_H, 2 * _H, 3 * _H, 6 * _H, 12 * _H),
    *(_D, 2 * _D, 5 * _D, 7 * _D, 14 * _D, 28 * _D, 56 * _D, 112 * _D, 364 * _D),
)
_WEEKS_ON = 7 * _D  # from this step on ticks are on Mondays
_NAMED_DAYS = 14 * _D
"""Up to such a span a day is told by its name, else by its month."""


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A time (epoch ms) and what stands there."""

    at_ms: int
    text: str


def time_ticks(start_ms: int, end_ms: int, most: int) -> list[TimeTick]:
    """At most so many ticks at round local times of a span: minutes, hours, or the starts of days. Where clocks are put
    forward or back hours stay where they are: one is missing, or there twice."""
    if end_ms <= start_ms or most <= 0:
        return []
    try:
        for step in _STEPS:
            # One more may fit in between than the span has steps.
            if (end_ms - start_ms) // step >= most + 1:
                continue
            found = list(_ticks(start_ms, end_ms, step))
            if len(found) <= most:
                return [TimeTick(at, _tick_text(at, step, end_ms - start_ms)) for at in found]
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return []
    return []


def _local(at_ms: int) -> time.struct_time:
    return time.localtime(at_ms // _S)


def _ticks(start_ms: int, end_ms: int, step_ms: int) -> Iterator[int]:
    if step_ms >= _D:
        yield from _days(start_ms, end_ms, step_ms // _D)
        return
    # All zones are whole quarters of an hour away from each other.
    stride = min(step_ms, 15 * _M)
    for at in range(-(-start_ms // stride) * stride, end_ms, stride):
        local = _local(at)
        if (local.tm_hour * _H + local.tm_min * _M + local.tm_sec * _S) % step_ms == 0:
            yield at


def _days(start_ms: int, end_ms: int, days: int) -> Iterator[int]:
    first = _local(start_ms)
    at = start_ms - 1
    number = 0
    while at < end_ms:
        midnight = time.mktime((first.tm_year, first.tm_mon, first.tm_mday + number, 0, 0, 0, 0, 0, -1))
        at = round(midnight) * _S
        local = _local(at)
        # Days are counted from a Monday, so that a span that moves on keeps its ticks.
        ordinal = round((at + local.tm_gmtoff * _S) / _D) + 3
        if start_ms <= at < end_ms and ordinal % days == 0:
            yield at
        number += 1


def _tick_text(at_ms: int, step_ms: int, span_ms: int) -> str:
    local = _local(at_ms)
    if step_ms >= _D or (local.tm_hour == local.tm_min == local.tm_sec == 0 and span_ms > _D // 2):
        return f"{local.tm_mday} {_MONTHS[local.tm_mon - 1]}" if span_ms > _NAMED_DAYS else day_text(local)
    if step_ms < _M:
        return f"{local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}"
    return f"{local.tm_hour:02}:{local.tm_min:02}"


def back_by_days(at_ms: int, by_ms: int, step_ms: int) -> int:
    """How many ms ago the same local time of the day was, whole days (`by_ms`) before: an hour more or less where
    clocks were put back or forward in between, as far as steps allow for that."""
    try:
        shift = (_local(at_ms - by_ms).tm_gmtoff - _local(at_ms).tm_gmtoff) * _S
    except (OverflowError, ValueError, OSError):
        return by_ms
    return by_ms + shift if shift % step_ms == 0 else by_ms


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_text(local: time.struct_time) -> str:
    """`Tue 24`."""
    return f"{_DAYS[local.tm_wday]} {local.tm_mday}"


def span_text(start_ms: int, end_ms: int) -> str:
    """From when to when, in local time, as short as it can be told: `Tue 24 Nov 14:30 to 15:30`."""
    try:
        first, last = _local(start_ms), _local(end_ms)
    except (OverflowError, ValueError, OSError):
        return ""
    fine = bool(start_ms % _M or end_ms % _M)
    when = _clock(last, fine=fine)
    if first[:3] != last[:3]:
        when = f"{_date(last)} {when}"
    return f"{_date(first)} {_clock(first, fine=fine)} to {when}"


def moment_text(at_ms: int) -> str:
    """A time to the second, with its day: `Tue 24 Nov 14:30:10`."""
    try:
        local = _local(at_ms)
    except (OverflowError, ValueError, OSError):
        return f"{at_ms} ms"
    return f"{_date(local)} {_clock(local, fine=bool(at_ms % _M))}"


def step_text(ms: int) -> str:
    """A step: `10 s`, `5 min`, `2 h`, `day`."""
    for unit, name in ((_D, "day"), (_H, "h"), (_M, "min")):
        if ms % unit == 0:
            return name if ms == _D else f"{ms // unit} {name}"
    return f"{ms // _S} s"


def _date(local: time.struct_time) -> str:
    return f"{day_text(local)} {_MONTHS[local.tm_mon - 1]}"


def _clock(local: time.struct_time, *, fine: bool) -> str:
    seconds = f":{local.tm_sec:02}" if fine else ""
    return f"{local.tm_hour:02}:{local.tm_min:02}{seconds}"
