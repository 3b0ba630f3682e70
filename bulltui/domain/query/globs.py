"""Values with `*` and `?` in them, as queries hold them: a backslash before a sign takes its meaning away."""

import re
from functools import lru_cache

_SPECIAL = re.compile(r"[\\*?]")
_PIECE = re.compile(r"\\(.)|([*?])|(\\|[^\\*?]+)", re.DOTALL)


def literal(text: str) -> str:
    """The value that only `text` itself fits."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def pieces(value: str) -> list[str]:
    """The texts between the wild signs of a value, in order; a single one where it has none."""
    found = [""]
    for escaped, wild, plain in _PIECE.findall(value):
        if wild:
            found.append("")
        else:
            found[-1] += escaped or plain
    return found


@lru_cache(maxsize=256)
def _segments(value: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the stars, each to be found behind the one before: one search a star, however many."""
    segments = [""]
    for escaped, wild, plain in _PIECE.findall(value):
        if wild == "*":
            segments.append("")
        else:
            segments[-1] += "." if wild else re.escape(escaped or plain)
    return tuple(re.compile(segment, re.DOTALL) for segment in segments)


def fits(value: str, text: str) -> bool:
    """Whether the whole of `text` is as `value` says."""
    first, *others = _segments(value)
    if not others:
        return first.fullmatch(text) is not None
    found = first.match(text)
    *middle, last = others
    for segment in middle:
        if found is None:
            return False
        found = segment.search(text, found.end())
    if found is None:
        return False
    # The last segment has as many characters as it takes: no star, so its length is fixed.
    at = len(text) - _length(last)
    return at >= found.end() and last.fullmatch(text, at) is not None


@lru_cache(maxsize=256)
def _length(segment: re.Pattern[str]) -> int:
    return len(re.sub(r"\\(.)", r"\1", segment.pattern, flags=re.DOTALL))
