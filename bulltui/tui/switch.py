"""What the app ends with where it is to go on with other servers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """The names of the profiles to open in its place, one or several at once."""

    profiles: tuple[str, ...]
