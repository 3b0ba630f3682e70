"""All keys of a server with what they hold, to see that nothing of it changed."""

from typing import Any

from bulltui.domain.text import exact

_READ: dict[str, Any] = {
    "string": lambda raw, key: raw.get(key),
    "list": lambda raw, key: raw.lrange(key, 0, -1),
    "set": lambda raw, key: sorted(raw.smembers(key)),
    "hash": lambda raw, key: sorted(raw.hgetall(key).items()),
    "zset": lambda raw, key: raw.zrange(key, 0, -1, withscores=True),
}


def keyspace(raw: Any, *, without: tuple[str, ...] = ()) -> dict[str, tuple[str, Any, bool]]:
    """Type, value and whether it has an end, by key; streams of events and keys ending in one of `without` left out."""
    found: dict[str, tuple[str, Any, bool]] = {}
    for key in map(exact, raw.keys("*")):
        name = key.encode("utf-8", "surrogateescape")
        kind = raw.type(name).decode()
        if kind != "stream" and not key.endswith(without):
            found[key] = (kind, _READ[kind](raw, name), raw.pttl(name) >= 0)
    return found


def no_id_twice(raw: Any, queue: str) -> None:
    """Asserts that no job is in two states."""
    lists = [raw.lrange(f"{queue}:{name}", 0, -1) for name in ("wait", "paused", "active")]
    sets = [
        raw.zrange(f"{queue}:{name}", 0, -1)
        for name in ("completed", "failed", "delayed", "prioritized", "waiting-children")
    ]
    ids = [one for found in (*lists, *sets) for one in found]
    assert len(ids) == len(set(ids)), sorted(ids)
