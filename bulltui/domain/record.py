"""What is saved of something before it is changed or destroyed, enough to bring it back as it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bulltui.domain.queue import QueueRef

Value = str | tuple[str, ...] | tuple[tuple[str, str], ...]
"""Of a string the text; of a list its entries; of a set its members; of a hash fields and values; of a sorted set
members and scores (as texts, exact). All exact, see `domain.text.exact`."""


@dataclass(frozen=True, slots=True)
class SavedKey:
    """One Redis key. `kind` is Redis' own word (string, list, set, hash, zset); `ttl_ms` what was left of its time when
    it was saved, None for no end. `masked`: values in it were not written down, since `redact` forbids it."""

    key: str
    kind: str
    value: Value
    ttl_ms: int | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class SavedJob:
    """A job as it was.

    `state` is the last part of the key that held it (`wait`, `failed` ...), empty where nothing did; `score` its exact
    score there, for a list empty. `after` is the id next to it on the side that workers take from, empty at the very
    end: there it goes back to, or to the end where that one has gone on. `keys` are its hash, logs and dependencies.
    `parent` is the key of the parent whose pending child it was, `parent_score` that parent's score while it waited for
    its children (empty where it did not). `links` are keys beside it (deduplication). `digest` is of all of this as
    read, to see whether it changed. `masked` as of a key: such a job is never brought back, since the mask would take
    the place of what it hides.
    """

    ref: QueueRef
    id: str
    state: str
    score: str = ""
    after: str = ""
    keys: tuple[SavedKey, ...] = ()
    parent: str = ""
    parent_score: str = ""
    links: tuple[SavedKey, ...] = ()
    digest: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class SavedQueue:
    """Keys of a queue itself: options, schedulers, counters. Its event stream is never saved."""

    ref: QueueRef
    keys: tuple[SavedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A setting of a queue before and after, to be set back: `what` is `paused`, `concurrency` or `limit`."""

    ref: QueueRef
    what: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Over:
    """Says of a job saved just before in the same entry what it became by the action: undo puts the old one over it
    only while it is still so (`digest`). With an empty digest nothing was done to it, and undo leaves it alone."""

    ref: QueueRef
    id: str
    digest: str


Record = SavedJob | SavedQueue | Change | Over
