"""Values of a TOML file as a person wrote them, each checked, and what is said of wrong ones."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property

from bulltui.config.toml_lines import Path, lines_of
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible


class Place:
    """A file with its text, by the path that is shown."""

    def __init__(self, shown: str, text: str = "") -> None:
        self.shown = shown
        self._text = text

    @cached_property
    def lines(self) -> Mapping[Path, int]:
        """The lines of its keys, as far as they are known."""
        return lines_of(self._text)

    def at(self, path: Path) -> str:
        """`config.toml:12`, or the file alone."""
        line = self.lines.get(path)
        return f"{self.shown}:{line}" if line else self.shown


def text(value: object) -> str:
    """A text that is not empty. Raises TypeError."""
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def texts(value: object) -> tuple[str, ...]:
    """A text, or a list of them. Raises TypeError."""
    return tuple(map(text, value)) if isinstance(value, list) else (text(value),)


def flag(value: object) -> bool:
    """True or false. Raises TypeError."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def dotted(path: Path) -> str:
    """A key as it is shown: `profiles.eu.url`."""
    return ".".join(visible(str(part)) for part in path if isinstance(part, str))


def unknown(place: Place, path: Path, known: Iterable[str]) -> UsageError:
    """That the file has a key that means nothing."""
    names = tuple(known)
    close = get_close_matches(str(path[-1]), names, n=1)
    return UsageError(
        f"{place.at(path)} has a key that is not known: {dotted(path)}.",
        hint=f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}.",
        code="config",
    )


def wrong(place: Place, path: Path, expected: str) -> UsageError:
    """That a value is none of its kind."""
    return UsageError(f"{dotted(path)} in {place.at(path)} has to be {expected}.", code="config")
