"""Answers of raw commands: as redis-cli shows them, as plain lines for scripts, as bytes, or as JSON."""

from collections.abc import Iterator
from math import isfinite

from bulltui.domain.jsontext import Json
from bulltui.domain.redis_reply import Reply, ReplyError
from bulltui.domain.text import exact, visible

_ESCAPES = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x07: "\\a", 0x08: "\\b"}
_STATUS = (b"OK", b"PONG")
_DEEPEST = 100


def lines_of(reply: Reply, *, status: bool = False) -> Iterator[str]:
    """As redis-cli shows it to people. With `status` a text is a word of the server, such as OK, not a value."""
    yield from _lines(reply, status=status, depth=0)


def _lines(reply: Reply, *, status: bool = False, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        yield "…"
        return
    match reply:
        case dict() if reply:
            pairs = [(f"{at}# {next(_lines(name))} => ", value) for at, (name, value) in enumerate(reply.items(), 1)]
        case list() | tuple() | set() | frozenset() if reply:
            sign = "~" if isinstance(reply, set | frozenset) else ")"
            width = len(str(len(reply)))
            pairs = [(f"{at:>{width}}{sign} ", value) for at, value in enumerate(reply, 1)]
        case _:
            yield _scalar(reply, status=status)
            return
    for start, value in pairs:
        inner = _lines(value, depth=depth + 1)
        yield start + next(inner)
        indent = " " * min(len(start), 40)
        yield from (indent + line for line in inner)


def _scalar(reply: Reply, *, status: bool) -> str:
    match reply:
        case None:
            return "(nil)"
        case bool():
            return "(true)" if reply else "(false)"
        case int():
            return f"(integer) {reply}"
        case float():
            return f"(double) {reply:g}"
        case ReplyError():
            return f"(error) {visible(reply.text)}"
        case dict():
            return "(empty hash)"
        case set() | frozenset():
            return "(empty set)"
        case list() | tuple():
            return "(empty array)"
        case bytes() | str():
            content = reply if isinstance(reply, bytes) else reply.encode("utf-8", "surrogateescape")
            return visible(exact(content)) if status or content in _STATUS else quoted(content)
        case _:
            return visible(str(reply))


def quoted(content: bytes) -> str:
    r"""Bytes in quotes as they could be typed again: readable letters as they are, all else escaped (`\xff`)."""
    found = []
    for sign in content.decode("utf-8", "surrogateescape"):
        code = ord(sign)
        if 0xDC80 <= code <= 0xDCFF:
            found.append(f"\\x{code - 0xDC00:02x}")
        elif code in _ESCAPES:
            found.append(_ESCAPES[code])
        elif code < 0x20 or visible(sign) != sign:
            found.append("".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogatepass")))
        else:
            found.append(sign)
    return f'"{"".join(found)}"'


def text_lines(text: bytes) -> Iterator[str]:
    """A text of the server, line by line, harmless in any terminal."""
    for line in text.rstrip(b"\r\n").split(b"\n"):
        yield visible(exact(line.removesuffix(b"\r")))


def plain_lines(reply: Reply) -> Iterator[str]:
    """One value a line without quotes, harmless in any terminal."""
    for one in _flat(reply):
        yield visible(exact(one))


def raw_of(reply: Reply) -> bytes:
    """The bytes as they are, one value a line."""
    return b"\n".join(_flat(reply)) + b"\n"


def _flat(reply: Reply) -> Iterator[bytes]:
    match reply:
        case dict():
            for name, value in reply.items():
                yield from _flat(name)
                yield from _flat(value)
        case list() | tuple() | set() | frozenset():
            for one in reply:
                yield from _flat(one)
        case None:
            yield b""
        case bytes():
            yield reply
        case bool():
            yield b"1" if reply else b"0"
        case ReplyError():
            yield reply.text.encode("utf-8", "surrogateescape")
        case float():
            yield f"{reply:.17g}".encode()
        case _:
            yield str(reply).encode("utf-8", "surrogateescape")


def document_of(reply: Reply) -> Json:
    """The answer as JSON: an error is an object with `error`, a map whose names are no texts a list of pairs."""
    match reply:
        case dict():
            if all(isinstance(name, bytes | str) for name in reply):
                return {document_of(name): document_of(value) for name, value in reply.items()}
            return [[document_of(name), document_of(value)] for name, value in reply.items()]
        case list() | tuple():
            return [document_of(one) for one in reply]
        case set() | frozenset():
            return sorted((document_of(one) for one in reply), key=str)
        case bytes():
            return exact(reply)
        case float():
            return reply if isfinite(reply) else str(reply)
        case ReplyError():
            return {"error": reply.text}
        case _:
            return reply
