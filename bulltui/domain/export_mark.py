"""How far an export is, such that another process can go on with it."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Spot
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Mark:
    """Behind what was written so far: `jobs` written and entries `examined` in all, the state that is gone through and
    the spot in it (None: at its end), and for jobs named by ids the index of the next one. `digests` are those of the
    ids written since the mark before, 8 bytes each; a mark in the middle of a look has the spot before it.

    The other numbers are what is to be told: ids that were named and are `missing`, jobs that may match but have a
    field too large to be looked into (`unread`), fields of which only the size was written (`cut`), jobs with bytes
    that are no UTF-8, which JSON cannot hold (`inexact`).
    """

    jobs: int = 0
    examined: int = 0
    ref: QueueRef | None = None
    state: JobState | None = None
    spot: Spot | None = None
    next: int = 0
    digests: bytes = b""
    missing: int = 0
    unread: int = 0
    cut: int = 0
    inexact: int = 0


_NUMBERS = ("jobs", "examined", "next", "missing", "unread", "cut", "inexact")


def ref_words(ref: QueueRef) -> list[str]:
    """Which queue, as JSON: prefix and name, and where several servers are shown the label of its server."""
    return [ref.prefix, ref.name, ref.server] if ref.server else [ref.prefix, ref.name]


def ref_from(words: Any) -> QueueRef:
    """The queue of JSON values. Raises ValueError or TypeError for what is none."""
    prefix, name, *server = map(str, words)
    return QueueRef(prefix, name, *server)


def mark_words(mark: Mark) -> dict[str, Any]:
    """A mark as JSON values."""
    ref, spot = mark.ref, mark.spot
    return {
        "queue": None if ref is None else ref_words(ref),
        "state": mark.state,
        "spot": None if spot is None else [spot.score, spot.member, spot.left],
        "digests": b64encode(mark.digests).decode(),
    } | {name: getattr(mark, name) for name in _NUMBERS}


def mark_from(words: Any) -> Mark:
    """The mark of JSON values. Raises ValueError, TypeError or KeyError for what is none."""
    queue, spot, state = words["queue"], words["spot"], words["state"]
    return Mark(
        ref=None if queue is None else ref_from(queue),
        state=None if state is None else JobState(state),
        spot=None if spot is None else Spot(str(spot[0]), str(spot[1]), int(spot[2])),
        digests=b64decode(words["digests"], validate=True),
        **{name: int(words[name]) for name in _NUMBERS},
    )


def line_of(words: Any) -> bytes:
    """JSON values as a line. Texts that are no Unicode come back as they were."""
    return json.dumps(words).encode() + b"\n"
