"""`bulltui queues concurrency|limit|clear-rate-limit|remove-deduplication|trim-events`."""

from typing import Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.choice import Queue
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.cli.queue_acts import on_queue
from bulltui.domain.actions import ClearRateLimit, RemoveDeduplication, SetConcurrency, SetRateLimit, TrimEvents
from bulltui.domain.errors import UsageError
from bulltui.domain.spans import span

KEPT_EVENTS = 10_000
"""What the library keeps unless told otherwise."""


def register(app: typer.Typer) -> None:
    """Adds the commands to the noun `queues`."""
    command(
        app,
        "concurrency",
        groups=GROUPS,
        examples="""
        bulltui queues concurrency payments 10
        bulltui queues concurrency payments --remove
        """,
    )(concurrency)
    command(
        app,
        "limit",
        groups=GROUPS,
        examples="""
        bulltui queues limit mail --max 100 --per 1s
        bulltui queues limit mail --remove
        """,
    )(limit)
    command(app, "clear-rate-limit", groups=GROUPS, examples="bulltui queues clear-rate-limit mail")(clear_rate_limit)
    command(
        app, "remove-deduplication", groups=GROUPS, examples="bulltui queues remove-deduplication mail welcome-ann"
    )(remove_deduplication)
    command(app, "trim-events", groups=GROUPS, examples="bulltui queues trim-events payments --keep 1000")(trim_events)


def concurrency(
    call: Call,
    *,
    queue: Queue,
    number: Annotated[
        int | None,
        typer.Argument(metavar="[N]", min=1, show_default=False, help="So many jobs at once over all workers."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="No such limit any more.")] = False,
) -> int:
    """Set how many jobs of a queue may run at once. BullMQ 5.9 and later."""
    if (number is None) is not remove:
        raise UsageError("A number or --remove is needed, not both.", hint="`bulltui queues show Q` tells what is set.")
    return on_queue(call, queue, SetConcurrency(number))


def limit(
    call: Call,
    *,
    queue: Queue,
    maximum: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="So many jobs at most ...")] = None,
    per: Annotated[str | None, typer.Option("--per", metavar="SPAN", help="... started in this time: 1s, 1m.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="No such limit any more.")] = False,
) -> int:
    """Set how many jobs of a queue may start in a span of time. BullMQ 5.60 and later."""
    if remove and maximum is None and per is None:
        return on_queue(call, queue, SetRateLimit())
    if remove or maximum is None or per is None:
        raise UsageError("--max and --per are needed, or --remove.", hint="Such as `--max 100 --per 1s`.")
    duration = span(per)
    if duration < 1:
        raise UsageError("--per has to be more than nothing.", hint="Such as `--per 1s`.")
    return on_queue(call, queue, SetRateLimit(maximum, duration))


def clear_rate_limit(call: Call, *, queue: Queue) -> int:
    """Let a queue that waits for its rate limit go on now."""
    return on_queue(call, queue, ClearRateLimit())


def remove_deduplication(
    call: Call,
    *,
    queue: Queue,
    deduplication_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the deduplication.")],
) -> int:
    """Let the next job with a deduplication id be added."""
    return on_queue(call, queue, RemoveDeduplication(deduplication_id))


def trim_events(
    call: Call,
    *,
    queue: Queue,
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=0, help="About so many stay.")] = KEPT_EVENTS,
) -> int:
    """Cut the stream of events to its newest. Older ones are gone for good."""
    return on_queue(call, queue, TrimEvents(keep))
