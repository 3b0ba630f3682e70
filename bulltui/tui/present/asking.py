"""What is said where one types a query: what is wrong and where."""

from bulltui.domain.query.query import QueryError, pointer
from bulltui.domain.text import cells, visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import prose
from bulltui.tui.widgets.cells import width_of


def wrong(error: QueryError, width: int, start: int) -> list[Pieces]:
    """What is wrong with a query that stands in a field whose text begins at cell `start`: a `^` below the character,
    and the sentence, beside it where there is room."""
    said = f"{error.message} {error.hint}".strip()
    at = start + cells(visible(error.text[: error.at]))
    if not start <= at < width:
        # The field has scrolled away from it.
        line, mark = pointer(error, width - 2)
        return [[(f" {line}", "")], [(f" {mark}", "failed bold")], *prose(said, "failed", width)]
    if at + 2 + width_of(visible(said)) < width:
        return [[(" " * at, ""), ("^ ", "failed bold"), (visible(said), "failed")]]
    return [[(" " * at, ""), ("^", "failed bold")], *prose(said, "failed", width)]
