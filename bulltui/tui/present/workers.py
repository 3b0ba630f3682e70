"""Workers as lines of a table."""

from bulltui.domain import human
from bulltui.domain.text import plural
from bulltui.domain.worker import Worker
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("queue", "queue", min=12, max=40, flex=2, priority=90),
    Column("name", "worker", min=10, max=40, flex=2, priority=80),
    Column("address", "address", min=15, max=28, flex=1, priority=100),
    Column("age", "connected", width=9, align="right", priority=60),
    Column("idle", "idle", width=8, align="right", priority=70),
    Column("command", "last command", min=12, max=24, flex=1, priority=50),
    Column("library", "library", min=10, flex=2, priority=40),
)


def cells(worker: Worker) -> tuple[Cell, ...]:
    """The cells of a worker."""
    client = worker.client
    return (
        worker.queue.shown,
        worker.name or ("unnamed", "dim"),
        client.address,
        human.age(client.age_s * 1000),
        (human.age(client.idle_s * 1000), "dim"),
        client.command or ("–", "dim"),
        (client.library or "–", "dim"),
    )


def title(workers: int | None, queue: str) -> str:
    """What the table shows; None where nobody can tell how many there are."""
    return f"{'Workers' if workers is None else plural(workers, 'worker')} of {queue or 'all queues'}"


def empty(problem: str, queue: str) -> str:
    """What to know when there is none."""
    if problem:
        return f"{problem}\n\nThey are seen in CLIENT LIST only."
    where = f"the queue {queue}" if queue else "any queue shown here"
    return (
        f"No worker of {where} is connected.\n\n"
        "A worker is known by the name of its connection. Behind a proxy that hides names, or on another node of a "
        "cluster, it is not seen."
    )
