"""What a raw Redis command is: one that reads, one that changes something, or one that is not sent from here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

from bulltui.domain.redis_reply import Reply


class Kind(Enum):
    """What a command does. DANGER is a change that harms more than a key."""

    READ = "read"
    WRITE = "write"
    DANGER = "danger"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class About:
    """What the server says of a command (`COMMAND INFO`): its flags and categories, lowered and without `@`, and the
    same of its subcommands by `name|sub`."""

    flags: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    parts: dict[str, "About"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a command is, and for one that is refused why, with what to do instead."""

    kind: Kind
    why: str = ""
    hint: str = ""


_OWN_CONNECTION = "it would hold for one of the connections that this shares, and be forgotten with it"
_IN_URL = "Say it in the URL or the profile."
_REFUSED: dict[str, tuple[str, str]] = (
    {
        "KEYS": ("it goes through all keys in one go and holds up the server", "Use SCAN 0 MATCH PATTERN COUNT 1000."),
        "MONITOR": (
            "it never ends, costs the server half its speed and shows everybody's data",
            "Use `bulltui events`.",
        ),
        "SELECT": (_OWN_CONNECTION, "Name the database in the URL, as in redis://host:6379/1."),
        "AUTH": (_OWN_CONNECTION, _IN_URL),
        "HELLO": (_OWN_CONNECTION, _IN_URL),
        "QUIT": ("it ends only one of the connections", "Ctrl+D leaves the prompt."),
        "RESET": (_OWN_CONNECTION, _IN_URL),
        "READONLY": (_OWN_CONNECTION, "Say `--replica`, or `replica` in the profile."),
        "READWRITE": (_OWN_CONNECTION, "Leave out `--replica`, and `replica` in the profile."),
        "ASKING": (_OWN_CONNECTION, "Keys are looked for on the right node anyway."),
        "SYNC": ("it makes this a replica", "Use redis-cli for that."),
        "PSYNC": ("it makes this a replica", "Use redis-cli for that."),
    }
    | dict.fromkeys(
        ("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"),
        ("it has no answer that ends", "Use `bulltui events`."),
    )
    | dict.fromkeys(
        ("MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"),
        (
            "each command goes by itself here, over whichever connection is free",
            "Use EVAL for what must happen together.",
        ),
    )
)
_REFUSED_PARTS = {
    "CLIENT REPLY": ("answers would no longer be answers", ""),
    "CLIENT TRACKING": (_OWN_CONNECTION, ""),
    "CLIENT SETNAME": (_OWN_CONNECTION, ""),
    "CLIENT NO-EVICT": (_OWN_CONNECTION, ""),
}
_BLOCKING = frozenset(
    "BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF".split()  # noqa: SIM905
)
_TELLS_ONLY = frozenset(
    # Neither flagged as reading nor as writing, and harmless.
    [
        "PING",
        "ECHO",
        "INFO",
        "TIME",
        "ROLE",
        "COMMAND",
        "LASTSAVE",
        "PUBSUB",
        "DBSIZE",
        "LOLWUT",
        "RANDOMKEY",
        "EVAL_RO",
        "EVALSHA_RO",
        "FCALL_RO",
    ]
)
_PARTS_THAT_TELL: dict[str, frozenset[str]] = {
    name: frozenset(parts.split())
    for name, parts in {
        "ACL": "WHOAMI CAT",
        "CLIENT": "LIST INFO ID GETNAME",
        "CLUSTER": "INFO NODES SLOTS SHARDS MYID KEYSLOT COUNTKEYSINSLOT GETKEYSINSLOT LINKS REPLICAS",
        "CONFIG": "GET",
        "FUNCTION": "LIST STATS",
        "LATENCY": "LATEST HISTORY DOCTOR GRAPH HISTOGRAM",
        "MEMORY": "USAGE DOCTOR STATS MALLOC-STATS",
        "MODULE": "LIST",
        "OBJECT": "ENCODING FREQ IDLETIME REFCOUNT",
        "SCRIPT": "EXISTS",
        "SLOWLOG": "GET LEN",
        "XINFO": "STREAM GROUPS CONSUMERS",
    }.items()
}
_READS = """
BITCOUNT BITFIELD_RO BITPOS DUMP EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEOSEARCH GET GETBIT GETRANGE HEXISTS HGET
HGETALL HKEYS HLEN HMGET HRANDFIELD HSCAN HSTRLEN HVALS LCS LINDEX LLEN LPOS LRANGE MGET PEXPIRETIME PTTL SCAN SCARD
SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TTL TYPE XLEN
XPENDING XRANGE XREAD XREVRANGE ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX
ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION
"""
READ_ONLY = frozenset(_READS.split())
"""What reads on every server that has it; relied on where a server does not tell, as to users of few rights."""
_DANGER = frozenset(
    [
        "FLUSHALL",
        "FLUSHDB",
        "DEBUG",
        "SHUTDOWN",
        "REPLICAOF",
        "SLAVEOF",
        "FAILOVER",
        "SWAPDB",
        "MIGRATE",
        "CONFIG",
        "ACL",
        "CLUSTER",
        "MODULE",
        "CLIENT",
        "SCRIPT",
        "FUNCTION",
        "BGREWRITEAOF",
        "BGSAVE",
        "SAVE",
        "SLOWLOG",
        "LATENCY",
        "MEMORY",
    ]
)
_HARMLESS_DANGERS = frozenset(("SORT", "RESTORE"))
"""Of the category `dangerous`, and yet about single keys."""


def verb_of(words: Sequence[bytes]) -> str:
    """The command, in capitals."""
    return words[0].decode("utf-8", "replace").upper() if words else ""


def part_of(words: Sequence[bytes]) -> str:
    """The word behind it, in capitals: the subcommand of those that have some."""
    return words[1].decode("utf-8", "replace").upper() if len(words) > 1 else ""


_TEXTS = frozenset(
    [
        "INFO",
        "LOLWUT",
        "CLIENT LIST",
        "CLIENT INFO",
        "CLUSTER INFO",
        "CLUSTER NODES",
        "LATENCY DOCTOR",
        "LATENCY GRAPH",
        "MEMORY DOCTOR",
        "MEMORY MALLOC-STATS",
    ]
)


def answers_lines(words: Sequence[bytes]) -> bool:
    """Whether the answer is a text of the server in lines, written for people, and no value."""
    verb = verb_of(words)
    return verb in _TEXTS or f"{verb} {part_of(words)}" in _TEXTS


_END_WHAT_RUNS = frozenset(("SCRIPT KILL", "FUNCTION KILL", "SHUTDOWN"))


def ends_what_runs(words: Sequence[bytes]) -> bool:
    """Whether a server takes the command also while a script holds up everything else."""
    verb = verb_of(words)
    return verb in _END_WHAT_RUNS or f"{verb} {part_of(words)}" in _END_WHAT_RUNS


def has_parts(words: Sequence[bytes]) -> bool:
    """Whether the command is known to be told by two words."""
    return verb_of(words) in _PARTS_THAT_TELL


def known_here(words: Sequence[bytes]) -> Judgement | None:
    """What a command is, None where that depends on what the server says of it."""
    verb, part = verb_of(words), part_of(words)
    refused = _REFUSED.get(verb) or _REFUSED_PARTS.get(f"{verb} {part}")
    if refused is not None:
        return Judgement(Kind.REFUSED, f"{verb} is not sent from here: {refused[0]}.", refused[1])
    if verb in _BLOCKING or (verb in ("XREAD", "XREADGROUP") and b"BLOCK" in (word.upper() for word in words)):
        return Judgement(Kind.REFUSED, f"{verb} is not sent from here: it waits for something.", "Ask without waiting.")
    if verb in _PARTS_THAT_TELL:
        if part in _PARTS_THAT_TELL[verb]:
            return Judgement(Kind.READ)
        return Judgement(Kind.DANGER if verb in _DANGER else Kind.WRITE)
    if verb in _TELLS_ONLY:
        return Judgement(Kind.READ)
    if verb in _DANGER:
        return Judgement(Kind.DANGER)
    return None


def judge(words: Sequence[bytes], about: About | None) -> Judgement:
    """What a command is. `about` is what the server says of it, None where it says nothing: then it counts as one that
    changes something, unless it is known here to change nothing (`READ_ONLY`)."""
    verb, part = verb_of(words), part_of(words)
    found = known_here(words)
    if found is not None:
        return found
    if about is None:
        return Judgement(Kind.READ if verb in READ_ONLY else Kind.WRITE)
    own = about.parts.get(f"{verb}|{part}".lower(), about)
    if "readonly" in own.flags and "write" not in own.flags:
        return Judgement(Kind.READ)
    dangerous = "admin" in own.flags or "dangerous" in own.categories
    return Judgement(Kind.DANGER if dangerous and verb not in _HARMLESS_DANGERS else Kind.WRITE)


def about_from(answer: Reply) -> dict[str, About]:
    """What the answer of `COMMAND` or `COMMAND INFO` says, by the names in capitals."""
    found: dict[str, About] = {}
    for entry in answer if isinstance(answer, list) else ():
        if isinstance(entry, list) and len(entry) > 2 and isinstance(entry[0], bytes):
            found[entry[0].decode("utf-8", "replace").upper()] = _about(entry)
    return found


def _about(entry: list[Reply]) -> About:
    parts = entry[9] if len(entry) > 9 else None
    return About(
        _names(entry[2]),
        _names(entry[6]) if len(entry) > 6 else frozenset(),
        {
            one[0].decode("utf-8", "replace").lower(): _about(one)
            for one in (parts if isinstance(parts, list) else ())
            if isinstance(one, list) and len(one) > 2 and isinstance(one[0], bytes)
        },
    )


def _names(answer: Reply) -> frozenset[str]:
    if not isinstance(answer, Collection) or isinstance(answer, bytes | str | dict):
        return frozenset()
    return frozenset(one.decode("utf-8", "replace").lower().lstrip("@") for one in answer if isinstance(one, bytes))


_SECRET = frozenset(("AUTH", "HELLO", "ACL", "MIGRATE"))


def has_secret(words: Sequence[bytes]) -> bool:
    """Whether a command may name a password, so that nobody writes it down."""
    upper = [word.decode("utf-8", "replace").upper() for word in words]
    return bool(upper) and (
        upper[0] in _SECRET
        or any(mark in word for word in upper for mark in ("PASS", "AUTH", "SECRET", "TOKEN", "://"))
    )
