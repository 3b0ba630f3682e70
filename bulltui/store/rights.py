"""Which Redis commands bulltui needs: to read, and for each action. Those of the scripts are read off their text.

Redis gives rights to a user by commands and by patterns of keys, and knows nothing of actions. So two actions that need
the same commands cannot be told apart by it: `lets_through` says which those are.
"""

import re
from collections.abc import Iterable
from functools import cache

from bulltui.domain.actions import BY_NAME, Restore, Undo
from bulltui.domain.roles import Role
from bulltui.store.scripts import source

PROBES: dict[str, tuple[str | int, ...]] = {
    "SCAN": ("SCAN", 0, "MATCH", "{key}", "COUNT", 1),
    "TYPE": ("TYPE", "{key}"),
    "EXISTS": ("EXISTS", "{key}"),
    "GET": ("GET", "{key}"),
    "PTTL": ("PTTL", "{key}"),
    "LLEN": ("LLEN", "{key}"),
    "LINDEX": ("LINDEX", "{key}", 0),
    "LRANGE": ("LRANGE", "{key}", 0, 0),
    "LPOS": ("LPOS", "{key}", "x"),
    "ZCARD": ("ZCARD", "{key}"),
    "ZCOUNT": ("ZCOUNT", "{key}", 0, 0),
    "ZRANGE": ("ZRANGE", "{key}", 0, 0),
    "ZRANK": ("ZRANK", "{key}", "x"),
    "ZREVRANK": ("ZREVRANK", "{key}", "x"),
    "ZREVRANGE": ("ZREVRANGE", "{key}", 0, 0),
    "ZSCORE": ("ZSCORE", "{key}", "x"),
    "HGET": ("HGET", "{key}", "x"),
    "HMGET": ("HMGET", "{key}", "x"),
    "HKEYS": ("HKEYS", "{key}"),
    "HLEN": ("HLEN", "{key}"),
    "HSTRLEN": ("HSTRLEN", "{key}", "x"),
    "HSCAN": ("HSCAN", "{key}", 0),
    "SCARD": ("SCARD", "{key}"),
    "SSCAN": ("SSCAN", "{key}", 0),
    "SISMEMBER": ("SISMEMBER", "{key}", "x"),
    "XLEN": ("XLEN", "{key}"),
    "XRANGE": ("XRANGE", "{key}", "-", "+", "COUNT", 1),
    "XREVRANGE": ("XREVRANGE", "{key}", "+", "-", "COUNT", 1),
    "XREAD": ("XREAD", "COUNT", 1, "STREAMS", "{key}", "$"),
    "XINFO STREAM": ("XINFO", "STREAM", "{key}"),
    "TIME": ("TIME",),
    "INFO": ("INFO", "server"),
    "CLIENT LIST": ("CLIENT", "LIST", "ID", 0),
    "EVAL_RO": ("EVAL_RO", "return 1", 0),
}
"""What reading needs, each with words that ask for it of a key and change nothing."""

COURTESIES = frozenset(("DBSIZE", "MEMORY USAGE", "CLIENT SETNAME", "ACL WHOAMI", "PING", "SELECT"))
"""What is used where it is allowed, or before a key is asked for: without these the product does its work."""

SCRIPTING_RO = frozenset(("EVAL_RO", "EVALSHA_RO"))
SCRIPTING = frozenset(("EVAL", "EVALSHA"))

READING = frozenset(PROBES) | SCRIPTING_RO | COURTESIES

OF_SAVING = frozenset(("GET", "HGET", "HSCAN", "LRANGE", "PTTL", "SSCAN", "TYPE", "ZSCAN", "ZSCORE"))
"""What is sent beside the scripts to read jobs and keys that shall be brought back."""
OF_RESTORING = frozenset(("DEL", "HSET", "PEXPIRE"))
"""What is sent beside the scripts to bring large jobs back."""
OF_ACTING = frozenset(("EXISTS", "LRANGE", "TIME")) | OF_SAVING | OF_RESTORING

_RESTORING = ("act/restore", "act/restore_queue")

SCRIPTS: dict[str, tuple[str, ...]] = {
    "retry": ("act/retry",),
    "remove": ("act/remove",),
    "promote": ("act/promote",),
    "duplicate": ("act/duplicate",),
    "replay": ("act/replay", "act/duplicate"),
    "reprioritize": ("act/reprioritize",),
    "reschedule": ("act/reschedule",),
    "update-data": ("act/update_data",),
    "add-log": ("act/add_log",),
    "release": ("act/release",),
    "fail": ("act/fail",),
    "remove-children": ("act/remove",),
    "add": ("act/add",),
    "pause": ("act/pause",),
    "resume": ("act/resume",),
    "drain": ("act/remove",),
    "clean": ("act/remove",),
    "obliterate": ("act/pause", "act/remove", "act/obliterate"),
    "concurrency": ("act/settings",),
    "limit": ("act/settings",),
    "clear-rate-limit": ("act/delete_keys",),
    "remove-deduplication": ("act/destroy_keys",),
    "trim-events": ("act/trim_events",),
    "trigger": ("act/trigger",),
    "remove-scheduler": ("act/unschedule",),
    "undo": (),
}
"""The scripts that change something, by the name of the action; those of an undo hang on what is undone."""

_OF_QUEUES = frozenset(
    ("add", "pause", "resume", "concurrency", "limit", "clear-rate-limit", "trim-events", "trigger", "undo")
)
"""Actions for which no job is read as it is."""

OPTIONAL = frozenset(("COPY", "MEMORY USAGE", "TIME", "ZMSCORE")) | COURTESIES
"""What a script asks for and goes without where it is not allowed."""

NO_COMMANDS = frozenset(
    ("BEFORE", "COUNT", "KEEPTTL", "LIMIT", "MAXLEN", "NX", "PX", "RANK", "SAMPLES", "STREAM", "USAGE", "WITHSCORES")
) | {"WRONGTYPE"}
"""Words in capitals that scripts have as well."""

_PARTS = {"MEMORY": "MEMORY USAGE", "XINFO": "XINFO STREAM"}
"""Commands of which scripts use one part."""

_WORD = re.compile(r'"([A-Z][A-Z_]+)"')


@cache
def commands_in(script: str) -> frozenset[str]:
    """The commands that the text of a script names, with those of the parts it shares with others. The same list is
    what such a script asks for before its first write."""
    words = set(_WORD.findall(source(script))) - NO_COMMANDS
    return frozenset(_PARTS.get(word, word) for word in words)


def needed(role: Role) -> frozenset[str]:
    """All commands that a role needs, those of reading included, a part of a command after a blank."""
    verbs = role.sorted_verbs
    return READING.union(*(_of_verb(verb, verbs) for verb in verbs))


def _of_verb(verb: str, others: Iterable[str] = ()) -> frozenset[str]:
    """What an action needs beside reading. An undo needs what brings back what the `others` destroy."""
    scripts, sent = SCRIPTS[verb], SCRIPTING | {"EXISTS", "LRANGE", "TIME"}
    if verb == Restore.verb.name:
        kinds = {BY_NAME[other].undo for other in others}
        if Undo.RECORDS in kinds:
            scripts, sent = (*scripts, *_RESTORING, "act/save"), sent | OF_RESTORING | OF_SAVING
        if Undo.INVERSE in kinds:
            scripts = (*scripts, "act/pause", "act/resume", "act/settings")
    elif verb not in _OF_QUEUES:
        scripts, sent = (*scripts, "act/save"), sent | OF_SAVING
    return sent.union(*map(commands_in, scripts))


def lets_through(commands: frozenset[str], verbs: Iterable[str] = tuple(BY_NAME)) -> tuple[str, ...]:
    """Those of the actions that a user with these commands can carry out, whatever a role says."""
    return tuple(verb for verb in verbs if _must_have(verb) <= commands)


def _must_have(verb: str) -> frozenset[str]:
    """What Redis refuses an action without. What is only read before may be left out by whoever goes round bulltui."""
    scripts = SCRIPTS[verb] or _RESTORING
    if verb == "replay":
        scripts = ("act/replay",)
    return frozenset({"EVAL"}).union(*map(commands_in, scripts)) - OPTIONAL


def also_let_through(role: Role) -> tuple[str, ...]:
    """Actions outside of a role that Redis cannot tell from those within, by commands."""
    return lets_through(needed(role), (verb for verb in BY_NAME if verb not in role.sorted_verbs))
