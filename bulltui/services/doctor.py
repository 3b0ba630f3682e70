"""Is the server fit for queues, may this user read them, and what is there? One check after the other."""

from collections.abc import AsyncIterator, Sequence

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.human import size
from bulltui.domain.match import example
from bulltui.domain.reads import Latency, Rights
from bulltui.domain.roles import ADMIN, Role
from bulltui.domain.server import PART, PART_HINT, ServerInfo
from bulltui.domain.text import visible
from bulltui.services.check import Check, Level, failed
from bulltui.services.doctor_queues import check_queues
from bulltui.services.doctor_rights import RightsReader, check_role
from bulltui.services.protocols import Reader

PINGS = 20
SLOW_MS = 50.0
FULL_WARN, FULL_BAD = 0.75, 0.9
OLDEST_VERSION = (6, 2)
"""The oldest Redis on which BullMQ recommends to run."""


async def checks(
    reader: Reader,
    prefixes: Sequence[str] | None,
    globs: Sequence[str],
    *,
    role: Role = ADMIN,
    asker: RightsReader | None = None,
) -> AsyncIterator[Check]:
    """All checks, each as soon as it is known. Ends early when the server cannot be reached. With an `asker` the
    user's rights are held against those that `role` needs; for that the prefixes have to be known."""
    yield Check("address", "ok", reader.address)
    try:
        yield _latency(await reader.latency(PINGS))
    except BulltuiError as error:
        yield failed("reachable", error)
        return
    try:
        async for check in _of_server(reader, _places(prefixes, tuple(globs) or role.queues)):
            yield check
        if asker is not None and prefixes:
            yield await check_role(asker, role, prefixes, globs)
        async for check in check_queues(reader, prefixes, globs):
            yield check
    except UnreachableError as error:
        yield failed("reachable", error)


# --- the server


def _places(prefixes: Sequence[str] | None, globs: Sequence[str]) -> Sequence[str] | None:
    """The starts of keys that are meant. A user of some queues only may not read others under the prefix."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    if prefixes is None or not wanted:
        return prefixes
    return [f"{prefix}:{example(glob)}" for prefix in prefixes for glob in wanted]


async def _of_server(reader: Reader, prefixes: Sequence[str] | None) -> AsyncIterator[Check]:
    try:
        info = await reader.server()
    except UnreachableError:
        raise
    except BulltuiError as error:
        yield Check("server", "warn", f"The server does not tell about itself: {error.message}")
    else:
        for check in (_version(info), _policy(info), _memory(info), _role(info)):
            yield check
    try:
        if prefixes is None:
            # Which keys are meant is not known, so nothing is said of them.
            yield _rights(await reader.rights(), ())
        else:
            found = {prefix: await reader.rights(prefix) for prefix in dict.fromkeys(prefixes)}
            yield _rights(found[prefixes[0]], [prefix for prefix, rights in found.items() if not rights.keys])
    except UnreachableError:
        raise
    except BulltuiError as error:
        yield Check("rights", "warn", f"What this user may do is not known: {error.message}")


def _latency(found: Latency) -> Check:
    times = f"{found.median:.1f} ms, from {found.best:.1f} to {found.worst:.1f} ms, in {len(found.samples)} tries"
    if found.median > SLOW_MS:
        return Check(
            "reachable",
            "warn",
            f"An answer takes {times}: every step of a worker takes as long.",
            "Workers should run near their Redis; look for a busy server or a slow network.",
        )
    return Check("reachable", "ok", f"An answer takes {times}.")


def _version(info: ServerInfo) -> Check:
    protocol = f", protocol RESP{info.protocol}" if info.protocol else ""
    mode = f", {info.mode}" if info.mode else ""
    message = f"{info.title or 'unknown'}{mode}{protocol}"
    if info.is_a_part:
        return Check("server", "warn", f"{message}. {PART}", PART_HINT)
    parts = info.version.split(".")
    known = len(parts) > 1 and all(part.isdigit() for part in parts[:2])
    if info.software == "redis" and known and (int(parts[0]), int(parts[1])) < OLDEST_VERSION:
        return Check("server", "warn", f"{message}: older than BullMQ recommends.", "Update to Redis 6.2 or newer.")
    return Check("server", "ok", f"{message}.")


def _policy(info: ServerInfo) -> Check:
    safe = info.policy_is_safe
    if safe is None:
        return Check("memory policy", "warn", "The server does not tell its memory policy.", "It must be noeviction.")
    if not safe:
        return Check(
            "memory policy",
            "bad",
            f"The memory policy is {info.memory_policy}: when memory runs out the server deletes jobs.",
            "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf or the provider's console.",
        )
    return Check("memory policy", "ok", "The memory policy is noeviction, as BullMQ needs it.")


def _memory(info: ServerInfo) -> Check:
    if info.used_memory is None:
        return Check("memory", "warn", "The server does not tell how much memory it uses.")
    used = size(info.used_memory)
    if not info.max_memory:
        return Check("memory", "ok", f"{used} used, without a limit of its own.")
    share = info.used_memory / info.max_memory
    message = f"{used} of {size(info.max_memory)} used, {share:.0%}"
    if share < FULL_WARN:
        return Check("memory", "ok", f"{message}.")
    return Check(
        "memory",
        "bad" if share >= FULL_BAD else "warn",
        f"{message}: when it is full no job can be added.",
        "Remove finished jobs (removeOnComplete, removeOnFail), or raise maxmemory.",
    )


def _role(info: ServerInfo) -> Check:
    if info.role in ("slave", "replica"):
        return Check(
            "role", "warn", "This is a replica: it may lag behind, and refuses changes.", "Connect to the master."
        )
    return Check("role", "ok", f"This is a {info.role}." if info.role else "The server does not tell its role.")


def _rights(found: Rights, hidden: Sequence[str]) -> Check:
    """`hidden` are prefixes whose keys the user may not read. Which commands it may run is the same under all."""
    who = f"The user {found.user}" if found.user else "This user"
    if not found.missing and not hidden:
        return Check("rights", "ok", f"{who} may run all that reading needs.")
    optional = {"CLIENT LIST", "EVAL_RO", "INFO"}
    level: Level = "warn" if optional.issuperset(found.missing) and not hidden else "bad"
    lacks = [f"run {', '.join(found.missing)}"] if found.missing else []
    lacks += [f"read the keys under {', '.join(map(visible, hidden))}"] if hidden else []
    grants = ["+" + name.lower().replace(" ", "|") for name in found.missing]
    grants += [f"~{prefix}:*" for prefix in hidden]
    return Check(
        "rights",
        level,
        f"{who} may not {', nor '.join(lacks)}.",
        f"ACL SETUSER {found.user or 'USER'} {' '.join(grants)}",
    )
