"""Ways to make of one keyspace another that ours is expected to be."""

from collections.abc import Callable
from typing import Any

from tests.interop.keyspace import Keyspace

LINES = ("wait", "paused")
"""The lists where jobs wait."""


def set_entries(space: Keyspace, key: str, entries: tuple[str, ...]) -> None:
    """A list as it shall be; an empty one is none."""
    space.pop((key, "type"), None)
    space.pop((key, "entries"), None)
    if entries:
        space[key, "type"] = "list"
        space[key, "entries"] = entries


def put(space: Keyspace, key: str, kind: str, *part: str, value: str | tuple[str, ...]) -> None:
    """One part of a key, which is there from now on."""
    space[key, "type"] = kind
    space[(key, *part)] = value


def field(space: Keyspace, key: str, name: str) -> str | None:
    """A field of a hash."""
    found: str | None = space.get((key, "field", name))
    return found


def is_paused(space: Keyspace, base: str) -> bool:
    """Whether the queue is paused."""
    return field(space, f"{base}:meta", "paused") is not None


def line(space: Keyspace, base: str) -> str:
    """The key of the list in which jobs of the queue wait, by its version and whether it is paused."""
    version = field(space, f"{base}:meta", "version") or ""
    return f"{base}:paused" if is_paused(space, base) and not version.startswith("bullmq:6.") else f"{base}:wait"


def entries(space: Keyspace, key: str) -> tuple[str, ...]:
    """The entries of a list."""
    found: tuple[str, ...] = space.get((key, "entries"), ())
    return found


def drop(space: Keyspace, *part: str) -> None:
    """Takes a part away, and with the last one its key."""
    space.pop(part, None)
    if not any(one[0] == part[0] and one[1] != "type" for one in space):
        space.pop((part[0], "type"), None)


def drop_key(space: Keyspace, start: str) -> None:
    """Takes all keys away that begin so."""
    for part in [part for part in space if part[0].startswith(start)]:
        del space[part]


def bring_back(space: Keyspace, before: Keyspace, key: str) -> None:
    """A key and those beneath it as they were."""
    drop_key(space, f"{key}:")
    for part in [part for part in space if part[0] == key]:
        del space[part]
    space |= {part: value for part, value in before.items() if part[0] == key or part[0].startswith(f"{key}:")}


def events(space: Keyspace, base: str) -> list[dict[str, str]]:
    """The events of the queue."""
    key = f"{base}:events"
    found: list[dict[str, str]] = []
    while (part := (key, "event", f"{len(found):04}")) in space:
        delay = {"delay": space[(*part, "delay")]} if (*part, "delay") in space else {}
        found.append(dict(space[part]) | delay)
    return found


def set_events(space: Keyspace, base: str, wanted: list[dict[str, str]]) -> None:
    """The events of the queue as they shall be."""
    key = f"{base}:events"
    drop_key(space, key)
    for number, one in enumerate(wanted):
        fields: Any = tuple(sorted((name, value) for name, value in one.items() if name != "delay"))
        put(space, key, "stream", "event", f"{number:04}", value=fields)
        if "delay" in one:
            put(space, key, "stream", "event", f"{number:04}", "delay", value=one["delay"])


def without_events(space: Keyspace, base: str, unwanted: Callable[[dict[str, str]], bool]) -> None:
    """The events of the queue less some."""
    set_events(space, base, [one for one in events(space, base) if not unwanted(one)])


def announced_once(space: Keyspace, base: str) -> None:
    """Cleaning is announced by each call with the count of that call, and how many calls it takes depends on how busy
    the server is: together they are one announcement, at the end."""
    said = events(space, base)
    counts = [int(one["count"]) for one in said if one["event"] == "cleaned"]
    if counts:
        others = [one for one in said if one["event"] != "cleaned"]
        set_events(space, base, [*others, {"event": "cleaned", "count": str(sum(counts))}])
