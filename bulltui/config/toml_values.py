"""Values of a TOML file as a person wrote them, each checked, and what is said of wrong ones."""

from collections.abc import Iterable
from difflib import get_close_matches

from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible


def text(value: object) -> str:
    """A text that is not empty. Raises TypeError."""
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def texts(value: object) -> tuple[str, ...]:
    """A text, or a list of them. Raises TypeError."""
    return tuple(map(text, value)) if isinstance(value, list) else (text(value),)


def unknown(where: str, key: str, known: Iterable[str]) -> UsageError:
    """That the file has a key that means nothing."""
    names = tuple(known)
    close = get_close_matches(key.rpartition(".")[2], names, n=1)
    return UsageError(
        f"{where} has a key that is not known: {visible(key)}.",
        hint=f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}.",
        code="config",
    )


def wrong(where: str, key: str, expected: str) -> UsageError:
    """That a value is none of its kind."""
    return UsageError(f"{visible(key)} in {where} has to be {expected}.", code="config")
