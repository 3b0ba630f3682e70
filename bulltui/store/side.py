"""What stands beside the jobs: workers, schedulers and BullMQ's metrics."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.fields import raw_field, whole
from bulltui.domain.queue import QueueRef
from bulltui.domain.scheduler import Scheduler, SchedulerPage, decode_scheduler, run_ids
from bulltui.domain.series import MetricSeries
from bulltui.domain.text import exact
from bulltui.domain.worker import Client, parse_client
from bulltui.store.calls import Calls, Command, Raw, Refused
from bulltui.store.info import parse_info
from bulltui.store.keys import base, job_key, key

_SCHEDULER_FIELDS = (
    "name",
    "every",
    "pattern",
    "tz",
    "limit",
    "startDate",
    "endDate",
    "offset",
    "ic",
    "opts",
    "data",
)


async def read_clients(calls: Calls) -> list[Client]:
    """All connections to our database. Raises NotAllowedError, with a sentence, where the server does not tell."""
    nodes = await calls.nodes()
    if len(nodes) == 1:
        found = await _clients_of(nodes[0], calls)
        if await _is_replica(nodes[0]):
            raise NotAllowedError(
                "Workers cannot be seen: they are connected to the primary, and this is a replica.",
                hint="Connect to the primary, without `replica`, to see them.",
                code="no-client-list",
            )
        return found
    told = await asyncio.gather(*(_clients_of(node, calls) for node in nodes), return_exceptions=True)
    every = [clients for clients in told if not isinstance(clients, BaseException)]
    for problem in told:
        # A node that is away has no clients; whoever may not ask sees none anywhere.
        if isinstance(problem, BaseException) and (not every or not isinstance(problem, UnreachableError)):
            raise problem
    return list(each_once(every))


def each_once(by_node: Sequence[Sequence[Client]]) -> Iterator[Client]:
    """The clients of several nodes. A worker of a Cluster has connections of one name to some of them; it waits at the
    one that holds its queue, so that where the most wait, and then where the most are, is where they are counted."""
    best: dict[tuple[str, str], tuple[int, int, list[Client]]] = {}
    for clients in by_node:
        groups: dict[tuple[str, str], list[Client]] = {}
        for client in clients:
            if client.name:
                groups.setdefault((client.name, client.address.rpartition(":")[0]), []).append(client)
            else:
                yield client
        for who, group in groups.items():
            rank = sum(client.blocked for client in group), len(group), group
            if who not in best or rank[:2] > best[who][:2]:
                best[who] = rank
    for _, _, group in best.values():
        yield from group


async def _clients_of(node: Calls, calls: Calls) -> list[Client]:
    try:
        reply = await node.execute("CLIENT", "LIST", "TYPE", "normal")
    except NotAllowedError as error:
        raise NotAllowedError(
            "Workers cannot be seen: the Redis user may not run CLIENT LIST.",
            hint="Grant it with ACL SETUSER … +client|list.",
            code="no-client-list",
        ) from error
    except BulltuiError as error:
        if error.code != "server-error":
            raise
        raise NotAllowedError(
            "Workers cannot be seen: the server does not offer CLIENT LIST.",
            hint="Some hosted servers switch it off; everything else works.",
            code="no-client-list",
        ) from error
    lines = exact(reply).split("\n") if isinstance(reply, bytes | str) else []
    clients = [client for client in map(parse_client, lines) if client is not None]
    # A queue of the same name in another database, or on another server, has workers of its own.
    return [replace(client, server=calls.label) for client in clients if client.database == calls.database]


async def _is_replica(node: Calls) -> bool:
    """Whether the server says so of itself; one that says nothing is none."""
    try:
        told = parse_info(exact(await node.execute("INFO", "replication")))
    except UnreachableError:
        raise
    except BulltuiError:
        return False
    return told.get("role") == "slave"


async def read_schedulers(calls: Calls, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
    """See `QueueReader.schedulers`."""
    name = key(ref, "repeat")
    total, found = await calls.pipeline(
        # An end before the start is none, save that -1 is the last one.
        [("ZCARD", name), ("ZRANGE", name, *((start, start + limit - 1) if limit > 0 else (1, 0)), "WITHSCORES")],
    )
    if isinstance(total, Refused) or isinstance(found, Refused):
        return SchedulerPage((), 0)
    pairs = found if found and isinstance(found[0], list) else list(zip(found[::2], found[1::2], strict=True))
    members = [(member, _time(score)) for member, score in pairs]
    hashes = await calls.batch(
        [base(ref) + b"repeat:" + member for member, _ in members],
        (("HMGET", "", *_SCHEDULER_FIELDS),),
    )
    armed = await _armed(calls, ref, members)
    items: list[Scheduler] = []
    for (member, next_at), (values,), is_armed in zip(members, hashes, armed, strict=True):
        fields = {
            field: raw_field(value)
            for field, value in zip(_SCHEDULER_FIELDS, values if isinstance(values, list) else (), strict=False)
            if value is not None
        }
        items.append(decode_scheduler(exact(member), next_at, fields, armed=is_armed))
    return SchedulerPage(tuple(items), total)


def _time(score: Raw) -> int:
    """A score as epoch ms; 0 for what is none."""
    number = float(score)
    return int(number) if math.isfinite(number) else 0


async def _armed(calls: Calls, ref: QueueRef, members: Sequence[tuple[bytes, int]]) -> list[bool]:
    """Whether the job of the next run is there."""
    candidates = [run_ids(exact(member), next_at) for member, next_at in members]
    rows = await calls.batch([job_key(ref, job_id) for ids in candidates for job_id in ids], (("EXISTS", ""),))
    answers = iter(rows)
    return [sum(next(answers)[0] == 1 for _ in ids) > 0 for ids in candidates]


async def read_series(
    calls: Calls, refs: Sequence[QueueRef], minutes: int
) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
    """See `QueueReader.series`."""
    commands: list[Command] = []
    for kind in ("completed", "failed"):
        commands.append(("HMGET", f"metrics:{kind}", "count", "prevTS", "prevCount"))
        commands.append(("LRANGE", f"metrics:{kind}:data", 0, max(0, minutes - 1)))
    rows = await calls.batch([base(ref) for ref in refs], commands)
    return {
        ref: (_series(row[0], row[1], minutes), _series(row[2], row[3], minutes))
        for ref, row in zip(refs, rows, strict=True)
    }


def _series(fields: Raw, points: Raw, minutes: int) -> MetricSeries:
    if not isinstance(fields, list):
        return MetricSeries()
    count, rolled_at, rolled_count = (whole(exact(value)) or 0 if value else 0 for value in fields)
    numbers = [whole(exact(point)) or 0 for point in points[:minutes]] if isinstance(points, list) else []
    return MetricSeries(count, rolled_at, rolled_count, tuple(numbers))
