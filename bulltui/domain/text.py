"""Text from strangers made safe to show, without hiding anything of it.

Job names, data, errors and queue names may hold terminal escapes, control characters, bidi overrides or bytes that
are no UTF-8. Two forms exist of every such text:

- the *exact* form, a `str` decoded with `surrogateescape`, which can be turned back into the very bytes in Redis and
  is used for keys and ids;
- the *shown* form of `visible()`, in which every dangerous or invisible character is replaced by a sign for it.
"""

import re
import unicodedata

_CONTROL_PICTURES = 0x2400
_NAMED_CONTROLS = {0x7F: "␡"}

# C0 (bar tab and newline, which callers decide on), DEL, C1, lone surrogates, and every format character that moves,
# hides or reverses its neighbours: bidi marks, embeddings and isolates, zero-width characters, tags, line separators.
DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_NEVER_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_DANGEROUS_OR_BREAK = re.compile(DANGEROUS.pattern[:-1] + "\t\n]")


def exact(raw: bytes | str) -> str:
    """The text of `raw` such that `to_bytes` gives back the same bytes, valid UTF-8 or not."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The bytes in Redis of an exact text. A surrogate that never was a byte becomes its escape, `\\ud800`."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _NEVER_BYTES.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8", "surrogateescape")


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code in _NAMED_CONTROLS:
        return _NAMED_CONTROLS[code]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"‹U+{code:04X}›"


def visible(text: str) -> str:
    """`text` on one line, harmless in any terminal: each control, bidi or invisible character as a sign for it.

    >>> visible("a\\x1b[31mb\\u202ec")
    'a␛[31mb‹U+202E›c'
    """
    return text if text.isascii() and text.isprintable() else _DANGEROUS_OR_BREAK.sub(_sign, text)


def visible_lines(text: str) -> str:
    """As `visible`, keeping newlines and turning tabs into spaces: for blocks like stack traces and logs."""
    return DANGEROUS.sub(_sign, text.replace("\r\n", "\n").expandtabs(4))


def valid_unicode(text: str) -> str:
    """`text` with every lone surrogate written as an escape, so that any UTF-8 writer or JSON parser takes it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(
            f"\\x{ord(c) - 0xDC00:02x}"
            if 0xDC80 <= ord(c) <= 0xDCFF
            else f"\\u{ord(c):04x}"
            if 0xD800 <= ord(c) <= 0xDFFF
            else c
            for c in text
        )
    return text


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(cells_of(sign) for sign in text)


def cells_of(sign: str) -> int:
    """How many columns a character takes."""
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold all of it: there are no lone surrogates, and so no bytes that were none."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 job`, `1,204 jobs`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
