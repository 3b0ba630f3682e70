"""The filter of the list of queues: what a person types to see fewer of them.

Words separated by white space, all of which must fit. A plain word means names: it stands in the name, or is a glob of
it (`mail*`), or, when no name has it, its letters stand in the name in this order. `is:paused` means a status, and
`server:eu` the queues of the servers whose labels begin so, or fit as a glob, where several are shown. A `!` before
any of them turns it round.
"""

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bulltui.domain.query.query import QueryError
from bulltui.domain.snapshot import QueueRow

_STATUS = "is:"
_GLOB_SIGNS = frozenset("*?[")
_GROWTH = 1.1
"""A queue grows when it gets at least this many times what is finished: less is chance."""


def _grows(row: QueueRow) -> bool:
    added, finished = row.rates.added, row.rates.finished
    return added is not None and finished is not None and added > finished * _GROWTH


STATUSES: dict[str, tuple[str, Callable[[QueueRow], bool]]] = {
    "failing": ("jobs have failed", lambda row: row.queue.counts.failed > 0),
    "paused": ("workers take no new job", lambda row: row.queue.paused),
    "unserved": ("jobs wait or run and no worker is connected", lambda row: row.lacks_worker),
    "no-workers": ("no worker is connected", lambda row: row.workers == 0),
    "stalled": ("jobs run and no worker is connected", lambda row: row.workers == 0 and row.queue.counts.active > 0),
    "limited": ("held back by a rate limit", lambda row: row.queue.limit.limited),
    "growing": ("more is added than finished", _grows),
    "busy": ("jobs are running", lambda row: row.queue.counts.active > 0),
    "idle": ("nothing waits and nothing runs", lambda row: not row.queue.counts.ready and not row.queue.counts.active),
    "faulty": ("a key has a foreign type", lambda row: bool(row.queue.faults)),
}
"""What stands behind `is:`, its meaning, and which queues it means."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    negated: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """A filter, understood. Case counts only where the text has an upper-case letter."""

    text: str = ""
    words: tuple[_Word, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "QueueFilter":
        """The filter that `text` means. A status may be typed in part. Raises QueryError for one that is unknown."""
        words: list[_Word] = []
        for found in re.finditer(r"(!?)(is:|server:)?(\S*)", text):
            negated, kind, word = bool(found[1]), found[2] or "", found[3]
            if kind == _STATUS and not _meant(word):
                hint = f"There are {', '.join(STATUSES)}."
                raise QueryError(f"There is no status {word}.", text, found.start(3), hint=hint)
            if word:
                words.append(_Word(word if kind else _folded(word, text), negated, kind))
        return cls(text, tuple(words))

    def __bool__(self) -> bool:
        return bool(self.words)

    def rank(self, row: QueueRow, name: str = "") -> int | None:
        """How well a queue fits, 0 best: the whole name, its start, the start of a word in it, within it, letters in
        order. None where it does not. `name` is what the list shows of it, by default its name."""
        title = _folded(name or row.ref.name, self.text)
        total = 0
        for word in self.words:
            found = _rank(word, row, title)
            if found is None:
                return None
            total += found
        return total

    def chosen(self, rows: Sequence[QueueRow], names: Sequence[str]) -> list[int]:
        """The places of the rows that fit, in their order. `names` is what the list shows of each. Letters in order
        count only for a word that no name has, else short words would mean all."""
        left = [(place, _folded(name, self.text)) for place, name in enumerate(names)]
        for word in self.words:
            ranks = [_rank(word, rows[place], title) for place, title in left]
            most = _SCATTERED if any(rank is not None and rank < _SCATTERED for rank in ranks) else _SCATTERED * 2
            left = [one for one, rank in zip(left, ranks, strict=True) if rank is not None and rank < most]
        return [place for place, _ in left]


def _folded(name: str, text: str) -> str:
    return name if text != text.lower() else name.lower()


def _meant(status: str) -> list[str]:
    wanted = status.lower()
    return [wanted] if wanted in STATUSES else [name for name in STATUSES if name.startswith(wanted)]


_SCATTERED = 1_000


def _rank(word: _Word, row: QueueRow, title: str) -> int | None:
    fits: int | None
    if word.kind == _STATUS:
        fits = 0 if any(STATUSES[name][1](row) for name in _meant(word.text)) else None
    elif word.kind:
        fits = 0 if _of_server(word.text.lower(), row.ref.server.lower()) else None
    else:
        fits = _rank_of_name(word.text, title, scattered=not word.negated)
    if word.negated:
        return 0 if fits is None else None
    return fits


def _of_server(word: str, label: str) -> bool:
    return label.startswith(word) or bool(_glob(word).match(label))


def _rank_of_name(word: str, title: str, *, scattered: bool) -> int | None:
    at = title.find(word)
    if at >= 0:
        if not at:
            return 0 if len(title) == len(word) else 1
        starts = any(not title[found.start() - 1].isalnum() for found in re.finditer(re.escape(word), title))
        return 2 if starts else 3
    if not _GLOB_SIGNS.isdisjoint(word):
        return 1 if _glob(word).match(title) else None
    return _scatter(word, title) if scattered else None


@lru_cache(maxsize=64)
def _glob(word: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(word))


def _scatter(word: str, title: str) -> int | None:
    """Letters in order: the fewer of them stand neither at the start of a word nor behind one before, the better."""
    at, loose = -1, 0
    for sign in word:
        found = title.find(sign, at + 1)
        if found < 0:
            return None
        loose += found != at + 1 and (found == 0 or title[found - 1].isalnum())
        at = found
    return _SCATTERED + min(loose, _SCATTERED - 1)
