"""A line as it is typed at a Redis prompt, and the words it means."""

from bulltui.domain.errors import UsageError

_SIMPLE = {"n": b"\n", "r": b"\r", "t": b"\t", "b": b"\b", "a": b"\a"}


def words_of(line: str) -> list[bytes]:
    r"""The words of a line: parted by space; in "..." with escapes (`\n`, `\xff`, `\"`), in '...' as they are, save for
    `\'`. Raises UsageError for a quote that is not closed, or followed by anything but space."""
    words: list[bytes] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word = b""
        while at < len(line) and not line[at].isspace():
            sign = line[at]
            if sign in "\"'":
                part, at = _quoted(line, at + 1, sign)
                word += part
                if at < len(line) and not line[at].isspace():
                    raise UsageError("Space has to follow a closing quote.", code="words")
            else:
                word += _bytes(sign)
                at += 1
        words.append(word)
    return words


def is_open(line: str) -> bool:
    """Whether a quote is still open, so that more lines belong to this one."""
    try:
        words_of(line)
    except UsageError as error:
        return error.code == "open-quote"
    return False


def _quoted(line: str, at: int, quote: str) -> tuple[bytes, int]:
    found = b""
    while at < len(line):
        sign = line[at]
        if sign == quote:
            return found, at + 1
        following = line[at + 1 : at + 2]
        if sign == "\\" and quote == '"' and following == "x" and _is_hex(line[at + 2 : at + 4]):
            found += bytes([int(line[at + 2 : at + 4], 16)])
            at += 4
        elif sign == "\\" and following and (quote == '"' or following == "'"):
            found += _SIMPLE.get(following, _bytes(following)) if quote == '"' else b"'"
            at += 2
        else:
            found += _bytes(sign)
            at += 1
    raise UsageError("A quote is not closed.", code="open-quote")


def _is_hex(text: str) -> bool:
    return len(text) == 2 and all(sign in "0123456789abcdefABCDEF" for sign in text)


def _bytes(sign: str) -> bytes:
    return sign.encode("utf-8", "surrogateescape" if "\udc80" <= sign <= "\udcff" else "backslashreplace")
