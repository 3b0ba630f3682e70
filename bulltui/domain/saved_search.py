"""Searches that have a name: `@stuck-payments` in a query stands for one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bulltui.domain.query.query import QueryError
from bulltui.domain.text import visible

SIGN = "@"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")
"""What a search can be called: what stands in a shell and in a query as it is."""

_NAMED = re.compile(rf"\s*{SIGN}({NAME.pattern})(?=\s|\Z)")


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query with a name. `queues` are globs and `states` names of states, empty where it says nothing of them."""

    name: str
    query: str
    queues: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


def by_name(*groups: Iterable[SavedSearch]) -> dict[str, SavedSearch]:
    """Searches by their names. Of a name that stands in several groups the first group has its say."""
    found: dict[str, SavedSearch] = {}
    for group in groups:
        for search in group:
            found.setdefault(search.name, search)
    return found


def expanded(text: str, searches: Mapping[str, SavedSearch]) -> SavedSearch:
    """The search that a person means by `text`: a saved one where it begins with its name, together with what follows,
    else the text itself. Raises QueryError for a name that nobody gave."""
    found = _NAMED.match(text)
    if found is None:
        return SavedSearch("", text)
    saved = searches.get(found[1])
    if saved is None:
        from difflib import get_close_matches  # noqa: PLC0415  only for a hint

        close = get_close_matches(found[1], searches, n=1)
        hint = f"Did you mean {SIGN}{close[0]}? " if close else ""
        raise QueryError(
            f"No search is saved as {visible(found[1])}.",
            text,
            found.start(1) - 1,
            hint=f"{hint}`bulltui jobs searches` lists all. To look for it as a text, put it in quotes.",
        )
    rest = text[found.end() :].strip()
    if not rest:
        return saved
    query = f"({saved.query}) ({rest})" if saved.query.strip() else rest
    return SavedSearch(saved.name, query, saved.queues, saved.states)
