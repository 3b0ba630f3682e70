"""What is said in passing: as much of it as toasts have room for, and all of it to read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bulltui.domain import human
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import folded, prose

Severity = Literal["information", "warning", "error"]

WIDEST = 72
"""Cells of a toast."""
BELOW = 5
"""Lines below the toasts: what runs, the keys, and the end of the list."""
_FRAME = 3
_ELSEWHERE = "There is more: M shows all."
_SIGN: dict[Severity, tuple[str, str]] = {
    "information": ("·", "dim"),
    "warning": ("⚠", "delayed"),
    "error": ("✖", "failed"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message, when it came (epoch ms), and how grave it is."""

    at_ms: int
    text: str
    title: str = ""
    severity: Severity = "information"


def fitted(said: Sequence[Said], width: int, height: int) -> list[str]:
    """The texts of the toasts of these messages, the oldest first, as a screen of that size has room for. Those of the
    last ones: where one is left out, or cut, the last text says where all of it is.

    >>> fitted([Said(0, "Copied."), Said(0, "Done.")], 80, 24)
    ['Copied.', 'Done.']
    >>> fitted([Said(0, "Copied."), Said(0, "Done.")], 80, 8)
    ['Done.\\nThere is more: M shows all.']
    """
    room = max(3, height - BELOW)
    inner = max(8, min(WIDEST, width) - _FRAME)
    texts = [folded(one.text, inner) for one in said]
    sizes = [len(text) + bool(one.title) + 1 for one, text in zip(said, texts, strict=True)]  # a gap above each
    if sum(sizes) <= room:
        return ["\n".join(text) for text in texts]
    more = folded(_ELSEWHERE, inner)
    last = texts[-1][: max(1, room - 1 - bool(said[-1].title) - len(more))]
    if len(last) < len(texts[-1]):
        last = [*last[:-1], folded(last[-1], inner - 1)[0] + "…"]
    left = room - len(last) - len(more) - bool(said[-1].title) - 1
    shown = [[*last, *more]]
    for text, size in zip(texts[-2::-1], sizes[-2::-1], strict=True):
        left -= size
        if left < 0:
            break
        shown.insert(0, text)
    return ["\n".join(text) for text in shown]


def said_lines(said: Sequence[Said], width: int) -> list[Pieces]:
    """All of it, the newest first, each with its time."""
    lines: list[Pieces] = []
    for one in reversed(said):
        sign, token = _SIGN[one.severity]
        at = human.clock(one.at_ms).partition(" ")[2]
        text = f"{one.title}: {one.text}" if one.title else one.text
        first, *rest = prose(text, "", width - len(at) - 1, sign=f"{sign} ")
        (indent, _), _, words = first
        lines.append([(f" {at}{indent}", "dim"), (f"{sign} ", token), words])
        lines += [[(" " * (len(at) + 1), ""), *line] for line in rest]
    return lines or [[(" Nothing was said yet.", "dim")]]
