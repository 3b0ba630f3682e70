"""What strangers call their queues and jobs, as values of labels."""

import hashlib
import re

from bulltui.domain.metric import Family
from bulltui.domain.queue import DEFAULT_PREFIX, QueueRef
from bulltui.domain.text import to_bytes

LONGEST = 200
"""A longer name is cut: it stands in each of a queue's samples, and a name may have half a GB."""
_MARKED = re.compile("~[0-9a-f]{20}$")


def value(text: str) -> str:
    """`text` as the value of a label between quotes, in any exposition format.

    A name that is no UTF-8, or too long, gets signs in place of what is left out, and the start of its digest behind
    a `~`. So does one that ends as if it had been so: two names never have the same value, whoever chose them.

    >>> value('a"b')
    'a\\\\"b'
    """
    if len(text) <= LONGEST and not ("~" in text and _MARKED.search(text)):
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return _escaped(text)
    raw = to_bytes(text)
    start = raw[:LONGEST].decode("utf-8", "replace")
    return _escaped(f"{start}~{hashlib.sha256(raw).hexdigest()[:20]}")


def of(**labels: str) -> str:
    """Labels with their values, as they stand between braces."""
    return ",".join(f'{name}="{value(text)}"' for name, text in labels.items())


def of_queue(ref: QueueRef, family: Family = Family.OURS) -> str:
    """The labels of a queue. The prefix is one of them where it is not BullMQ's default, whatever other queues there
    are: so the labels of a queue never change, and two queues never have the same."""
    more = {"server": ref.server} if ref.server else {}
    if family is Family.BULL_EXPORTER:
        return of(queue=ref.name, prefix=ref.prefix, **more)
    if family is Family.BULL_MONITOR:
        return of(queue_prefix=ref.prefix, queue_name=ref.name, **more)
    if ref.prefix != DEFAULT_PREFIX:
        more = {"prefix": ref.prefix, **more}
    return of(queue=ref.name, **more)


def of_server(label: str) -> str:
    """The labels of a server: none where only one is shown."""
    return of(server=label) if label else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
