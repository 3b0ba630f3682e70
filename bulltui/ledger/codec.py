"""Records as bytes and back, exactly: texts may hold bytes that are no UTF-8 (`domain.text.exact`)."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Change, Over, Record, SavedJob, SavedKey, SavedQueue, Value

_LEVEL = 1
"""Of compression: most of the gain at a fraction of the time."""


def pack(records: Sequence[Record]) -> bytes:
    """Records as compressed lines of JSON. JSON in ASCII keeps a lone surrogate as what it is."""
    deflate = zlib.compressobj(_LEVEL)
    parts = [
        deflate.compress(json.dumps(_plain(record), separators=(",", ":")).encode("ascii") + b"\n")
        for record in records
    ]
    parts.append(deflate.flush())
    return b"".join(parts)


def unpack(content: bytes, label: str = "") -> tuple[Record, ...]:
    """What `pack` packed, of queues of the server that is called `label` now: what it is called is not written down.
    Raises ValueError for anything else."""
    try:
        return tuple(_record(json.loads(line), label) for line in zlib.decompress(content).split(b"\n") if line)
    except (zlib.error, TypeError, IndexError, KeyError) as error:
        raise ValueError("no records") from error


def _plain(record: Record) -> list[Any]:
    ref = [record.ref.prefix, record.ref.name]
    match record:
        case SavedJob():
            keys, links = [_key(key) for key in record.keys], [_key(key) for key in record.links]
            parent = [record.parent, record.parent_score]
            words = [
                "job",
                ref,
                record.id,
                record.state,
                record.score,
                record.after,
                keys,
                parent,
                links,
                record.digest,
            ]
            return [*words, True] if record.masked else words
        case SavedQueue():
            return ["queue", ref, [_key(key) for key in record.keys]]
        case Change():
            return ["change", ref, record.what, dict(record.before), dict(record.after)]
        case Over():
            return ["over", ref, record.id, record.digest]


def _key(key: SavedKey) -> list[Any]:
    return [key.key, key.kind, key.value, key.ttl_ms, *([True] if key.masked else [])]


def _record(plain: list[Any], label: str) -> Record:
    kind, (prefix, name), *rest = plain
    queue = QueueRef(prefix, name, label)
    match kind:
        case "job":
            job_id, state, score, after, keys, (parent, parent_score), links, digest, *masked = rest
            saved, beside, hidden = _keys(keys), _keys(links), masked == [True]
            return SavedJob(queue, job_id, state, score, after, saved, parent, parent_score, beside, digest, hidden)
        case "queue":
            return SavedQueue(queue, _keys(rest[0]))
        case "change":
            return Change(queue, *rest)
        case "over":
            return Over(queue, *rest)
        case _:
            raise ValueError("a record of a kind that is not known")


def _keys(plain: list[Any]) -> tuple[SavedKey, ...]:
    return tuple(
        SavedKey(key, kind, _value(value), ttl, masked=masked == [True]) for key, kind, value, ttl, *masked in plain
    )


def _value(plain: Any) -> Value:
    if isinstance(plain, str):
        return plain
    if plain and isinstance(plain[0], list):
        return tuple((first, second) for first, second in plain)
    return tuple(plain)
