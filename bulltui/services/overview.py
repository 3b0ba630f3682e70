"""One look at all queues, for commands that run once."""

from collections.abc import Sequence

from bulltui.domain.errors import NotAllowedError, NotFoundError, UsageError
from bulltui.domain.match import select
from bulltui.domain.queue import QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, QueueRow, Snapshot
from bulltui.domain.text import plural, visible
from bulltui.domain.worker import assign
from bulltui.services.protocols import Clock, Reader


async def find_queues(
    reader: Reader, prefixes: Sequence[str] | None, globs: Sequence[str]
) -> tuple[list[QueueRef], Discovery]:
    """All queues that `globs` mean, in order, by a search through all keys."""
    found: dict[QueueRef, None] = {}
    scanned = 0
    others: tuple[str, ...] = ()
    problem = ""
    async for step in reader.discover(prefixes):
        found.update(dict.fromkeys(select(step.refs, globs)))
        scanned, others, problem = step.scanned, step.other_prefixes, step.problem
    return sorted(found), Discovery(scanned=scanned, found=len(found), problem=problem, other_prefixes=others)


async def overview(reader: Reader, clock: Clock, prefixes: Sequence[str] | None, globs: Sequence[str]) -> Snapshot:
    """All queues with counts, workers and, where workers keep BullMQ's metrics, the rate of the last whole minute."""
    refs, discovery = await find_queues(reader, prefixes, globs)
    queues = await reader.counts(refs)
    try:
        workers, problem = assign(await reader.clients(), refs), ""
    except NotAllowedError as error:
        workers, problem = None, error.message
    now = clock.now_ms()
    series = await reader.series([queue.ref for queue in queues if queue.completed_total is not None], 1)
    rows = tuple(
        QueueRow(
            queue,
            rates=_last_minute(series.get(queue.ref), now),
            workers=None if workers is None else len(workers.get(queue.ref, ())),
        )
        for queue in queues
    )
    return Snapshot(
        seq=1,
        taken_at=now,
        rows=rows,
        server=await _server(reader),
        health=Health(Link.ONLINE, since_ms=now),
        discovery=discovery,
        workers_problem=problem,
    )


async def _server(reader: Reader) -> ServerInfo | None:
    try:
        return await reader.server()
    except NotAllowedError:
        return None


def _last_minute(series: tuple[MetricSeries, MetricSeries] | None, now: int) -> Rates:
    if series is None:
        return Rates()
    completed, failed = (float(one.per_minute(now, 1)[0]) for one in series)
    return Rates(finished=completed + failed, failed=failed)


async def resolve(reader: Reader, prefixes: Sequence[str] | None, name: str) -> QueueRef:
    """The queue a person means by `name`: a name under one of the prefixes, or a whole key `prefix:name`.

    Known prefixes are asked directly, without a search through all keys. Raises NotFoundError with the nearest hint,
    and UsageError for a name that queues under several prefixes have.
    """
    if prefixes is not None:
        candidates = [QueueRef(prefix, name) for prefix in prefixes]
        candidates += [
            QueueRef(prefix, name[len(prefix) + 1 :])
            for prefix in prefixes
            if name.startswith(f"{prefix}:") and len(name) > len(prefix) + 1
        ]
        ref = _meant(name, [queue.ref for queue in await reader.counts(candidates)])
        if ref:
            return ref
    refs, discovery = await find_queues(reader, prefixes, ())
    ref = _meant(name, refs)
    if ref:
        return ref
    raise NotFoundError(f"There is no queue {visible(name)!r}.", hint=_near(name, refs, prefixes, discovery))


def _meant(name: str, refs: Sequence[QueueRef]) -> QueueRef | None:
    """The one queue of that name, else the one of that whole key."""
    named = {ref for ref in refs if ref.name == name}
    keyed = {ref for ref in refs if ref.key == name}
    if len(named) > 1 and not keyed:
        keys = ", ".join(visible(ref.key) for ref in sorted(named))
        raise UsageError(
            f"There are {len(named):,} queues {visible(name)!r}: {keys}.",
            hint="Name one by its whole key, or its --prefix.",
        )
    return next(iter(named if len(named) == 1 else keyed), None)


def _near(name: str, refs: Sequence[QueueRef], prefixes: Sequence[str] | None, discovery: Discovery) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  only for a hint

    near = get_close_matches(name, [ref.name for ref in refs], n=3)
    if near:
        return "Did you mean " + " or ".join(visible(one) for one in near) + "?"
    if not refs and discovery.other_prefixes:
        return "There are queues under other prefixes: " + ", ".join(map(visible, discovery.other_prefixes[:5])) + "."
    if not refs and not discovery.scanned:
        return "The database is empty: is it the right server and database number?"
    where = "any prefix" if prefixes is None else "the prefix " + ", ".join(map(visible, prefixes))
    return (
        f"`bulltui queues list` shows the {plural(len(refs), 'queue')} under {where}; `--prefix auto` looks under all."
    )
