"""Numbers of a report as people read them, the same in every form."""

from collections.abc import Callable

from bulltui.domain.human import duration, rate
from bulltui.domain.report_numbers import change

NONE = "—"
MINUS = "−"


def number(value: float | None) -> str:
    """A number of jobs."""
    return NONE if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """A part of a whole, to a tenth of a percent, finer where it is less than that."""
    if value is None:
        return NONE
    percent = value * 100
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %"


def took(ms: float | None) -> str:
    """How long something took."""
    return NONE if ms is None else duration(round(ms))


def per_minute(jobs: int, span_ms: int) -> str:
    """Jobs a minute, on average."""
    return rate(jobs * 60_000 / span_ms) if span_ms > 0 else NONE


def changed(now: float | None, before: float | None) -> str:
    """How much a number of jobs changed: `+1,204 (+4 %)`."""
    return _changed(now, before, lambda by: f"{by:,.0f}")


def changed_share(now: float | None, before: float | None) -> str:
    """How much a part of a whole changed, in points of a percent."""
    found = change(now, before)
    if found is None:
        return NONE
    points = round(found.by * 100, 1)
    return "=" if not points else f"{_sign(points)}{abs(points):.1f} points"


def changed_time(now: float | None, before: float | None) -> str:
    """How much a duration changed."""
    return _changed(now, before, lambda by: duration(round(by)))


def _changed(now: float | None, before: float | None, shown: Callable[[float], str]) -> str:
    found = change(now, before)
    if found is None:
        return NONE
    if not round(found.by):
        return "="
    text = f"{_sign(found.by)}{shown(abs(found.by))}"
    return text if found.share is None else f"{text} ({part(found.share)})"


def part(value: float) -> str:
    """By which part of it something changed: `+4 %`, `×12` where it is many times as much."""
    if value >= 9.5:
        return f"×{value + 1:,.0f}"
    percent = round(value * 100)
    return "± 0 %" if not percent else f"{_sign(percent)}{abs(percent)} %"


def _sign(value: float) -> str:
    return "+" if value > 0 else MINUS
