"""Events as lines for people and as documents for programs."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bulltui.cli.call import Call
from bulltui.cli.documents import of_server
from bulltui.cli.options import Output
from bulltui.cli.output import Out, Scalar
from bulltui.cli.table import GAP, Tone, cells, cut
from bulltui.domain import human
from bulltui.domain.event import Event
from bulltui.domain.event_words import said
from bulltui.domain.jsontext import Json
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible

EVENT_FIELDS = ("id", "at", "queue", "prefix", "event", "jobId", "text")
"""The titles of the CSV form."""

_TONES = {
    "completed": Tone.OK,
    "failed": Tone.BAD,
    "retries-exhausted": Tone.BAD,
    "stalled": Tone.BAD,
    "paused": Tone.WARN,
    "delayed": Tone.WARN,
    "removed": Tone.DIM,
    "cleaned": Tone.DIM,
    "waiting": Tone.DIM,
    "added": Tone.DIM,
    "drained": Tone.DIM,
}
_KIND = 17
_NAME = 32
"""Columns for a kind and for a queue's name at most, so that lines stay below each other."""


def event_document(event: Event) -> dict[str, Json]:
    """An event as a JSON object. `cut` names fields of which only the start is there."""
    return {
        "id": event.id,
        "at": event.at_ms,
        "queue": event.ref.name,
        "prefix": event.ref.prefix,
        **of_server(event.ref),
        "event": event.kind,
        "jobId": event.job_id or None,
        "fields": dict(event.fields),
        "cut": sorted(event.cut),
    }


def event_row(event: Event) -> dict[str, Scalar]:
    """An event as a row of CSV."""
    return {
        "id": event.id,
        "at": event.at_ms,
        "queue": event.ref.name,
        "prefix": event.ref.prefix,
        **of_server(event.ref),
        "event": event.kind,
        "jobId": event.job_id,
        "text": said(event),
    }


@dataclass
class Lines:
    """Writes events one below the other. `refs` are the queues known of; a name is written where there are several."""

    out: Out
    refs: set[QueueRef] = field(default_factory=set)
    _width: int = 0
    _one_prefix: bool = True

    def know(self, refs: Iterable[QueueRef]) -> None:
        """These queues may come."""
        self.refs.update(refs)
        self._one_prefix = len({ref.prefix for ref in self.refs}) == 1
        self._width = min(_NAME, max((cells(visible(self._name(ref))) for ref in self.refs), default=0))

    def write(self, event: Event) -> None:
        """Writes a line."""
        tone = _TONES.get(event.kind, Tone.PLAIN)
        time = human.clock(event.at_ms, fine=True) if event.at_ms else event.id
        parts = [self.out.paint(visible(time), Tone.DIM)]
        if len(self.refs) > 1:
            parts.append(_padded(visible(self._name(event.ref)), self._width))
        parts.append(self.out.paint(_padded(visible(event.kind) or "-", _KIND), tone))
        parts.append(visible(event.job_id) or "-")
        text = visible(said(event))
        if text:
            parts.append(self.out.paint(text, tone) if tone is Tone.BAD else text)
        self.out.line(GAP.join(parts).rstrip())

    def _name(self, ref: QueueRef) -> str:
        return ref.shown if self._one_prefix else ref.shown_key


def _padded(text: str, width: int) -> str:
    shown = cut(text, width)
    return shown + " " * (width - cells(shown))


@contextmanager
def writer(call: Call, lines: Lines) -> Iterator[Callable[[Event], None]]:
    """Writes events in the form that was asked for."""
    if call.output is Output.TABLE:
        yield lines.write
    elif call.output is Output.CSV:
        with call.out.rows(EVENT_FIELDS) as add_row:
            yield lambda event: add_row(event_row(event))
    else:
        with call.out.documents(call.output) as add:
            yield lambda event: add(event_document(event))
