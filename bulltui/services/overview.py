"""One look at all queues, for commands that run once."""

from collections.abc import Mapping, Sequence

from bulltui.domain.errors import NotAllowedError, NotFoundError, UsageError
from bulltui.domain.match import select
from bulltui.domain.queue import QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, QueueRow, Snapshot
from bulltui.domain.text import plural, visible
from bulltui.domain.worker import assign
from bulltui.services.protocols import Clock, ManyServers, Reader


async def find_queues(
    reader: Reader, prefixes: Sequence[str] | None, globs: Sequence[str]
) -> tuple[list[QueueRef], Discovery]:
    """All queues that `globs` mean, in order, by a search through all keys."""
    found: dict[QueueRef, None] = {}
    scanned = 0
    others: tuple[str, ...] = ()
    problem, unasked = "", False
    async for step in reader.discover(prefixes):
        found.update(dict.fromkeys(select(step.refs, globs)))
        scanned, others, problem, unasked = step.scanned, step.other_prefixes, step.problem, step.unasked
    return sorted(found), Discovery(
        scanned=scanned, found=len(found), problem=problem, other_prefixes=others, unasked=unasked
    )


async def overview(reader: Reader, clock: Clock, prefixes: Sequence[str] | None, globs: Sequence[str]) -> Snapshot:
    """All queues with counts, workers and, where workers keep BullMQ's metrics, the rate of the last whole minute. Of
    several servers those that answer; raises a BulltuiError where none does."""
    if isinstance(reader, ManyServers):
        from bulltui.services.fleet.overview import overview_of_all  # noqa: PLC0415 - few look at several servers

        return await overview_of_all(reader, clock)
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
    """The queue a person means by `name`: a name under one of the prefixes, or a whole key `prefix:name`; of several
    servers, each of which has its own prefixes, either of them after the label of one, `eu/name`.

    Known prefixes are asked directly, without a search through all keys. Raises NotFoundError with the nearest hint,
    and UsageError for a name that queues under several prefixes, or of several servers, have.
    """
    where = _places(reader, prefixes)
    readings = _readings(where, name)
    for place, short in readings:
        asked = _candidates(place, short)
        ref = _meant(short, [queue.ref for queue in await reader.counts(asked)] if asked else [])
        if ref:
            return ref
    refs, discovery = await find_queues(reader, prefixes, ())
    for place, short in readings:
        ref = _meant(short, [ref for ref in refs if ref.server in place])
        if ref:
            return ref
    short = readings[0][1]
    raise NotFoundError(f"There is no queue {visible(name)!r}.", hint=_near(short, refs, prefixes, discovery))


_Places = Mapping[str, Sequence[str] | None]
"""The prefixes of each server, by its label; the only one of a single server has none."""


def _places(reader: Reader, prefixes: Sequence[str] | None) -> _Places:
    if isinstance(reader, ManyServers):
        return {label: reader.place(label).prefixes for label in reader.labels}
    return {"": prefixes}


def _readings(where: _Places, name: str) -> list[tuple[_Places, str]]:
    """How a name may be read, the likeliest first: as that of a server and a queue of it, or as that of a queue."""
    label, mark, rest = name.partition("/")
    named = [({label: where[label]}, rest)] if mark and label and rest and label in where else []
    return [*named, (where, name)]


def _candidates(where: _Places, name: str) -> list[QueueRef]:
    found = []
    for server, prefixes in where.items():
        found += [QueueRef(prefix, name, server) for prefix in prefixes or ()]
        found += [
            QueueRef(prefix, name[len(prefix) + 1 :], server)
            for prefix in prefixes or ()
            if name.startswith(f"{prefix}:") and len(name) > len(prefix) + 1
        ]
    return found


def _meant(name: str, refs: Sequence[QueueRef]) -> QueueRef | None:
    """The one queue of that name, else the one of that whole key."""
    named = {ref for ref in refs if ref.name == name}
    keyed = {ref for ref in refs if ref.key == name}
    chosen = keyed if keyed and len(named) != 1 else named
    if len(chosen) > 1:
        servers = {ref.server for ref in chosen}
        one_prefix = len({ref.prefix for ref in chosen}) == 1
        names = [ref.shown if one_prefix else ref.shown_key for ref in sorted(chosen, key=lambda ref: ref.shown_key)]
        hint = "Name one by its whole key, or its --prefix."
        if len(servers) > 1:
            hint = "Name one of these, or take the --profile of its server alone."
        told = ", ".join(map(visible, names))
        raise UsageError(f"There are {len(chosen):,} queues {visible(name)!r}: {told}.", hint=hint)
    return next(iter(chosen), None)


def _near(name: str, refs: Sequence[QueueRef], prefixes: Sequence[str] | None, discovery: Discovery) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  only for a hint

    near = get_close_matches(name, list(dict.fromkeys(ref.name for ref in refs)), n=3)
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
