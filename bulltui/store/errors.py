"""What Redis and the network answer, as sentences for people."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions as redis_errors

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.text import visible


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _detail(error: BaseException) -> str:
    text = visible(str(error)).strip()
    return text if len(text) <= 200 else text[:199] + "…"


def explain(error: BaseException, address: str) -> BulltuiError:
    """The sentence, the next step and the exit code for an error of redis-py or the network at `address`."""
    for cause in _causes(error):
        told = _network(cause, address)
        if told is not None:
            return told
    return _answer(error, address)


def _network(cause: BaseException, address: str) -> BulltuiError | None:
    tls = address.startswith("rediss://")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"The certificate of {address} is not trusted: {cause.verify_message or _detail(cause)}.",
            hint="Add `?ssl_ca_certs=FILE` for a private CA to the URL.",
            code="tls",
        )
    if isinstance(cause, ssl.SSLError):
        return UnreachableError(
            f"{address} does not speak TLS: {cause.reason or _detail(cause)}.",
            hint="Use redis:// in place of rediss:// for a server without TLS.",
            code="tls",
        )
    if isinstance(cause, socket.gaierror):
        return UnreachableError(
            f"The host of {address} is not known: {cause.strerror}.",
            hint="Check the name in the URL, and DNS or the VPN.",
            code="unknown-host",
        )
    if isinstance(cause, ConnectionRefusedError) or (
        # All addresses of a host, told in one error.
        isinstance(cause, OSError) and cause.errno is None and "Connect call failed" in str(cause)
    ):
        return UnreachableError(
            f"Nothing listens at {address}: connection refused.",
            hint="Check host and port of the URL, and that the server runs.",
            code="refused",
        )
    if isinstance(cause, FileNotFoundError) and address.startswith("unix"):
        return UnreachableError(
            f"There is no socket at {address}.", hint="Check the path of the unix:// URL.", code="refused"
        )
    if isinstance(cause, PermissionError) and address.startswith("unix"):
        return UnreachableError(
            f"The socket at {address} may not be opened: permission denied.",
            hint="Check the socket's mode and group.",
            code="refused",
        )
    if isinstance(cause, redis_errors.TimeoutError | TimeoutError | asyncio.TimeoutError):
        hint = (
            "If the server has no TLS, use redis:// in place of rediss://."
            if tls
            else "It may be busy, paused or behind a firewall that drops packets."
        )
        return UnreachableError(f"{address} did not answer in time.", hint=hint, code="timeout")
    return None


_BY_WORD: tuple[tuple[str, type[BulltuiError], str, str, str], ...] = (
    (
        "NOAUTH",
        NotAllowedError,
        "no-password",
        "{address} wants a password.",
        "Put it in the URL: redis://:PASSWORD@HOST.",
    ),
    (
        "WRONGPASS",
        NotAllowedError,
        "wrong-password",
        "{address} refused the user name or password.",
        "Check both in the URL; escape signs such as @ and / as %40 and %2F.",
    ),
    ("LOADING", UnreachableError, "loading", "{address} is loading its data.", "Wait; it answers when it is done."),
    (
        "BUSY",
        UnreachableError,
        "busy-script",
        "{address} is busy with a script that does not end.",
        "SCRIPT KILL ends it, if it has not written.",
    ),
    (
        "MASTERDOWN",
        UnreachableError,
        "master-down",
        "{address} is a replica that lost its master.",
        "Connect to the master, or wait for the failover.",
    ),
    ("READONLY", NotAllowedError, "read-only-server", "{address} is a read-only replica.", "Connect to the master."),
    (
        "OOM",
        BulltuiError,
        "out-of-memory",
        "{address} is out of memory.",
        "Free memory or raise maxmemory; BullMQ needs the policy noeviction.",
    ),
    (
        "MOVED",
        BulltuiError,
        "cluster",
        "{address} is a node of a Redis Cluster and does not hold all keys.",
        "Connect to the cluster.",
    ),
    (
        "CROSSSLOT",
        BulltuiError,
        "cluster",
        "{address} is a Redis Cluster and the keys are in several slots.",
        "Use a prefix with a hash tag, like {{bull}}.",
    ),
)


_RIGHTS = re.compile(
    r"no permissions? to|acl failure|can't run this command|can't access at least one of the keys", re.I
)


def about_rights(text: str) -> bool:
    """Whether an error's text says that the user lacks a right, in the words of any version, in scripts or outside."""
    return bool(_RIGHTS.search(text))


def about_keys(text: str) -> bool:
    """Whether an error about rights is about keys: the command itself would be allowed."""
    return re.search(r"access (a|one of the|at least one of the) keys?", text, re.IGNORECASE) is not None


def not_permitted(text: str) -> NotAllowedError:
    """The user lacks a right, as the server says in `text`."""
    said = visible(text.removeprefix("NOPERM ").removeprefix("ERR "))
    return NotAllowedError(
        f"The Redis user may not do this: {said if len(said) <= 200 else said[:199] + '…'}",
        hint="`bulltui doctor` lists the rights that are missing.",
        code="no-permission",
    )


def _answer(error: BaseException, address: str) -> BulltuiError:
    text = str(error)
    detail = _detail(error)
    # redis-py takes the word off the text where it knows it.
    word = getattr(error, "status_code", None) or text.split(" ", 1)[0]
    for known, kind, code, message, hint in _BY_WORD:
        if word == known:
            return kind(message.format(address=address, detail=detail), hint=hint.format(), code=code)
    if isinstance(error, redis_errors.NoPermissionError) or word == "NOPERM" or about_rights(text):
        return not_permitted(text)
    if isinstance(error, redis_errors.AuthenticationError) or "AUTH" in text or "invalid password" in text:
        return _answer(redis_errors.ResponseError("WRONGPASS"), address)
    if isinstance(error, redis_errors.MaxConnectionsError) or "max number of clients" in text:
        return UnreachableError(
            f"{address} has no connection left.", hint="Raise maxclients or close idle clients.", code="max-clients"
        )
    if isinstance(error, redis_errors.InvalidResponse) or "Protocol Error" in text or "protocol error" in text:
        return UnreachableError(
            f"What answers at {address} is no Redis.",
            hint="Check host and port of the URL; a Redis with TLS wants rediss://.",
            code="not-redis",
        )
    if isinstance(error, redis_errors.ConnectionError | OSError):
        return UnreachableError(
            f"The connection to {address} was closed or could not be made: {detail}",
            hint="Is it a Redis with TLS at all? One without wants redis://."
            if address.startswith("rediss://")
            else "Is it a Redis at all, and does it want TLS (rediss://)?",
            code="closed",
        )
    if "DB index is out of range" in text:
        return BulltuiError(
            f"{address} has no database of that number: {detail}.",
            hint="The database is the number after the last / of the URL; servers have 0 to 15 unless told otherwise.",
            code="server-error",
        )
    return BulltuiError(
        f"{address} answered: {detail}",
        hint="`bulltui doctor` shows what the server is and what it allows.",
        code="server-error",
    )


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Turns errors of redis-py and the network in the block into BulltuiErrors."""
    try:
        yield
    except (redis_errors.RedisError, OSError, ValueError) as error:
        raise explain(error, address) from error
