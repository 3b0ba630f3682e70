"""Workers as they show in the server's client list.

A worker is only its connection: the libraries name it after the queue (reference, section 5.5), the Node libraries with
the queue's name in base64, the Python one in plain text. Concurrency is not visible.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.queue import QueueRef
from bulltui.domain.text import to_bytes

_WAITS = "bzpopmin"
"""The command by which workers wait for jobs."""


class ClientKind(StrEnum):
    """What a named connection of a queue is."""

    WORKER = "worker"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Client:
    """One line of the client list: `age_s` and `idle_s` in seconds, `command` the last one it sent. `blocked` is
    whether it waits in it, as a worker of BullMQ does that could take one more job. `database` is the number of the one
    that it uses, `server` the label of its server where several are shown."""

    id: int
    name: str
    address: str
    age_s: int = 0
    idle_s: int = 0
    command: str = ""
    library: str = ""
    blocked: bool = False
    database: int = 0
    server: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """A connection that serves a queue. `name` is the worker's own name, empty when it has none."""

    queue: QueueRef
    client: Client
    name: str = ""
    kind: ClientKind = ClientKind.WORKER


def parse_client(line: str) -> Client | None:
    """A line of CLIENT LIST; None when it is none."""
    fields = dict(part.partition("=")[::2] for part in line.split(" "))
    if "id" not in fields or "addr" not in fields:
        return None

    def number(name: str) -> int:
        text = fields.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0

    return Client(
        id=number("id"),
        name=fields.get("name", ""),
        address=fields["addr"],
        age_s=number("age"),
        idle_s=number("idle"),
        command=fields.get("cmd", ""),
        library=" ".join(filter(None, (fields.get("lib-name", ""), fields.get("lib-ver", "")))),
        blocked="b" in fields.get("flags", ""),
        database=number("db"),
    )


def _names_of(ref: QueueRef) -> Iterator[str]:
    """What workers of a queue call their connections. Where prefix and name meet is known only by who wrote the keys,
    so each colon of the key is tried."""
    yield ref.key
    parts = ref.key.split(":")
    for at in range(1, len(parts)):
        name = ":".join(parts[at:])
        encoded = base64.b64encode(to_bytes(name)).decode("ascii")
        yield f"{':'.join(parts[:at])}:{encoded}"


def assign(clients: Iterable[Client], refs: Iterable[QueueRef]) -> dict[QueueRef, tuple[Worker, ...]]:
    """The workers of each queue among `clients`, by exact name: `queue-1` never takes those of `queue-10`, nor a queue
    of one server those of another. Clients of which no server is said are those of the one that all queues are of."""
    by_server: dict[str, dict[str, QueueRef]] = {}
    for ref in refs:
        by_name = by_server.setdefault(ref.server, {})
        for name in _names_of(ref):
            by_name.setdefault(name, ref)
    alone = next(iter(by_server.values())) if len(by_server) == 1 else {}
    found: dict[QueueRef, list[Worker]] = {}
    for client in clients:
        worker = _worker_of(client, by_server.get(client.server, {}) if client.server else alone)
        if worker is not None and worker.kind is ClientKind.WORKER:
            found.setdefault(worker.queue, []).append(worker)
    return {ref: tuple(_once(ref, workers)) for ref, workers in found.items()}


def _once(ref: QueueRef, workers: list[Worker]) -> list[Worker]:
    """Each worker once. The Python library, which writes the queue's name plainly, names several connections of one
    worker alike; of these the one that waits for jobs stands for it. Unnamed ones that all are busy count as one."""
    plain = [worker for worker in workers if worker.client.name.startswith(ref.key)]
    if len(plain) < 2:
        return workers
    kept = [worker for worker in workers if worker not in plain]
    groups: dict[tuple[str, str], list[Worker]] = {}
    for worker in plain:
        groups.setdefault((worker.client.name, worker.client.address.rpartition(":")[0]), []).append(worker)
    for group in groups.values():
        waiting = [worker for worker in group if worker.client.command == _WAITS]
        kept += (waiting or group)[: 1 if group[0].name else max(1, len(waiting))]
    return kept


def _worker_of(client: Client, by_name: Mapping[str, QueueRef]) -> Worker | None:
    if not client.name:
        return None
    ref = by_name.get(client.name)
    if ref is not None:
        return Worker(ref, client)
    base, mark, own_name = client.name.partition(":w:")
    while mark:
        if base in by_name:
            return Worker(by_name[base], client, name=own_name)
        # A queue or prefix with `:w:` in it: take the mark further right.
        more, mark, own_name = own_name.partition(":w:")
        base = f"{base}:w:{more}"
    if client.name.endswith(":qe") and client.name[:-3] in by_name:
        return Worker(by_name[client.name[:-3]], client, kind=ClientKind.EVENTS)
    return None
