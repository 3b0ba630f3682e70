"""Raw answers where something is hidden: only commands whose answers can be looked through are sent at all."""

from collections.abc import Sequence

from bulltui.domain.redacting import masked
from bulltui.domain.redaction import Redaction
from bulltui.domain.redis_commands import part_of, verb_of
from bulltui.domain.redis_reply import Reply
from bulltui.domain.text import exact, to_bytes

_HASHES = frozenset(("HGET", "HMGET", "HGETALL"))
_TELLS_NO_VALUES = frozenset(
    # names, ids, sizes, times, and what is about the server
    # changes that answer with a number or a word
    [
        "EXISTS",
        "TYPE",
        "TTL",
        "PTTL",
        "EXPIRETIME",
        "PEXPIRETIME",
        "STRLEN",
        "LLEN",
        "LRANGE",
        "LINDEX",
        "LPOS",
        "SCARD",
        "SMEMBERS",
        "SISMEMBER",
        "SMISMEMBER",
        "ZCARD",
        "ZCOUNT",
        "ZRANGE",
        "ZREVRANGE",
        "ZRANGEBYSCORE",
        "ZREVRANGEBYSCORE",
        "ZSCORE",
        "ZMSCORE",
        "ZRANK",
        "ZREVRANK",
        "HLEN",
        "HKEYS",
        "HEXISTS",
        "HSTRLEN",
        "XLEN",
        "SCAN",
        "SSCAN",
        "ZSCAN",
        "DBSIZE",
        "PING",
        "ECHO",
        "INFO",
        "TIME",
        "ROLE",
        "COMMAND",
        "LASTSAVE",
        "TOUCH",
        "RANDOMKEY",
        "CONFIG",
        "CLIENT",
        "CLUSTER",
        "ACL",
        "LATENCY",
        "MEMORY",
        "OBJECT",
        "MODULE",
        "SET",
        "DEL",
        "UNLINK",
        "EXPIRE",
        "PEXPIRE",
        "PERSIST",
        "HSET",
        "HDEL",
        "HSETNX",
        "LPUSH",
        "RPUSH",
        "LREM",
        "LTRIM",
        "SADD",
        "SREM",
        "ZADD",
        "ZREM",
        "XTRIM",
        "XDEL",
        "FLUSHDB",
        "FLUSHALL",
        "SAVE",
        "BGSAVE",
    ]
)


def tells_unmasked(words: Sequence[bytes]) -> bool:
    """Whether the answer of a command can have in it only what `masked_reply` finds, or nothing that is hidden."""
    verb = verb_of(words)
    if verb == "SET":  # with GET it answers what was there
        return not any(word.upper() == b"GET" for word in words[3:])
    if verb == "OBJECT":
        return part_of(words) != "HELP"
    return verb in _HASHES or verb in _TELLS_NO_VALUES


def masked_reply(redaction: Redaction, words: Sequence[bytes], reply: Reply) -> Reply:
    """The answer with what is hidden masked, by the names of the fields that were asked for."""
    verb = verb_of(words)
    if verb not in _HASHES:
        return reply
    results = words[1].endswith(b":processed") if len(words) > 1 else False

    def shown(name: bytes, value: Reply) -> Reply:
        field = "returnvalue" if results else exact(name)
        return to_bytes(masked(redaction, field, exact(value))) if isinstance(value, bytes) else value

    if verb == "HGET":
        return shown(words[2], reply) if len(words) > 2 else reply
    if verb == "HMGET" and isinstance(reply, list):
        return [shown(name, value) for name, value in zip(words[2:], reply, strict=False)]
    if isinstance(reply, dict):
        return {name: shown(name, value) for name, value in reply.items()}
    if isinstance(reply, list):
        return [shown(reply[at - 1], value) if at % 2 else value for at, value in enumerate(reply)]
    return reply
