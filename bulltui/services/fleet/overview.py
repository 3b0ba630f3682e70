"""One look at the queues of several servers."""

from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.snapshot import Health, Link, Snapshot
from bulltui.services.fleet.members import Members, answers_of
from bulltui.services.fleet.snapshots import merged, state_of
from bulltui.services.overview import overview
from bulltui.services.protocols import Clock, ManyServers, Place


async def overview_of_all(servers: ManyServers, clock: Clock) -> Snapshot:
    """All of them side by side, each with its own prefixes and globs. One that does not answer is `offline` for the
    reason that it has; raises that of the first one where none answers."""

    async def look(_: str, place: Place) -> Snapshot:
        return await overview(place.reader, clock, place.prefixes, place.globs)

    places = Members({label: servers.place(label) for label in servers.labels})
    told = await places.each_or_error(look)
    answers_of(told)
    parts = []
    for label, answer in told.items():
        if isinstance(answer, BulltuiError):
            why = Health(Link.OFFLINE, since_ms=clock.now_ms(), message=answer.message, hint=answer.hint)
            answer = Snapshot(health=why)  # noqa: PLW2901
        rows = [replace(row, queue=replace(row.queue, ref=replace(row.ref, server=label))) for row in answer.rows]
        parts.append((state_of(label, places.of(label).reader.address, answer), rows))
    return merged(parts, 1)
