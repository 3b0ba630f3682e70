"""Times, sizes and counts as people read them.

Everything here takes any number, since timestamps and sizes come from strangers: negative, huge or absurd values get a
short text as well, never an error. Whole numbers are used throughout, floats only where they came in as such.
"""

import time

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
YEAR_MS = 365 * DAY_MS

_ENDLESS = "999y+"
_COUNT_UNITS = "kMGTPE"
_SIZE_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def _long(ms: int) -> str:
    """A span of a minute or more, in its two largest units."""
    if ms < HOUR_MS:
        return f"{ms // MINUTE_MS}m {ms % MINUTE_MS // SECOND_MS:02d}s"
    if ms < DAY_MS:
        return f"{ms // HOUR_MS}h {ms % HOUR_MS // MINUTE_MS:02d}m"
    if ms < YEAR_MS:
        return f"{ms // DAY_MS}d {ms % DAY_MS // HOUR_MS:02d}h"
    years = ms // YEAR_MS
    return f"{years}y {ms % YEAR_MS // DAY_MS}d" if years < 1000 else _ENDLESS


def age(ms: int) -> str:
    """A span of time to the second: `42s`, `4m 12s`, `3h 05m`, `12d 04h`, `2y 41d`.

    A negative one is still to come: `in 4m 12s`. Clocks of two machines differ, so less than a second ahead is `0s`.

    >>> age(252_400)
    '4m 12s'
    """
    if ms < 0:
        return f"in {age(-ms)}" if ms <= -SECOND_MS else "0s"
    return f"{ms // SECOND_MS}s" if ms < MINUTE_MS else _long(ms)


def ago(ms: int) -> str:
    """When something was, by the time since: `just now`, `4m 12s ago`, `in 5s`.

    >>> ago(2_000)
    '2s ago'
    """
    if -SECOND_MS < ms < SECOND_MS:
        return "just now"
    return age(ms) if ms < 0 else f"{age(ms)} ago"


def duration(ms: int) -> str:
    """How long something took, finer than `age`: `3ms`, `0.2s`, `30.0s`, `4m 12s`.

    >>> duration(30_040)
    '30.0s'
    """
    if ms < 0:
        return f"-{duration(-ms)}"
    if ms < 100:
        return f"{ms}ms"
    if ms < MINUTE_MS:
        return f"{ms // SECOND_MS}.{ms % SECOND_MS // 100}s"
    return _long(ms)


def size(count: int) -> str:
    """A number of bytes: `20 B`, `1.2 KiB`, `50 MiB`.

    >>> size(52_428_800)
    '50 MiB'
    """
    if count < 0:
        return f"-{size(-count)}"
    if count < 1024:
        return f"{count} B"
    return _scaled(count, 1024, _SIZE_UNITS, " ")


def count(number: int) -> str:
    """A compact count, rounded down so that it never says more than there is: `903`, `1.2k`, `98k`, `1.3M`.

    >>> count(1_299_999)
    '1.2M'
    """
    if number < 0:
        return f"-{count(-number)}"
    if number < 1000:
        return str(number)
    return _scaled(number, 1000, _COUNT_UNITS, "")


def _scaled(number: int, base: int, units: tuple[str, ...] | str, gap: str) -> str:
    unit = base
    for name in units:
        if number < unit * base:
            whole = number // unit
            return f"{whole}.{number % unit * 10 // unit}{gap}{name}" if whole < 10 else f"{whole}{gap}{name}"
        unit *= base
    return f"{base - 1}{gap}{units[-1]}+"


def rate(per_minute: float) -> str:
    """Jobs a minute: `0`, `0.4`, `12`, `1.2k`."""
    if 0 < per_minute < 10 and per_minute != int(per_minute):
        return f"{per_minute:.1f}"
    return count(int(per_minute)) if abs(per_minute) < 1e30 else "?"


def clock(ms: int, *, fine: bool = False) -> str:
    """Local date and time, `fine` with milliseconds; a time that no calendar has as its plain number."""
    try:
        whole, rest = divmod(ms, SECOND_MS)
        text = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(whole))
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"
    if not 0 <= whole < 253_402_300_800:  # before 1970 or after 9999: nobody's clock
        return f"{ms} ms"
    return f"{text}.{rest:03d}" if fine else text
