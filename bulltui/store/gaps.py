"""Whether events were trimmed from a stream before they were read.

Streams are trimmed at their old end. So while an entry that was read before is still there, all that came after it is.
Only where it is gone the stream is asked how it stands: Redis 7 and later count all entries that a stream ever had,
which tells how many came between what was read before and what was read then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.event import Gap, place
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import exact
from bulltui.store.streams import START, Entry, Standing, size_of

UNKNOWN_SIZE = 64 * 1024
"""Bytes an entry is taken to have before any was seen: reading begins with few, and soon takes more."""

_EASY = 4096
"""A witness has at most this many bytes."""


@dataclass(slots=True)
class Track:
    """How far a stream was read. `count` is how many entries it had had up to `cursor`, None where that is not known.
    `witness` is an entry read before, a small one, that is looked at again. `size` is what the last entries had in
    bytes, `mean` what all of the stream have, 0 where that does not matter."""

    cursor: str
    count: int | None = None
    witness: str = ""
    size: int = UNKNOWN_SIZE
    mean: int = 0

    @property
    def room(self) -> int:
        """How many bytes an entry may be expected to have."""
        return max(self.size, self.mean, 64)

    def advance(self, entries: Sequence[Entry], lost: int | None = 0) -> None:
        """`entries` were read, of which `lost` were missed before the first."""
        self.cursor = exact(entries[-1][0])
        if self.count is not None:
            self.count = None if lost is None else self.count + lost + len(entries)
        self.witness = next((exact(one[0]) for one in reversed(entries) if size_of(one) <= _EASY), self.witness)
        self.size = max(sum(map(size_of, entries)) // len(entries), self.size // 4)

    def settle(self, standing: Standing) -> None:
        """Learns the count where the stream was read to its end."""
        if standing.kind == "stream" and standing.last == self.cursor:
            self.count = standing.added
        elif standing.kind == "none" and self.cursor == START:
            self.count = 0


def lost_before(track: Track, entries: Sequence[Entry], now: Standing) -> int | None:
    """How many entries between `track.cursor` and the first of `entries`, which were read behind it, nobody read; None
    where there were some perhaps. `now` is how the stream stands after that."""
    if now.kind != "stream" or (now.first and place(now.first) <= place(track.cursor)):
        return 0
    if now.added is None:
        return 0 if track.cursor == START and track.count == 0 else None
    trimmed = now.added - now.length
    if trimmed == 0 or (track.count is not None and now.added < track.count + len(entries)):
        return 0  # nothing was ever trimmed, or the stream has begun anew
    if track.count is None or now.holes:
        return None
    read = sum(not now.first or place(exact(one[0])) < place(now.first) for one in entries)
    return max(0, trimmed - read - track.count)


def gap_of(ref: QueueRef, track: Track, entries: Sequence[Entry], lost: int | None) -> Gap | None:
    """The gap before `entries`, None where nothing was lost."""
    return None if lost == 0 else Gap(ref, track.cursor, exact(entries[0][0]), lost)
