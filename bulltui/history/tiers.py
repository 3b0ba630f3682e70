"""The tiers of the history: steps, how long each is kept, and where a point lies in its table.

Points of the running hour or day lie by time, so that what is written at once lies together. When that block of time is
over its points are laid anew by queue, since they are read by queue, and what stays the same is kept once.
"""

from dataclasses import dataclass

SERIES_BITS = 24
"""Numbers of queues go up to here; 0 is all queues together."""
OFFSET_BITS = 6
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Tier:
    """Points of `step_ms`, kept for `keep_ms`. `block` steps are laid anew when they are over, none where it is 0.
    `drop` steps at a time are dropped, so that what is left begins with a whole step of the next tier."""

    name: str
    step_ms: int
    keep_ms: int
    block: int
    drop: int

    def slot(self, at_ms: int) -> int:
        """The number of the step in which a time lies."""
        return at_ms // self.step_ms

    def place(self, slot: int, series: int) -> int:
        """The key of a point in the table by time."""
        return slot << SERIES_BITS | series

    def laid_place(self, slot: int, series: int) -> int:
        """The key of a point in the table by queue."""
        return (slot // self.block << SERIES_BITS | series) << OFFSET_BITS | slot % self.block

    def slot_of_place(self, place: int) -> int:
        """The step of a key of the table by time."""
        return place >> SERIES_BITS

    def slot_of_laid(self, place: int) -> int:
        """The step of a key of the table by queue."""
        return (place >> OFFSET_BITS + SERIES_BITS) * self.block + (place & (1 << OFFSET_BITS) - 1)


TEN_SECONDS = Tier("s10", 10 * SECOND, 4 * HOUR, block=0, drop=6)
MINUTES = Tier("m1", MINUTE, 54 * HOUR, block=60, drop=60)
HOURS = Tier("h1", HOUR, 90 * DAY, block=24, drop=24)
DAYS = Tier("d1", DAY, 730 * DAY, block=30, drop=30)
TIERS = (TEN_SECONDS, MINUTES, HOURS, DAYS)
"""From the finest to the coarsest; each step is so many of the one before."""
NAME_HOURS = Tier("names_h1", HOUR, 8 * DAY, block=0, drop=24)
NAME_DAYS = Tier("names_d1", DAY, 100 * DAY, block=0, drop=1)
NAME_TIERS = (NAME_HOURS, NAME_DAYS)
"""Jobs by name: a week by the hour, and by the day what it is held against."""
SERIES_MASK = (1 << SERIES_BITS) - 1
