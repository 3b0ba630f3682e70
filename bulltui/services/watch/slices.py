"""Work of the loop in slices, between which keys have their turn."""

import asyncio

from bulltui.services.protocols import Clock

SLICE_S = 0.004


class Slices:
    """Says when a slice is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()

    async def turn(self) -> None:
        """Called after each piece of the work: lets others go first where the slice is over."""
        if self._clock.monotonic() - self._since > SLICE_S:
            await asyncio.sleep(0)
            self._since = self._clock.monotonic()
