"""How names of strangers stand in labels of metrics: the endpoint tells them so, and a history read from Prometheus
asks for them so."""

import hashlib
import re

from bulltui.domain.text import to_bytes

LONGEST = 200
"""A longer name is cut: it stands in each of a queue's samples, and a name may have half a GB."""
_MARKED = re.compile("~[0-9a-f]{20}$")
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


def plain(text: str) -> str:
    """`text` as a label has it.

    A name that is no UTF-8, or too long, gets signs in place of what is left out, and the start of its digest behind
    a `~`. So does one that ends as if it had been so: two names never have the same value, whoever chose them.
    """
    if len(text) <= LONGEST and not ("~" in text and _MARKED.search(text)):
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    raw = to_bytes(text)
    start = raw[:LONGEST].decode("utf-8", "replace")
    return f"{start}~{hashlib.sha256(raw).hexdigest()[:20]}"


def quoted(text: str) -> str:
    """A value as it stands between double quotes, of a sample and of a query alike.

    >>> quoted('a"b')
    'a\\\\"b'
    """
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def literal(text: str) -> str:
    """A value as a regular expression of a query that matches nothing else.

    >>> literal("a.b")
    'a\\\\.b'
    """
    return _SPECIAL.sub(r"\\\1", text)
