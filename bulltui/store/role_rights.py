"""How the rights of the connected user stand to what a role needs: what is missing, and what goes beyond."""

from collections.abc import Mapping, Sequence

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.match import example, selected
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import RoleRights
from bulltui.domain.roles import ADMIN, Role
from bulltui.store.calls import Calls, ScriptsRefusedError
from bulltui.store.errors import about_keys
from bulltui.store.rights import COURTESIES, PROBES, SCRIPTING, SCRIPTING_RO, also_let_through, lets_through, needed

Words = tuple[str | int, ...]

_KEY = "{key}"
_MANY = 40
"""Commands asked for by one script."""
_PLACES = 8
"""For so many queues at most it is asked."""

_WRITES: dict[str, Words] = {
    "COPY": ("COPY", _KEY, _KEY),
    "DEL": ("DEL", _KEY),
    "EVAL": ("EVAL", "return 1", 0),
    "EVALSHA": ("EVALSHA", "0" * 40, 0),
    "HDEL": ("HDEL", _KEY, "x"),
    "HINCRBY": ("HINCRBY", _KEY, "x", "none"),
    "HSET": ("HSET", _KEY, "x", "x", "x"),
    "LINSERT": ("LINSERT", _KEY, "BEFORE", "x", "x"),
    "LPOP": ("LPOP", _KEY),
    "LREM": ("LREM", _KEY, 0, "x"),
    "LSET": ("LSET", _KEY, 0, "x"),
    "LTRIM": ("LTRIM", _KEY, 0, 0),
    "PERSIST": ("PERSIST", _KEY),
    "PEXPIRE": ("PEXPIRE", _KEY, 1000),
    "RENAME": ("RENAME", _KEY, _KEY),
    "RPOP": ("RPOP", _KEY),
    "SET": ("SET", _KEY, "x", "XX"),
    "SREM": ("SREM", _KEY, "x"),
    "UNLINK": ("UNLINK", _KEY),
    "XADD": ("XADD", _KEY, "NOMKSTREAM", "*", "x", "x"),
    "XTRIM": ("XTRIM", _KEY, "MAXLEN", 0),
    "ZADD": ("ZADD", _KEY, "XX", 1, "x"),
    "ZREM": ("ZREM", _KEY, "x"),
}
"""Words that would write, and do nothing to a key that is not there: they may be sent."""

_ONLY_ASKED: dict[str, Words] = {
    **{name: (name, _KEY, "x", "x") for name in ("HSETNX", "INCR", "LPUSH", "RPUSH", "SADD")},
    "HGETALL": ("HGETALL", _KEY),
    "SMEMBERS": ("SMEMBERS", _KEY),
    "ZMSCORE": ("ZMSCORE", _KEY, "x"),
    "ZREVRANGEBYSCORE": ("ZREVRANGEBYSCORE", _KEY, 0, 0),
    "ZSCAN": ("ZSCAN", _KEY, 0),
    "EVALSHA_RO": ("EVALSHA_RO", "0", 0),
}
"""Words that are never sent: only a script asks whether they would be allowed."""

_WORDS: Mapping[str, Words] = {**PROBES, **_WRITES, **_ONLY_ASKED}

_ON_KEYS = frozenset(name for name, words in _WORDS.items() if _KEY in words and name != "SCAN")
_CHANGES = _ON_KEYS & (frozenset(_WRITES) | {"HSETNX", "INCR", "LPUSH", "RPUSH", "SADD"})

DANGERS: dict[str, Words] = {
    "FLUSHALL": ("FLUSHALL",),
    "FLUSHDB": ("FLUSHDB",),
    "KEYS": ("KEYS", "x"),
    "CONFIG SET": ("CONFIG", "SET", "x", "x"),
    "ACL SETUSER": ("ACL", "SETUSER", "x"),
    "SHUTDOWN": ("SHUTDOWN",),
    "REPLICAOF": ("REPLICAOF", "NO", "ONE"),
    "SWAPDB": ("SWAPDB", 0, 1),
    "SCRIPT FLUSH": ("SCRIPT", "FLUSH"),
    "CLIENT KILL": ("CLIENT", "KILL", "x"),
    "MONITOR": ("MONITOR",),
    "DEBUG": ("DEBUG", "SLEEP", 0),
}
"""What harms a whole server, and no role of bulltui ever needs."""

_PROBE = "bulltui-probe"


class RedisRights:
    """Asks over the connections of `calls`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def role_rights(self, role: Role, prefixes: Sequence[str], globs: Sequence[str]) -> RoleRights:
        """See `RightsReader`."""
        return await read_role_rights(self._calls, role, prefixes, globs)


async def read_role_rights(calls: Calls, role: Role, prefixes: Sequence[str], globs: Sequence[str]) -> RoleRights:
    """See `RightsReader.role_rights`."""
    commands = sorted(needed(role) - COURTESIES)
    every = sorted(set(commands) | needed(ADMIN) - COURTESIES)
    places = [f"{prefix}:{example(glob)}:" for prefix in prefixes for glob in globs or (_PROBE,)][:_PLACES]
    here: list[frozenset[str]] = []
    known: set[str] = set()
    for place in places:
        asked = {name: _at(_WORDS[name], place) for name in every} | DANGERS
        answers = await _asked(calls, list(asked.values()))
        if answers is None:
            return await _tried(calls, role, commands, places)
        may = dict(zip(asked, answers, strict=True))
        known.update(name for name, answer in may.items() if answer is not None)
        here.append(frozenset(name for name, answer in may.items() if answer))
    granted = frozenset().union(*here)
    # One form of scripts is enough; what the server does not know nobody needs.
    wanted = [name for name in commands if name in known]
    if granted >= SCRIPTING:
        wanted = [name for name in wanted if name not in SCRIPTING_RO]
    keys = _reaches_all(here)
    if not granted & _ON_KEYS:  # of these nothing is known: it may be the keys alone
        wanted = [name for name in wanted if name not in _ON_KEYS]
    beyond = [verb for verb in lets_through(granted) if verb not in role.sorted_verbs]
    return RoleRights(
        known=True,
        missing=tuple(name for name in wanted if name not in granted),
        keys=keys,
        actions=tuple(verb for verb in beyond if verb not in also_let_through(role)),
        commands=tuple(name for name in DANGERS if name in granted),
        elsewhere=await _reaches_others(calls, prefixes, globs),
    )


def _reaches_all(here: Sequence[frozenset[str]]) -> bool:
    """Whether all places may be read, and changed where any of them may be. `here` is what may be run on each."""
    changed = any(may & _CHANGES for may in here)
    return all(may & (_ON_KEYS - _CHANGES) and (may & _CHANGES or not changed) for may in here)


def _at(words: Words, key: str) -> Words:
    return tuple(key if word == _KEY else word for word in words)


async def _asked(calls: Calls, commands: Sequence[Words]) -> list[bool | None] | None:
    """Whether each may be run, None for one that the server does not know; None for all where it cannot be asked."""
    out: list[bool | None] = []
    for start in range(0, len(commands), _MANY):
        words: list[str | int] = []
        for one in commands[start : start + _MANY]:
            words += (len(one), *one)
        try:
            answers = await calls.script("rights", (), words)
        except (ScriptsRefusedError, NotAllowedError):
            return None
        if not answers:
            return None
        out += [answer == b"1" if answer else None for answer in answers]
    return out


async def _reaches_others(calls: Calls, prefixes: Sequence[str], globs: Sequence[str]) -> bool:
    """Whether keys of other queues, where the role has only some, or of other programs may be read or changed."""
    others = [f"{_PROBE}:none:"]
    others += [f"{prefix}:{_PROBE}:" for prefix in prefixes if globs and not selected(QueueRef(prefix, _PROBE), globs)]
    answers = await _asked(calls, [words for key in others for words in (("GET", key), ("DEL", key))])
    return answers is not None and any(answers)


async def _tried(calls: Calls, role: Role, commands: Sequence[str], places: Sequence[str]) -> RoleRights:
    """The same by commands that do nothing to a key that is not there: what goes beyond is not known then."""
    missing: list[str] = []
    keys = True
    for name in commands:
        words = PROBES.get(name) or _WRITES.get(name)
        if words is None or name in SCRIPTING_RO:
            continue
        try:
            await calls.execute(*_at(words, places[0]))
        except NotAllowedError as error:
            if about_keys(error.message):
                keys = False
            else:
                missing.append(name)
        except BulltuiError as error:
            if error.code != "server-error":
                raise
    return RoleRights(known=False, missing=tuple(missing), keys=keys)
