"""Which queues a list of globs means."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bulltui.domain.queue import QueueRef


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(glob))


def _fits(ref: QueueRef, glob: str) -> bool:
    pattern = _pattern(glob)
    names = (ref.name, ref.key, ref.shown)
    return glob in names or any(pattern.match(name) for name in names)


def selected(ref: QueueRef, globs: Sequence[str]) -> bool:
    """Whether `globs` mean the queue: any of them fits its name, its whole key or, where
    several servers are shown, its name after that of its server (`eu/mail*`), and none with a leading `!` does.
    Only negated globs, or none at all, mean all others. A queue's exact name always fits, whatever signs it has."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in globs if glob.startswith("!")]
    if any(_fits(ref, glob) for glob in unwanted):
        return False
    return not wanted or any(_fits(ref, glob) for glob in wanted)


def select(refs: Iterable[QueueRef], globs: Sequence[str]) -> list[QueueRef]:
    """The queues of `refs` that `globs` mean, in their order."""
    return [ref for ref in refs if selected(ref, globs)]


def example(glob: str) -> str:
    """A name that a glob fits, as short as it goes."""
    out: list[str] = []
    at = 0
    while at < len(glob):
        sign = glob[at]
        at += 1
        end = glob.find("]", at + 1 + (glob[at : at + 1] == "!")) if sign == "[" else -1
        if end >= 0:
            out.append(
                next((one for one in map(chr, range(48, 127)) if _pattern(glob[at - 1 : end + 1]).match(one)), "0")
            )
            at = end + 1
        elif sign != "*":
            out.append("0" if sign == "?" else sign)
    return "".join(out) or "0"
