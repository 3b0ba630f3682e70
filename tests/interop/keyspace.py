"""All that lies in a database, to copy it and to say what differs between two of them.

Two copies of a queue that two programs act on can never be equal in the moments at which they do so. Everything else is
compared exactly: a time that only one of them changed differs, and so does one that both changed by more than
`TOLERANCE_MS`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis

TOLERANCE_MS = 5_000
"""How far apart two moments may be that are meant to be the same one; all delays of the scenes are an hour or more."""

Part = tuple[str, ...]
"""A key, and what of it: `("bull:mail:failed", "score", "job-1")`."""
Keyspace = dict[Part, Any]
"""Every part of every key: texts, and tuples of texts for what has an order."""
Copy = dict[bytes, tuple[int, bytes]]
"""Keys as the server writes them out, with what was left of their time (ms, 0 for no end)."""

_JOB_TIMES = {"timestamp", "processedOn", "finishedOn"}
_TIME_SCORES = {"completed": 1, "failed": 1, "waiting-children": 1, "marker": 1, "unsuccessful": 1, "delayed": 4096}
_DEFAULTS = (("attempts", 0), ("delay", 0))
_REENCODED = {"opts", "parent"}
"""Fields of a new job that the scripts of the libraries write themselves, in no order of names."""


def copy_of(client: Redis) -> Copy:
    """All keys of the client's database."""
    keys: list[Any] = client.keys("*")
    times, dumps = (
        _each(client, keys, how) for how in (lambda pipe, key: pipe.pttl(key), lambda pipe, key: pipe.dump(key))
    )
    return {key: (max(0, ttl), dump) for key, ttl, dump in zip(keys, times, dumps, strict=True)}


def paste(client: Redis, copy: Copy) -> None:
    """Makes the database the same as the copy."""
    client.flushdb()
    given = [part for key, (ttl, dump) in copy.items() for part in (key, ttl, dump)]
    client.eval(_PASTE, 0, *given)


def read(client: Redis) -> Keyspace:
    """All that lies in the client's database."""
    found: Any = client.eval(_READ, 0)
    space: Keyspace = {}
    for key, raw_kind, ttl, value in found:
        name, kind = _text(key), _text(raw_kind)
        space[name, "type"] = kind
        if ttl >= 0:
            space[name, "ttl"] = str(ttl)
        space |= {(name, *part): held for part, held in _PARTS[kind](value)}
    return space


def _each(client: Redis, keys: list[bytes], how: Callable[[Any, bytes], object]) -> list[Any]:
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        how(pipeline, key)
    return pipeline.execute() if keys else []


@dataclass(frozen=True)
class Difference:
    """A part that differs; None where there is none."""

    part: Part
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{' '.join(self.part)}: theirs {self.theirs!r}, ours {self.ours!r}"


def differences(before: Keyspace, theirs: Keyspace, ours: Keyspace) -> list[Difference]:
    """What differs between what two programs made of the same keyspace."""
    parts = sorted({*theirs, *ours})
    return [
        Difference(part, theirs.get(part), ours.get(part))
        for part in parts
        if not _same(part, before, theirs.get(part), ours.get(part))
    ]


def _same(part: Part, before: Keyspace, theirs: Any, ours: Any) -> bool:
    if theirs == ours:
        return True
    if theirs is None or ours is None:
        return False
    is_new = (part[0], "type") not in before or ":dn:" in part[
        0
    ]  # what a deduplication keeps for later is written anew
    if part[1] == "field" and part[2] in _REENCODED and is_new:
        return bool(_given(theirs) == _given(ours))
    unit = _unit(part)
    if not unit or (before.get(part) in (theirs, ours) and part[1] != "ttl"):
        return False
    (their_time, their_rest), (our_time, our_rest) = divmod(float(theirs), unit), divmod(float(ours), unit)
    return abs(their_time - our_time) <= TOLERANCE_MS and their_rest == our_rest


def _given(options: str) -> Any:
    """What options say beside the defaults that some versions write out."""
    found = json.loads(options)
    return {name: value for name, value in found.items() if (name, value) not in _DEFAULTS}


def _unit(part: Part) -> int:
    """How much of a part's number is one ms, 0 where it is no moment."""
    key, what, *which = part
    if what == "score":
        return _TIME_SCORES.get(key.rpartition(":")[2], 0)
    is_time = what == "ttl" or (what == "field" and which[0] in _JOB_TIMES) or (what == "event" and len(which) > 1)
    return 1 if is_time else 0


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def _pairs(flat: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _events(entries: Iterable[tuple[bytes, list[bytes]]]) -> Iterator[tuple[Part, Any]]:
    for number, (_, raw) in enumerate(entries):
        fields = {_text(name): _text(value) for name, value in _pairs(raw)}
        if "delay" in fields:
            yield ("event", f"{number:04}", "delay"), fields.pop("delay")
        yield ("event", f"{number:04}"), tuple(sorted(fields.items()))


_PARTS: Mapping[str, Callable[[Any], Iterable[tuple[Part, Any]]]] = {
    "string": lambda value: [(("value",), _text(value))],
    "list": lambda value: [(("entries",), tuple(map(_text, value)))],
    "set": lambda value: [(("members",), tuple(sorted(map(_text, value))))],
    "hash": lambda value: [(("field", _text(name)), _text(held)) for name, held in _pairs(value)],
    "zset": lambda value: [(("score", _text(member)), f"{float(score):.17g}") for member, score in _pairs(value)],
    "stream": _events,
}

# One call for all keys: a call for each of them took longer than all else that a test of fidelity does here.
_PASTE = """
for at = 1, #ARGV, 3 do redis.call('RESTORE', ARGV[at], ARGV[at + 1], ARGV[at + 2]) end
"""
_READ = """
local how = {
  string = {'GET'}, list = {'LRANGE', 0, -1}, set = {'SMEMBERS'}, hash = {'HGETALL'},
  zset = {'ZRANGE', 0, -1, 'WITHSCORES'}, stream = {'XRANGE', '-', '+'},
}
local found = {}
for at, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local words = how[kind]
  found[at] = {key, kind, redis.call('PTTL', key), redis.call(words[1], key, unpack(words, 2))}
end
return found
"""
