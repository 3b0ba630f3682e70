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
    return glob in (ref.name, ref.key) or bool(pattern.match(ref.name) or pattern.match(ref.key))


def selected(ref: QueueRef, globs: Sequence[str]) -> bool:
    """Whether `globs` mean the queue: any of them fits its name or its whole key, and none with a leading `!` does.
    Only negated globs, or none at all, mean all others. A queue's exact name always fits, whatever signs it has."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in globs if glob.startswith("!")]
    if any(_fits(ref, glob) for glob in unwanted):
        return False
    return not wanted or any(_fits(ref, glob) for glob in wanted)


def select(refs: Iterable[QueueRef], globs: Sequence[str]) -> list[QueueRef]:
    """The queues of `refs` that `globs` mean, in their order."""
    return [ref for ref in refs if selected(ref, globs)]
