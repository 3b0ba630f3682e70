"""What strangers call their queues and jobs, as values of labels."""

from bulltui.domain.label_value import LONGEST, plain, quoted
from bulltui.domain.metric import Family
from bulltui.domain.queue import DEFAULT_PREFIX, QueueRef

__all__ = ["LONGEST", "of", "of_queue", "of_server", "value"]


def value(text: str) -> str:
    """`text` as the value of a label between quotes, in any exposition format (`domain.label_value`).

    >>> value('a"b')
    'a\\\\"b'
    """
    return quoted(plain(text))


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
