"""Finding a name by what a person types: parts of it, globs, `!` for all but these, letters of it in order."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

_GLOB_SIGNS = frozenset("*?[")


@lru_cache(maxsize=64)
def _glob(word: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(word))


@lru_cache(maxsize=64)
def _scattered(word: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, word)), re.DOTALL)


def _contains(word: str, name: str) -> bool:
    if _GLOB_SIGNS.isdisjoint(word):
        return word in name
    # A name may itself have a `[`: the word as it stands fits as well.
    return word in name or _glob(word).match(name) is not None


def _narrow(word: str, names: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    if word.startswith("!"):
        unwanted = word[1:]
        return [one for one in names if not unwanted or not _contains(unwanted, one[1])]
    found = [one for one in names if _contains(word, one[1])]
    if found or not _GLOB_SIGNS.isdisjoint(word):
        return found
    # Letters in order (`pmt` for `payments`) only when nothing has the word itself: else short words match all.
    pattern = _scattered(word)
    return [one for one in names if pattern.search(one[1])]


def matching(query: str, names: Iterable[str]) -> list[int]:
    """The places in `names` of those that fit every word of `query`, in their order.

    Case counts only where the query has an upper-case letter.
    """
    words = query.split()
    fold: Callable[[str], str] = str if query != query.lower() else str.lower
    left = [(place, fold(name)) for place, name in enumerate(names)]
    for word in words:
        left = _narrow(fold(word), left)
    return [place for place, _ in left]


def ranked(query: str, names: Sequence[str], limit: int = 200) -> list[int]:
    """As `matching`, the best first: exact, then those that start with it, then where it stands early, then short."""
    found = matching(query, names)
    wanted = query.strip().lower()

    def worth(place: int) -> tuple[int, int, int, int]:
        name = names[place].lower()
        at = name.find(wanted)
        kind = 0 if name == wanted else 1 if at == 0 else 2 if at > 0 and not name[at - 1].isalnum() else 3
        return (kind if at >= 0 else 4, at, len(name), place)

    found.sort(key=worth)
    return found[:limit]
