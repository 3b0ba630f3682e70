"""How much of a state an action is about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a state: of the `count` jobs that were there at the start, until `limit` are done (None: all), at
    most `per_second`."""

    count: int
    limit: int | None = None
    per_second: float | None = None
