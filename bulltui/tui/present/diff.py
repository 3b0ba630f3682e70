"""What differs between two texts, line by line: signed and coloured, with what is around it."""

from difflib import SequenceMatcher
from itertools import zip_longest

from bulltui.domain.text import visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import folded

_AROUND = 3  # lines that did not change, before and after those that did
_MOST_COMPARED = 3000  # lines: finding the least difference takes time by the square of them
_LONG = 400  # characters: of longer lines that changed a little only the part around that is shown
_BEFORE = 40
_MOST_ROWS = 12
_TOKENS = {"-": "failed", "+": "ok", " ": "dim"}


def diff(old: str, new: str, width: int) -> list[Pieces]:
    """The lines of the difference in `width` cells; empty where there is none."""
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        return []
    head = _same(before, after)
    tail = _same(before[head:][::-1], after[head:][::-1])
    olds, news = before[head : len(before) - tail], after[head : len(after) - tail]
    lines: list[Pieces] = []
    shown = max(0, head - _AROUND)
    if shown:
        lines.append(_left_out(shown))
    lines += _lines(" ", before[shown:head], width)
    lines += _changes(olds, news, width)
    end = len(before) - tail
    lines += _lines(" ", before[end : end + _AROUND], width)
    if tail > _AROUND:
        lines.append(_left_out(tail - _AROUND))
    return lines


def _same(one: list[str], other: list[str]) -> int:
    """How many lines at the start are the same."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count


def _changes(olds: list[str], news: list[str], width: int) -> list[Pieces]:
    if max(len(olds), len(news)) > _MOST_COMPARED:
        return [*_replaced(olds, news, width)]
    lines: list[Pieces] = []
    for tag, a, b, c, d in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if tag != "equal":
            lines += _replaced(olds[a:b], news[c:d], width)
        elif b - a <= 2 * _AROUND:
            lines += _lines(" ", olds[a:b], width)
        else:
            lines += _lines(" ", olds[a : a + _AROUND], width)
            lines.append(_left_out(b - a - 2 * _AROUND))
            lines += _lines(" ", olds[b - _AROUND : b], width)
    return lines


def _replaced(olds: list[str], news: list[str], width: int) -> list[Pieces]:
    """Lines that took the place of others. Of long ones that begin alike the beginning is left out."""
    taken: list[str] = []
    given: list[str] = []
    for old, new in zip_longest(olds, news):
        start = 0
        if old is not None and new is not None and max(len(old), len(new)) > _LONG:
            same = next(
                (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
            )
            start = max(0, same - _BEFORE)
        lead = "…" if start else ""
        if old is not None:
            taken.append(lead + old[start:])
        if new is not None:
            given.append(lead + new[start:])
    return [*_lines("-", taken, width), *_lines("+", given, width)]


def _lines(sign: str, texts: list[str], width: int) -> list[Pieces]:
    lines: list[Pieces] = []
    for text in texts:
        # Only so much of a line is looked at as there is room for.
        rows = folded(visible(text[: width * (_MOST_ROWS + 1)]).replace(" ", "\u00a0"), width - 3)
        if len(rows) > _MOST_ROWS:
            rows = [*rows[:_MOST_ROWS], "…"]
        lines += [[(f" {sign} ", f"{_TOKENS[sign]} bold"), (row, _TOKENS[sign])] for row in rows]
    return lines


def _left_out(count: int) -> Pieces:
    return [(f" ⋯ {count:,} lines as before", "dim")]
