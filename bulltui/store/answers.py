"""What servers answer in place of what was asked for, as sentences for people: a table by the word it begins with."""

import re
from dataclasses import dataclass

from redis import exceptions as redis_errors

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.text import visible


@dataclass(frozen=True, slots=True)
class Answer:
    """How an answer is told. In `message` and `hint` `{address}` is the server and `{detail}` what it said. What passes
    by itself is an UnreachableError: it is tried again."""

    word: str
    kind: type[BulltuiError]
    code: str
    message: str
    hint: str


ANSWERS: tuple[Answer, ...] = (
    Answer(
        "NOAUTH",
        NotAllowedError,
        "no-password",
        "{address} wants a password.",
        "Say it by BULLTUI_PASSWORD, or in a profile: `bulltui config init` writes a file to begin with.",
    ),
    Answer(
        "WRONGPASS",
        NotAllowedError,
        "wrong-password",
        "{address} refused the user name or password.",
        "Check both: in BULLTUI_PASSWORD, the profile or the URL, where signs such as @ and / are written %40 and %2F.",
    ),
    Answer(
        "DENIED",
        NotAllowedError,
        "protected-mode",
        "{address} is in protected mode: without a password it serves its own machine only.",
        "Set a password there (requirepass or a user of the ACL), or come through a tunnel.",
    ),
    Answer(
        "LOADING",
        UnreachableError,
        "loading",
        "{address} is loading its data.",
        "Wait; it answers when it is done.",
    ),
    Answer(
        "BUSY",
        UnreachableError,
        "busy-script",
        "{address} is busy with a script that does not end.",
        "SCRIPT KILL ends it, if it has not written.",
    ),
    Answer(
        "UNKILLABLE",
        BulltuiError,
        "unkillable",
        "{address} runs a script that has written already, so that it cannot be ended.",
        "Wait for it. SHUTDOWN NOSAVE would end it, and lose what has not been saved.",
    ),
    Answer(
        "MASTERDOWN",
        UnreachableError,
        "master-down",
        "{address} is a replica that lost its master.",
        "Connect to the master, or wait for the failover.",
    ),
    Answer(
        "READONLY",
        NotAllowedError,
        "read-only-server",
        "{address} is a read-only replica: nothing was changed.",
        "Connect to the master. If it was the master until now, do it again: connections are made anew.",
    ),
    Answer(
        "OOM",
        BulltuiError,
        "out-of-memory",
        "{address} is out of memory.",
        "Free memory or raise maxmemory; BullMQ needs the policy noeviction.",
    ),
    Answer(
        "MISCONF",
        BulltuiError,
        "cannot-save",
        "{address} takes no changes, since it cannot save its data to the disk.",
        "Look at its log and its disk; INFO persistence shows the last attempt.",
    ),
    Answer(
        "NOREPLICAS",
        BulltuiError,
        "no-replicas",
        "{address} takes no changes: fewer replicas are connected than it was told to have.",
        "Start the replicas, or lower min-replicas-to-write.",
    ),
    Answer(
        "MOVED",
        BulltuiError,
        "cluster",
        "{address} is a node of a Redis Cluster and does not hold all keys.",
        "Connect to the cluster: redis+cluster:// in place of redis:// (rediss+cluster:// with TLS).",
    ),
    Answer(
        "CROSSSLOT",
        BulltuiError,
        "cross-slot",
        "{address} is a Redis Cluster and the keys are in several slots.",
        "Use a prefix with a hash tag, like {{bull}}, and redis+cluster:// in the URL.",
    ),
    Answer(
        "ASK",
        BulltuiError,
        "cluster-moving",
        "{address} is giving these keys to another node of its Cluster.",
        "Try again; redis+cluster:// in place of redis:// follows them.",
    ),
    Answer(
        "TRYAGAIN",
        UnreachableError,
        "cluster-moving",
        "{address} is giving these keys to another node of its Cluster.",
        "Try again: it passes once they have moved.",
    ),
    Answer(
        "CLUSTERDOWN",
        UnreachableError,
        "cluster-down",
        "The Redis Cluster of {address} is down: {detail}.",
        "CLUSTER NODES shows which nodes fail; it may pass with a failover.",
    ),
)

_WITHIN_SCRIPT = re.compile(r"(?:^|[\s:])-([A-Z]{3,}) ")
_RIGHTS = re.compile(
    r"no permissions? to|acl failure|can't run this command|can't access at least one of the keys", re.IGNORECASE
)
_BASIC = re.compile(
    r"unknown (?:redis )?command [`'\"]?(DBSIZE|SCAN|TYPE|EXISTS|LLEN|ZCARD|HGET|HMGET|HGETALL)\b", re.IGNORECASE
)
"""Commands that every server has that keeps any data."""
_TLS_ALERT = re.compile(r"\\x15|\x15")


def about_rights(text: str) -> bool:
    """Whether an error's text says that the user lacks a right, in the words of any version, in scripts or outside."""
    return bool(_RIGHTS.search(text))


def about_keys(text: str) -> bool:
    """Whether an error about rights is about keys: the command itself would be allowed."""
    return re.search(r"access (a|one of the|at least one of the) keys?", text, re.IGNORECASE) is not None


def lacks_basics(text: str) -> bool:
    """Whether an error's text says that what answers keeps no data, as a sentinel."""
    return bool(_BASIC.search(text))


def not_permitted(text: str) -> NotAllowedError:
    """The user lacks a right, as the server says in `text`."""
    said = visible(text.removeprefix("NOPERM ").removeprefix("ERR "))
    return NotAllowedError(
        f"The Redis user may not do this: {said if len(said) <= 200 else said[:199] + '…'}",
        hint="`bulltui doctor` lists the rights that are missing.",
        code="no-permission",
    )


def detail_of(error: BaseException) -> str:
    """What an error says, harmless and of bounded length."""
    text = visible(str(error)).strip()
    return text if len(text) <= 200 else text[:199] + "…"


def answer_error(error: BaseException, address: str, *, tls: bool) -> BulltuiError:
    """The sentence for an answer of a server, or for what is none."""
    text = str(error)
    for word in _words(error, text):
        for known in ANSWERS:
            if word == known.word:
                detail = detail_of(error).removeprefix(f"{word} ").rstrip(".")
                return known.kind(
                    known.message.format(address=address, detail=detail), hint=known.hint.format(), code=known.code
                )
    if isinstance(error, redis_errors.NoPermissionError) or text.startswith("NOPERM") or about_rights(text):
        return not_permitted(text)
    if isinstance(error, redis_errors.AuthenticationError) or "AUTH" in text or "invalid password" in text:
        return answer_error(redis_errors.ResponseError("WRONGPASS"), address, tls=tls)
    if isinstance(error, redis_errors.MaxConnectionsError) or "max number of clients" in text:
        return UnreachableError(
            f"{address} has no connection left.", hint="Raise maxclients or close idle clients.", code="max-clients"
        )
    if isinstance(error, redis_errors.InvalidResponse) or "Protocol Error" in text or "protocol error" in text:
        return _no_redis(text, address)
    if isinstance(error, redis_errors.ConnectionError | OSError):
        return UnreachableError(
            f"The connection to {address} was closed or could not be made: {detail_of(error)}",
            hint="Is it a Redis with TLS at all? One without wants redis://."
            if tls
            else "Is it a Redis at all, and does it want TLS (rediss://)?",
            code="closed",
        )
    if "DB index is out of range" in text:
        return BulltuiError(
            f"{address} has no database of that number: {detail_of(error)}.",
            hint="The database is the number after the last / of the URL; servers have 0 to 15 unless told otherwise.",
            code="server-error",
        )
    basic = _BASIC.search(text)
    if basic:
        return UnreachableError(
            f"What answers at {address} keeps no data, as a sentinel: it knows no {basic[1].upper()}.",
            hint="For the master that sentinels know write redis+sentinel://HOST:26379/MASTER.",
            code="sentinel",
        )
    return BulltuiError(
        f"{address} answered: {detail_of(error)}",
        hint="`bulltui doctor` shows what the server is and what it allows.",
        code="server-error",
    )


def _words(error: BaseException, text: str) -> tuple[str, ...]:
    """The words that say what it is: the first one, which redis-py takes off the text where it knows it, and the one of
    an error within a script, as versions before 7 tell it."""
    within = _WITHIN_SCRIPT.search(text)
    first = getattr(error, "status_code", None) or text.split(" ", 1)[0]
    return (str(first), within.group(1)) if within else (str(first),)


def wants_tls(address: str) -> UnreachableError:
    """It was spoken to without TLS."""
    return UnreachableError(
        f"What answers at {address} speaks TLS.", hint="Write rediss:// in place of redis://.", code="wants-tls"
    )


def _no_redis(text: str, address: str) -> UnreachableError:
    if _TLS_ALERT.search(text):
        return wants_tls(address)
    return UnreachableError(
        f"What answers at {address} is no Redis.",
        hint="Check host and port of the URL; a Redis with TLS wants rediss://.",
        code="not-redis",
    )
