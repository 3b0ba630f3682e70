"""The doctor's look at the queues: which there are, how they are kept, who serves them."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.match import select
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.text import plural, visible
from bulltui.domain.worker import assign
from bulltui.services.check import Check, failed
from bulltui.services.overview import find_queues
from bulltui.services.protocols import Reader

NAMED = 10
"""How many cases a check names; the others are counted."""
SCHEDULERS_A_QUEUE = 1000

Name = Callable[[Queue], str]


async def check_queues(reader: Reader, prefixes: Sequence[str] | None, globs: Sequence[str]) -> AsyncIterator[Check]:
    """What lies in the database: queues, layouts, workers and schedulers, and what is wrong with them."""
    try:
        # Under any prefix, so that queues under an unexpected one are seen as well.
        everywhere, found = await find_queues(reader, None, ())
        refs = select(everywhere, globs)
        if prefixes is not None:
            refs, found = await find_queues(reader, prefixes, globs)
        yield _prefixes(everywhere, refs, prefixes, found.scanned)
        queues = await reader.counts(refs)
        yield _scripts(reader.scripts_allowed)
        if queues:
            name = _names(refs)
            yield _layouts(queues, name)
            workers = await _workers(reader, queues, name)
            for check in (*_faults(queues), workers, *await _schedulers(reader, queues, name)):
                yield check
    except UnreachableError:
        raise
    except BulltuiError as error:
        yield failed("queues", error)


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


def _names(refs: Sequence[QueueRef]) -> Name:
    """How queues are called: by name, or by the whole key where there are several prefixes."""
    several = len({ref.prefix for ref in refs}) > 1
    return lambda queue: queue.ref.key if several else queue.ref.name


def _layouts(queues: Sequence[Queue], name: Name) -> Check:
    numbers = Counter(queue.layout.layout for queue in queues)
    summary = ", ".join(f"{layout.label}: {number:,}" for layout, number in numbers.most_common())
    unsure = [queue for queue in queues if not queue.layout.sure]
    if not unsure:
        examples = {queue.layout.layout: queue for queue in reversed(queues)}
        because = tuple(
            f"{layout.label}, as {name(queue)}: {'; '.join(queue.layout.evidence)}"
            for layout, queue in examples.items()
            if queue.layout.evidence
        )
        return Check("layouts", "ok", f"{summary}.", details=because)
    details = [f"{name(q)}: {q.layout.layout.label}? {'; '.join(q.layout.evidence)}" for q in unsure]
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


async def _workers(reader: Reader, queues: Sequence[Queue], name: Name) -> Check:
    try:
        serving = assign(await reader.clients(), [queue.ref for queue in queues])
    except NotAllowedError as error:
        return Check("workers", "warn", error.message, error.hint)
    number = sum(map(len, serving.values()))
    message = f"{plural(number, 'worker')} on {plural(len(serving), 'queue')}" if number else "No worker is connected"
    alone = [queue for queue in queues if queue.ref not in serving and queue.counts.pending and not queue.paused]
    if not alone:
        return Check("workers", "ok", f"{message}.")
    alone.sort(key=lambda queue: -queue.counts.pending)
    return Check(
        "workers",
        "warn",
        f"{message}; {plural(len(alone), 'queue')} with pending jobs and no worker.",
        "Start their workers, or see why they are not connected to this server.",
        _first([f"{name(queue)}: {queue.counts.pending:,} pending" for queue in alone]),
    )


async def _schedulers(reader: Reader, queues: Sequence[Queue], name: Name) -> list[Check]:
    legacy: list[str] = []
    dead: list[str] = []
    for queue in queues:
        if not queue.schedulers:
            continue
        page = await reader.schedulers(queue.ref, 0, SCHEDULERS_A_QUEUE)
        old = sum(scheduler.legacy for scheduler in page.items)
        if old:
            legacy.append(f"{name(queue)}: {old:,} of {queue.schedulers:,}")
        dead += [f"{name(queue)}: {scheduler.id}" for scheduler in page.items if not scheduler.armed]
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
