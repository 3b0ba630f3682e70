"""A query, ready to be asked."""

from dataclasses import dataclass

from bulltui.domain.errors import UsageError
from bulltui.domain.query.tree import All, Node
from bulltui.domain.text import cells, visible


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asked for: the `text` as typed, what it means, and the time it was asked at (epoch ms), by which
    ages count. It is immutable: the same job gives the same answer however long a search takes."""

    text: str = ""
    root: Node = All(())
    asked_ms: int = 0


class QueryError(UsageError):
    """A query that is not understood: `at` is the index of the character in `text` that it is about."""

    def __init__(self, message: str, text: str, at: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, code="query")
        self.text = text
        self.at = at


def pointer(error: QueryError, width: int) -> tuple[str, str]:
    """A query that is wrong as a line of at most `width` columns, and a line with a `^` below the character."""
    before, after = visible(error.text[: error.at]), visible(error.text[error.at :])
    room = max(1, width - 1)
    while cells(before) + min(cells(after), room // 3) > room:
        before = before[1:]
    line = before + after[:width]
    while cells(line) > width:
        line = line[:-1]
    return line, " " * cells(before) + "^"
