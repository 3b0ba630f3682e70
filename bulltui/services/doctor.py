"""Is the server fit for queues, may this user read them, and what is there? One check after the other."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.human import size
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.reads import Latency, Rights
from bulltui.domain.server import ServerInfo
from bulltui.domain.text import plural, visible
from bulltui.services.overview import find_queues
from bulltui.services.protocols import Reader

Level = Literal["ok", "warn", "bad"]

PINGS = 20
SLOW_MS = 50.0
FULL_WARN, FULL_BAD = 0.75, 0.9
OLDEST_VERSION = (6, 2)
"""The oldest Redis on which BullMQ recommends to run."""
NAMED = 10
"""How many queues a check names; the others are counted."""
SCHEDULERS_A_QUEUE = 1000


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: a sentence, what to do about it, and the cases it is about."""

    name: str
    level: Level
    message: str
    hint: str = ""
    details: tuple[str, ...] = ()
    unreachable: bool = False


async def checks(reader: Reader, prefixes: Sequence[str] | None, globs: Sequence[str]) -> AsyncIterator[Check]:
    """All checks, each as soon as it is known. Ends early when the server cannot be reached."""
    yield Check("address", "ok", reader.address)
    try:
        yield _latency(await reader.latency(PINGS))
    except BulltuiError as error:
        yield _failed("reachable", error)
        return
    try:
        async for check in _of_server(reader, prefixes):
            yield check
        async for check in _of_queues(reader, prefixes, globs):
            yield check
    except UnreachableError as error:
        yield _failed("reachable", error)


def _failed(name: str, error: BulltuiError) -> Check:
    return Check(name, "bad", error.message, error.hint, unreachable=isinstance(error, UnreachableError))


# --- the server


async def _of_server(reader: Reader, prefixes: Sequence[str] | None) -> AsyncIterator[Check]:
    try:
        info = await reader.server()
    except UnreachableError:
        raise
    except BulltuiError as error:
        yield Check("server", "warn", f"The server does not tell about itself: {error.message}", error.hint)
    else:
        for check in (_version(info), _policy(info), _memory(info), _role(info)):
            yield check
    try:
        yield _rights(await reader.rights(prefixes[0]) if prefixes else await reader.rights())
    except UnreachableError:
        raise
    except BulltuiError as error:
        yield Check("rights", "warn", f"What this user may do is not known: {error.message}", error.hint)


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


def _rights(found: Rights) -> Check:
    who = f"The user {found.user}" if found.user else "This user"
    if found.problem:
        return Check("rights", "warn", f"What {who[0].lower()}{who[1:]} may do is not known: {found.problem}")
    if not found.missing:
        return Check("rights", "ok", f"{who} may run all that reading needs.")
    optional = {"CLIENT LIST", "EVAL_RO", "INFO"}
    level: Level = "warn" if optional.issuperset(found.missing) else "bad"
    grants = " ".join("+" + name.lower().replace(" ", "|") for name in found.missing)
    return Check(
        "rights",
        level,
        f"{who} may not run {', '.join(found.missing)}.",
        f"ACL SETUSER {found.user or 'USER'} {grants}",
    )


# --- the queues


async def _of_queues(reader: Reader, prefixes: Sequence[str] | None, globs: Sequence[str]) -> AsyncIterator[Check]:
    try:
        # Under any prefix, so that queues under an unexpected one are seen as well.
        everywhere, found = await find_queues(reader, None, ())
        refs, discovery = (everywhere, found) if prefixes is None else await find_queues(reader, prefixes, globs)
        if prefixes is None and globs:
            refs, discovery = await find_queues(reader, None, globs)
        yield _prefixes(everywhere, refs, prefixes, discovery.scanned)
        queues = await reader.counts(refs)
        yield _scripts(reader.scripts_allowed)
        if queues:
            yield _layouts(queues)
            for check in (*_faults(queues), *await _schedulers(reader, queues)):
                yield check
    except UnreachableError:
        raise
    except BulltuiError as error:
        yield _failed("queues", error)


def _prefixes(
    everywhere: Sequence[QueueRef], refs: Sequence[QueueRef], prefixes: Sequence[str] | None, scanned: int
) -> Check:
    by_prefix = Counter(ref.prefix for ref in everywhere)
    listed = ", ".join(f"{visible(prefix)} ({number:,})" for prefix, number in by_prefix.most_common(NAMED))
    where = "any prefix" if prefixes is None else "the prefix " + ", ".join(map(visible, prefixes))
    if refs:
        # A queue name with colons may be told apart from its prefix only when the prefix is known.
        known = set(prefixes or ())
        others = [p for p in by_prefix if known and not any(p == k or p.startswith(f"{k}:") for k in known)]
        more = "" if not others else f" Queues are also under: {', '.join(visible(p) for p in others[:NAMED])}."
        under = f" ({listed})" if prefixes is None else ""
        return Check("queues", "ok", f"{plural(len(refs), 'queue')} under {where}{under}.{more}")
    if by_prefix:
        return Check(
            "queues",
            "warn",
            f"No queues under {where}; there are some under: {listed}.",
            "Use --prefix NAME, or --prefix auto.",
        )
    keys = f"among {plural(scanned, 'key')}" if scanned else "since the database is empty"
    return Check(
        "queues",
        "warn",
        f"No queues {keys}.",
        "Check the database number of the URL, and that producers use this server.",
    )


def _scripts(allowed: bool | None) -> Check:
    if allowed is False:
        return Check(
            "scripts",
            "warn",
            "Scripts are refused: counts are read by plain commands, more slowly and not at one instant.",
            "Grant EVAL_RO and EVALSHA_RO, or EVAL and EVALSHA.",
        )
    return Check("scripts", "ok", "Read-only scripts are allowed." if allowed else "Scripts were not needed.")


def _layouts(queues: Sequence[Queue]) -> Check:
    numbers = Counter(queue.layout.layout for queue in queues)
    summary = ", ".join(f"{layout.label}: {number:,}" for layout, number in numbers.most_common())
    unsure = [queue for queue in queues if not queue.layout.sure]
    if not unsure:
        example = queues[0]
        because = "; ".join(example.layout.evidence)
        return Check("layouts", "ok", f"{summary}.", details=(f"{example.ref.name}: {because}",) if because else ())
    details = [f"{q.ref.name}: {q.layout.layout.label}? {'; '.join(q.layout.evidence)}" for q in unsure]
    return Check(
        "layouts",
        "warn",
        f"{summary}. Not sure or mixed for {plural(len(unsure), 'queue')}.",
        "Let one major version of the library serve a queue, dashboards included.",
        _first(details),
    )


def _faults(queues: Sequence[Queue]) -> list[Check]:
    broken = [f"{queue.ref.key}: {', '.join(queue.faults)}" for queue in queues if queue.faults]
    if not broken:
        return []
    message = f"{plural(len(broken), 'queue')} with keys of a foreign type."
    return [Check("faults", "bad", message, "Another program writes under the same prefix.", _first(broken))]


async def _schedulers(reader: Reader, queues: Sequence[Queue]) -> list[Check]:
    legacy: list[str] = []
    dead: list[str] = []
    for queue in queues:
        if not queue.schedulers:
            continue
        page = await reader.schedulers(queue.ref, 0, SCHEDULERS_A_QUEUE)
        old = sum(scheduler.legacy for scheduler in page.items)
        if old:
            legacy.append(f"{queue.ref.name}: {old:,} of {queue.schedulers:,}")
        dead += [f"{queue.ref.name}: {scheduler.id}" for scheduler in page.items if not scheduler.armed]
    found = []
    if legacy:
        found.append(
            Check(
                "schedulers",
                "warn",
                f"{plural(len(legacy), 'queue')} with repeatable jobs of an older kind, which BullMQ 6 refuses.",
                "Before an update to BullMQ 6 make job schedulers of them (upsertJobScheduler), then remove them.",
                _first(legacy),
            )
        )
    if dead:
        found.append(
            Check(
                "schedulers",
                "warn",
                f"{plural(len(dead), 'scheduler')} without a next run: nothing will start them again.",
                "Upsert them again from the program that owns them.",
                _first(dead),
            )
        )
    total = sum(queue.schedulers for queue in queues)
    if total and not found:
        found.append(Check("schedulers", "ok", f"{plural(total, 'scheduler')}, none dead or of an older kind."))
    return found


def _first(cases: Sequence[str]) -> tuple[str, ...]:
    """The first few of many cases."""
    more = len(cases) - NAMED
    return (*cases[:NAMED], f"and {more:,} more") if more > 0 else tuple(cases)
