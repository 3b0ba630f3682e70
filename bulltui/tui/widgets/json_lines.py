"""A JSON value as lines that can be folded: pure. Texts are made when a line is drawn, so many lines cost little."""

import json
import re
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

from bulltui.domain.redaction import MASK
from bulltui.domain.text import plural, visible
from bulltui.tui.themes import StyleLike
from bulltui.tui.widgets.cells import cut, width_of

Key: TypeAlias = str | int | None
"""The name of an entry, the number of an item, or None for the whole value."""
Path: TypeAlias = tuple[str | int, ...]
"""The keys that lead to a value; `()` is the whole."""

OPEN_SIGN, FOLDED_SIGN = "▾", "▸"
NO_FOLDS: frozenset[Path] = frozenset()
MANY, DEEP, MOST = 100, 4, 2000
_LEAST_ROOM = 16


class Kind(IntEnum):
    """What a line shows."""

    VALUE = 0
    OPEN = 1
    CLOSE = 2
    FOLDED = 3
    TEXT = 4  # the first line of a long string that is unfolded
    MORE = 5  # a further line of it


class JsonLine(NamedTuple):
    """A line: a value or a part of one, where it stands, and whether a comma follows. `text` is that of `MORE`."""

    kind: Kind
    depth: int
    parent: Path
    key: Key
    value: Any
    comma: bool
    text: str = ""

    @property
    def path(self) -> Path:
        """The path of the value."""
        return self.parent if self.key is None else (*self.parent, self.key)


def is_container(value: object) -> bool:
    """Whether the value has entries, and so can be folded."""
    return isinstance(value, dict | list) and bool(value)


def _entries(value: Any) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items()) if isinstance(value, dict) else iter(enumerate(value))


def initial_folds(value: Any, path: Path = (), *, many: int = MANY, deep: int = DEEP, most: int = MOST) -> set[Path]:
    """The containers inside of `value`, which is at `path`, that start folded: those of more than `many` entries, or
    `deep` levels down, or after `most` lines, outer ones first. What is inside of a folded one is not looked at: it is
    when that one is unfolded."""
    folds: set[Path] = set()
    lines = len(value) if is_container(value) else 0
    todo = deque([(value, path, 1)])
    while todo:
        parent, at, depth = todo.popleft()
        for key, child in _entries(parent) if is_container(parent) else ():
            if is_container(child):
                inside = (*at, key)
                size = len(child)
                if size > many or depth >= deep or lines + size > most:
                    folds.add(inside)
                else:
                    lines += size + 1
                    todo.append((child, inside, depth + 1))
    return folds


def all_folds(value: Any) -> set[Path]:
    """Every container inside of `value`."""
    folds: set[Path] = set()
    todo: list[tuple[Any, Path]] = [(value, ())]
    while todo:
        parent, at = todo.pop()
        for key, child in _entries(parent) if is_container(parent) else ():
            if is_container(child):
                folds.add(inside := (*at, key))
                todo.append((child, inside))
    return folds


def json_lines(
    value: Any,
    folded: AbstractSet[Path] = NO_FOLDS,
    opened: AbstractSet[Path] = NO_FOLDS,
    width: int = 80,
    *,
    parent: Path = (),
    key: Key = None,
    depth: int = 0,
    comma: bool = False,
) -> list[JsonLine]:
    """The lines of `value`, a container of `folded` being one line, a string of `opened` as many lines as it takes in
    `width` cells. With `parent`, `key`, `depth` and `comma`, of a value that is a part of another."""
    lines: list[JsonLine] = []
    add = lines.append
    # A stack instead of recursion: values may be nested deeper than Python calls.
    whole: Iterator[tuple[Key, Any]] = iter([(key, value)])
    stack: list[tuple[Iterator[tuple[Any, Any]], int, Path, int, JsonLine | None]]
    stack = [(whole, int(comma) + 1, parent, depth, None)]
    while stack:
        entries, left, inside, level, close = stack.pop()
        for name, child in entries:
            left -= 1
            more = left > 0
            if (type(child) is dict or type(child) is list) and child:
                path = inside if name is None else (*inside, name)
                if path in folded:
                    add(JsonLine(Kind.FOLDED, level, inside, name, child, more))
                    continue
                add(JsonLine(Kind.OPEN, level, inside, name, child, more))
                stack.append((entries, left, inside, level, close))
                end = JsonLine(Kind.CLOSE, level, inside, name, child, more)
                stack.append((_entries(child), len(child), path, level + 1, end))
                break
            if opened and type(child) is str and (inside if name is None else (*inside, name)) in opened:
                lines.extend(_text_lines(JsonLine(Kind.TEXT, level, inside, name, child, more), width))
            else:
                add(JsonLine(Kind.VALUE, level, inside, name, child, more))
        else:
            if close is not None:
                add(close)
    return lines


def _text_lines(line: JsonLine, width: int) -> list[JsonLine]:
    """An unfolded string: a line for its name and size, then its own lines, cut into pieces that fit."""
    room = max(_LEAST_ROOM, width - indent(line.depth + 1, width) - 3)
    pieces: list[str] = []
    for row in re.findall(r"[^\n]*\n|[^\n]+", line.value) or [""]:
        text = quoted(row)[1:-1]
        at = 0
        while at < len(text) or not at:
            piece = text[at : at + room]
            while len(piece) > 1 and width_of(piece) > room:  # wide characters: take less
                piece = piece[: min(len(piece) - 1, len(piece) * room // width_of(piece))]
            pieces.append(piece)
            at += len(piece) or 1
    more = [line._replace(kind=Kind.MORE, depth=line.depth + 1, comma=False, text=piece) for piece in pieces]
    more[-1] = more[-1]._replace(comma=line.comma)
    return [line._replace(comma=False), *more]


def quoted(text: str) -> str:
    """`text` as JSON writes it, each dangerous character as a sign."""
    return visible(json.dumps(text, ensure_ascii=False))


def _number(value: float) -> str:
    try:
        return json.dumps(value)
    except ValueError:  # Python does not write whole numbers of thousands of digits
        return f"{value:#x}" if isinstance(value, int) else repr(value)


def size_of(value: Any) -> str:
    """How much a folded value hides."""
    if isinstance(value, dict):
        return plural(len(value), "key")
    return plural(len(value), "item" if isinstance(value, list) else "character")


def fits(value: str, room: int) -> bool:
    """Whether the string is whole in `room` cells."""
    return len(value) <= room and width_of(quoted(value)) <= room


def indent(depth: int, width: int) -> int:
    """The cells a line is moved in by; never so many that nothing else is seen."""
    return min(2 * depth, max(0, width // 2))


def lead_of(line: JsonLine, width: int) -> str:
    """The name of the line's value, as JSON writes it, and a colon."""
    if line.kind in {Kind.CLOSE, Kind.MORE} or not isinstance(line.key, str):
        return ""
    return cut(quoted(line.key[: 2 * width]) + ":", max(_LEAST_ROOM, width // 2)) + " "


def room_of(line: JsonLine, width: int) -> int:
    """The cells left for the value of a line that has `width`: after the indent, the sign, the name, before a comma."""
    return max(_LEAST_ROOM, width - indent(line.depth, width) - 2 - width_of(lead_of(line, width)) - 1)


def foldable(line: JsonLine, width: int) -> bool:
    """Whether the line can be folded or unfolded."""
    if line.kind is Kind.VALUE:
        return isinstance(line.value, str) and not fits(line.value, room_of(line, width))
    return line.kind is not Kind.MORE


def line_pieces(line: JsonLine, width: int) -> list[tuple[str, StyleLike]]:
    """What the line looks like, in `width` cells: pieces of text with the tokens of their styles."""
    sign = "  "
    if line.kind in {Kind.OPEN, Kind.TEXT}:
        sign = OPEN_SIGN + " "
    elif line.kind is Kind.FOLDED or (line.kind is Kind.VALUE and foldable(line, width)):
        sign = FOLDED_SIGN + " "
    pieces: list[tuple[str, StyleLike]] = [(" " * indent(line.depth, width), ""), (sign, "dim")]
    lead = lead_of(line, width)
    if lead:
        pieces.append((lead, "syntax-key"))
    pieces.extend(_body(line, room_of(line, width)))
    if line.comma and line.kind not in {Kind.OPEN, Kind.TEXT}:
        pieces.append((",", "dim"))
    return pieces


def _body(line: JsonLine, room: int) -> list[tuple[str, StyleLike]]:
    value = line.value
    left, right = ("{", "}") if isinstance(value, dict) else ("[", "]")
    match line.kind:
        case Kind.OPEN:
            return [(left, "")]
        case Kind.CLOSE:
            return [(right, "")]
        case Kind.FOLDED:
            return [(f"{left}…{right}", ""), (f" {size_of(value)}", "dim")]
        case Kind.TEXT:
            return [(size_of(value), "dim")]
        case Kind.MORE:
            return [(line.text, "syntax-string")]
    if isinstance(value, str):
        if value == MASK:
            # Without quotes: it is no value of the job, but stands in place of one that is not shown.
            return [(cut(MASK, room), "delayed italic")]
        if fits(value, room):
            return [(quoted(value), "syntax-string")]
        size = f" {size_of(value)}"
        head, left_over = quoted(value[:room])[:-1], max(4, room - width_of(size))
        head = cut(head, left_over) if width_of(head) >= left_over else head + "…"
        return [(head, "syntax-string"), (size, "dim")]
    if isinstance(value, dict | list):
        return [(left + right, "")]
    if value is None or isinstance(value, bool):
        return [(json.dumps(value), "syntax-word")]
    return [(cut(_number(value), room), "syntax-number")]


def path_text(path: Path) -> str:
    """A path as jq writes it: `.items[3].name`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]" if text else f".[{key}]"
        elif key.isidentifier() and key.isascii():
            text += f".{key}"
        else:
            text += f"{'' if text else '.'}[{json.dumps(key)}]"
    return text or "."
