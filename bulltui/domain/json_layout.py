"""JSON text written in another way and with the same tokens: numbers and escapes stay as somebody wrote them."""

import json
import re
from itertools import pairwise

from bulltui.domain.jsontext import parse

_TEXT = r'"(?:[^"\\]|\\.)*"'
_SPACE_BETWEEN = re.compile(rf"({_TEXT})|[ \t\r\n]+", re.DOTALL)
_TOKEN = re.compile(rf'{_TEXT}|[{{}}\[\],:]|[^\s{{}}\[\],:"]+', re.DOTALL)
_INDENT = "  "


def compact(text: str) -> str:
    """Valid JSON text without the space between its tokens.

    >>> compact('{ "a b": 1.10 }')
    '{"a b":1.10}'
    """
    return _SPACE_BETWEEN.sub(lambda found: found[1] or "", text)


def indented(text: str) -> str:
    """Valid JSON text with one member or element on each line."""
    out: list[str] = []
    depth = 0
    signs = [match[0] for match in _TOKEN.finditer(text)]
    for sign, following in pairwise((*signs, "")):
        if sign in "{[":
            if following in ("}", "]"):
                out.append(sign)
                continue
            depth += 1
            out += [sign, "\n", _INDENT * depth]
        elif sign in "}]":
            if out[-1] not in ("{", "["):
                depth -= 1
                out += ["\n", _INDENT * depth]
            out.append(sign)
        elif sign == ",":
            out += [",\n", _INDENT * depth]
        else:
            out.append(": " if sign == ":" else sign)
    return "".join(out)


def members(text: str) -> dict[str, str] | None:
    """The members of a JSON object, the value of each as it is written; None for text that is no JSON object. Of a name
    that stands there twice the last counts, as for every parser."""
    if not isinstance(parse(text).value, dict):
        return None
    decoder = json.JSONDecoder()
    found: dict[str, str] = {}
    at = text.index("{") + 1
    while True:
        at = _after_space(text, at)
        if text[at] in ",":
            at += 1
        elif text[at] == "}":
            return found
        else:
            name, at = decoder.raw_decode(text, at)
            start = _after_space(text, _after_space(text, at) + 1)
            _, at = decoder.raw_decode(text, start)
            found[name] = text[start:at]


def _after_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
