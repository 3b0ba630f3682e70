"""All keys of a server with what they hold, to see that nothing of it changed."""

from collections.abc import Callable
from typing import Any

from bulltui.domain.text import exact

_READ: dict[bytes, Callable[[Any, bytes], Any]] = {
    b"string": lambda pipe, key: pipe.get(key),
    b"list": lambda pipe, key: pipe.lrange(key, 0, -1),
    b"set": lambda pipe, key: pipe.smembers(key),
    b"hash": lambda pipe, key: pipe.hgetall(key),
    b"zset": lambda pipe, key: pipe.zrange(key, 0, -1, withscores=True),
}
_IN_ORDER: dict[bytes, Callable[[Any], Any]] = {b"set": sorted, b"hash": lambda fields: sorted(fields.items())}


def keyspace(raw: Any, *, without: tuple[str, ...] = ()) -> dict[str, tuple[str, Any, bool]]:
    """Type, value and whether it has an end, by key; streams of events and keys ending in one of `without` left out."""
    keys: list[bytes] = raw.keys("*")
    with raw.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.type(key)
        kinds = dict(zip(keys, pipe.execute(), strict=True))
        read = [(key, kind) for key, kind in kinds.items() if kind != b"stream" and not exact(key).endswith(without)]
        for key, kind in read:
            _READ[kind](pipe, key)
            pipe.pttl(key)
        told = pipe.execute()
    return {
        exact(key): (kind.decode(), _IN_ORDER.get(kind, _as_it_is)(value), ttl >= 0)
        for (key, kind), value, ttl in zip(read, told[::2], told[1::2], strict=True)
    }


def _as_it_is(value: Any) -> Any:
    return value


def no_id_twice(raw: Any, queue: str) -> None:
    """Asserts that no job is in two states."""
    lists = [raw.lrange(f"{queue}:{name}", 0, -1) for name in ("wait", "paused", "active")]
    sets = [
        raw.zrange(f"{queue}:{name}", 0, -1)
        for name in ("completed", "failed", "delayed", "prioritized", "waiting-children")
    ]
    ids = [one for found in (*lists, *sets) for one in found]
    assert len(ids) == len(set(ids)), sorted(ids)
