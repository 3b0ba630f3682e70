"""Times as people type them."""

from datetime import datetime

from bulltui.domain.errors import UsageError
from bulltui.domain.spans import span
from bulltui.domain.text import visible

_LATEST_MS = 253_402_300_800_000  # the year 10000


def moment(text: str, now_ms: int) -> int:
    """A time in epoch ms: a local date or time (`2026-11-24`, `2026-11-24 09:00`), one with its zone
    (`2026-11-24T09:00Z`), a time of today (`09:00`), how long ago it was (`3h`), `now`, or epoch ms. Raises UsageError.

    >>> moment("2026-11-24T09:00Z", 0)
    1795510800000
    """
    wanted = text.strip()
    if wanted.lower() == "now":
        return now_ms
    if wanted.isdecimal() and wanted.isascii() and 12 <= len(wanted) <= 14:
        found = int(wanted)
    elif wanted[:1].isdigit() and any(sign in wanted for sign in "-:"):
        found = _calendar(wanted, now_ms)
    else:
        try:
            found = now_ms - span(wanted.removesuffix("ago"))
        except UsageError:
            raise _unclear(text) from None
    if not 0 <= found < _LATEST_MS:
        raise _unclear(text)
    return found


def _calendar(text: str, now_ms: int) -> int:
    if ":" in text and "-" not in text and "T" not in text.upper():
        text = f"{datetime.fromtimestamp(now_ms / 1000).date().isoformat()} {text.zfill(5) if len(text) == 4 else text}"
    try:
        when = datetime.fromisoformat(text)
        # Without a zone it is local.
        return round(when.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise _unclear(text) from None


def _unclear(text: str) -> UsageError:
    return UsageError(
        f"{visible(text.strip())!r} is no time.",
        hint="Write it like 3h (ago), 09:00, 2026-11-24 or '2026-11-24 09:00'.",
    )
