"""`bulltui workers`: who serves the queues."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.documents import WORKER_FIELDS, worker_document
from bulltui.cli.grammar import command, noun
from bulltui.cli.output import Shape, note
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.human import age
from bulltui.domain.queue import QueueRef
from bulltui.domain.worker import Worker, assign

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

app = noun("workers", "List workers.")

_COLUMNS = (
    Column("queue", give=True),
    Column("worker", give=True),
    Column("address"),
    Column("connected", right=True),
    Column("idle", right=True),
    Column("last command", drop=1),
    Column("library", give=True, drop=2),
)


@command(
    app,
    "list",
    examples="""
    bulltui workers list
    bulltui workers list payments -o json
    """,
)
def list_workers(
    call: Call,
    *,
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", show_default=False, help="Only those of this queue.")
    ] = None,
) -> None:
    """List the connections of workers, by queue.

    A worker is known by the name of its connection; how many jobs it runs at once is not visible.
    """

    async def read(runtime: "Runtime") -> tuple[Sequence[QueueRef], list[Worker]]:
        from bulltui.services.overview import find_queues, resolve
        from bulltui.services.protocols import reader_of

        reader, settings = runtime.reader, call.settings
        if queue is None:
            refs, discovery = await find_queues(reader, settings.prefixes, settings.queues)
            if discovery.problem:
                note(discovery.problem)
        else:
            refs = [await resolve(reader, settings.prefixes, queue)]
        # One of each server that is left: another one that does not answer has been told of.
        servers = {ref.server: reader_of(reader, ref) for ref in refs} or {"": reader}
        found = assign([client for one in servers.values() for client in await one.clients()], refs)
        return refs, [worker for ref in sorted(found) for worker in found[ref]]

    refs, workers = call.run(read)
    line = partial(_row, whole_key=len({ref.prefix for ref in refs}) > 1)
    call.out.listing(call.output, workers, Shape(_COLUMNS, line, WORKER_FIELDS, worker_document, worker_document))
    if not workers:
        note(_nobody(queue, refs))


def _row(worker: Worker, *, whole_key: bool) -> Row:
    client = worker.client
    return (
        worker.queue.shown_key if whole_key else worker.queue.shown,
        worker.name or Cell("(no name)", Tone.DIM),
        client.address,
        age(client.age_s * 1000),
        age(client.idle_s * 1000),
        client.command,
        client.library,
    )


def _nobody(queue: str | None, refs: Sequence[QueueRef]) -> str:
    if queue is not None:
        return f"No worker is connected to {queue}."
    if not refs:
        return "No queues, so no workers; `bulltui queues list` says what to check."
    return f"No worker is connected to any of the {len(refs):,} queues."
