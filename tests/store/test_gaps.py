"""What is told of trimmed events where the server tells more or less about its streams."""

import pytest

from bulltui.domain.event import Gap
from bulltui.store.gaps import Track, gap_of, lost_before
from bulltui.store.streams import START, Entry, Standing
from tests.store.support import MAIL

READ: list[Entry] = [(b"50-0", [b"event", b"added"]), (b"51-0", [b"event", b"added"])]


def stream(added: int | None, length: int, first: str = "50-0", *, holes: bool = False) -> Standing:
    """How a stream stands whose last entry is that of READ."""
    return Standing("stream", "51-0", length, added, first, holes)


@pytest.mark.parametrize(
    ("track", "now", "lost"),
    [
        # What was read before is still there.
        (Track("10-0", count=10), stream(100, 90, "9-0"), 0),
        (Track("10-0"), stream(None, 90, "10-0"), 0),
        # Redis 7 counts all entries there ever were.
        (Track("10-0", count=10), stream(20, 2), 8),
        (Track("10-0", count=18), stream(20, 2), 0),
        (Track("10-0", count=10), stream(20, 1, "51-0"), 8),
        (Track("10-0", count=10), stream(25, 0, ""), 13),
        (Track("10-0", count=10), stream(2, 2), 0),  # begun anew
        (Track("10-0", count=10), stream(20, 2, holes=True), None),
        (Track("10-0"), stream(20, 2), None),
        (Track("10-0"), stream(20, 20), 0),
        # Before that nobody knows, save of a stream that was not there when the following began.
        (Track("10-0", count=None), stream(None, 2), None),
        (Track(START, count=0), stream(None, 2), 0),
        # The stream is gone since.
        (Track("10-0", count=10), Standing("none"), 0),
    ],
)
def test_how_many_are_missing(track: Track, now: Standing, lost: int | None) -> None:
    assert lost_before(track, READ, now) == lost
    assert gap_of(MAIL, track, READ, lost) == (None if lost == 0 else Gap(MAIL, track.cursor, "50-0", lost))


def test_the_count_goes_on_with_what_is_read_and_what_is_lost() -> None:
    track = Track("10-0", count=10)
    track.advance(READ, 8)
    assert (track.cursor, track.count, track.witness) == ("51-0", 20, "51-0")
    track.advance([(b"52-0", [b"returnvalue", b"x" * 100_000])])
    assert (track.count, track.witness) == (21, "51-0"), "a large entry is no witness"
    assert track.size >= 50_000
    track.advance([(b"60-0", [])], None)
    assert track.count is None
    track.settle(Standing("stream", "60-0", 5, 33, "50-0"))
    assert track.count == 33
