"""What a search says of itself: where it looks, how far it is, and how a query is written."""

from collections.abc import Sequence

from bulltui.domain.errors import BulltuiError
from bulltui.domain.query.examples import EXAMPLES
from bulltui.domain.saved_search import SIGN, SavedSearch
from bulltui.domain.text import plural, visible
from bulltui.services.search import Source, Step
from bulltui.tui.present.line import Part, part
from bulltui.tui.widgets.cells import cut, width_of

_SAVED = 5
_QUERY = 34  # cells of an example


def progress(step: Step, found: int, *, running: bool, stopped: bool, again: str) -> list[Part]:
    """How far a search is: examined, found, and what does not show. `again` is how it goes on once it is stopped."""
    if running:
        parts = [
            part(9, (f"examined {step.examined:,} of {step.total:,}", "active")),
            part(10, (_found(found), "bold")),
        ]
    elif stopped:
        said = f"stopped: examined {step.examined:,} of {step.total:,}{', ' + again if again else ''}"
        parts = [part(9, (said, "delayed bold")), part(10, (_found(found), "bold"))]
    elif step.full:
        parts = [part(10, (f"the first {found:,}, there may be more", "delayed bold"))]
    else:
        parts = [part(10, (_found(found), "bold")), part(6, (f"of {step.examined:,} examined", "dim"))]
    if step.unread:
        parts.append(part(4, (f"{step.unread:,} too large to look into", "delayed")))
    if step.source is Source.CLIENT:
        parts.append(part(3, ("scripts are refused: read to here, slower", "delayed")))
    elif step.source is Source.INDEX:
        parts.append(part(3, ("from the index", "dim")))
    return parts


def _found(found: int) -> str:
    return f"{found:,} found"


def examples(width: int, height: int, saved: Sequence[SavedSearch] = ()) -> str:
    """How a query is written, as many examples as fit, the saved searches before; lines for an empty table."""
    said = [(f"{SIGN}{search.name}", visible(search.query)) for search in saved[:_SAVED]]
    groups = [said] if said else []
    groups += [[(one.query, one.meaning) for one in group] for group in EXAMPLES.values()]
    # The first of each kind come first, so that a low screen shows every kind.
    most = max(map(len, groups))
    chosen: list[set[int]] = [set() for _ in groups]
    room = height
    for place in range(most):
        for number, group in enumerate(groups):
            if place < len(group) and room > 0:
                chosen[number].add(place)
                room -= 1
    lines = []
    for number, group in enumerate(groups):
        for place in sorted(chosen[number]):
            query, meaning = group[place][0], group[place][1].replace("`", "")
            if width < 2 * _QUERY:
                lines.append(cut(f"{query}  {meaning}", width))
            else:
                shown = cut(query, _QUERY)
                lines.append(cut(f"{shown}{' ' * (_QUERY - width_of(shown))}  {meaning}", width))
    return "\n".join(lines)


def nothing(step: Step, problem: BulltuiError | None, *, running: bool) -> str:
    """What is said where nothing was found."""
    if problem is not None:
        return f"{problem.message}\n{problem.hint}".strip()
    if running:
        return "Looking…"
    return f"Nothing found among {plural(step.examined, 'job')}."
