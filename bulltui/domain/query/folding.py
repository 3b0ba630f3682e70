"""Texts without regard to case, such that a server that compares bytes can sort out most of them before.

A letter is lowered only where its lower form takes as many bytes of UTF-8: `É` and `é` are one, the Kelvin sign and `k`
are not. So a text stands in another one at the same bytes as its folded form in the folded other one.
"""

from functools import lru_cache


def fold(text: str) -> str:
    """`text` with its letters lowered, of the same length in characters and in bytes."""
    return text.lower() if text.isascii() else text.translate(_lower())


def spellings(sign: str) -> str:
    """All characters that fold to `sign`, itself among them."""
    if sign.isascii():  # without the table of all others
        return sign if sign == sign.upper() else sign.upper() + sign
    return _spellings().get(sign, "") + sign


@lru_cache(maxsize=1)
def _lower() -> dict[int, str]:
    lower: dict[int, str] = {}
    for code in range(0x20000):  # there are no letters with case beyond
        sign = chr(code)
        low = sign.lower()
        if low != sign and len(low) == 1 and len(low.encode()) == len(sign.encode()):
            lower[code] = low
    return lower


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    spelt: dict[str, str] = {}
    for code, low in _lower().items():
        spelt[low] = spelt.get(low, "") + chr(code)
    return spelt
