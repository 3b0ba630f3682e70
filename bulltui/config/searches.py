"""Searches of the configuration: `[searches]` with `NAME = "query"`, or a table with `query`, `queues` and `states`.

The queries are read when they are asked: a wrong one is told then, with the character.
"""

from bulltui.config.toml_values import Place, texts, unknown, wrong
from bulltui.domain.saved_search import NAME, SavedSearch
from bulltui.domain.states import LISTED

_KEYS = ("query", "queues", "states")
_STATES = tuple(state.value for state in LISTED)


def searches_from(table: object, place: Place) -> tuple[SavedSearch, ...]:
    """The searches of a file, by name. Raises UsageError that names file and key."""
    if not isinstance(table, dict):
        raise wrong(place, ("searches",), 'a table, `[searches]` with `NAME = "query"`')
    return tuple(_search(name, value, place) for name, value in sorted(table.items()))


def _search(name: str, value: object, place: Place) -> SavedSearch:
    key = ("searches", name)
    if not NAME.fullmatch(name):
        raise wrong(place, key, "called by letters, digits, `-`, `_` and `.`")
    if not isinstance(value, dict):
        value = {"query": value}
    for part in value:
        if part not in _KEYS:
            raise unknown(place, (*key, part), _KEYS)
    query = value.get("query", "")
    if not isinstance(query, str):
        raise wrong(place, key, "a query, a text, or a table with query, queues and states")
    lists = {}
    for part in ("queues", "states"):
        try:
            lists[part] = texts(value[part]) if part in value else ()
        except TypeError:
            raise wrong(place, (*key, part), "a text or a list of texts") from None
    for state in lists["states"]:
        if state not in _STATES:
            raise wrong(place, (*key, "states"), f"of {', '.join(_STATES)}")
    return SavedSearch(name, query, lists["queues"], lists["states"])
