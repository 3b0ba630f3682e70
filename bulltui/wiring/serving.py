"""The endpoint for Prometheus, as the settings of a run have it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bulltui.domain.listening import Listening

if TYPE_CHECKING:
    from bulltui.metrics.gather import Source
    from bulltui.wiring.runtime import Runtime


@asynccontextmanager
async def serve_metrics(runtime: "Runtime") -> AsyncIterator[Listening]:
    """Listens while it is entered, and says where, if the settings name a port. A scrape is answered from
    the last snapshot and what was counted, so whoever enters this also lets `runtime.poller` and `runtime.watch` run.

    Raises UsageError for settings that are not whole (a user without a password), and BulltuiError where the port is
    taken.
    """
    settings = runtime.settings.watching.metrics
    if settings.port is None:
        yield Listening()  # and nothing of it is loaded
        return
    from bulltui.metrics.serving import metrics_server

    async with metrics_server(settings, source_of(runtime)) as listening:
        vars(runtime)["listening"] = listening
        try:
            yield listening
        finally:
            del vars(runtime)["listening"]


def source_of(runtime: "Runtime") -> "Source":
    """What there is to tell of the servers of a runtime."""
    from bulltui.metrics.gather import Server, Source

    return Source(
        runtime.clock,
        runtime.bus,
        tuple(
            Server(one.settings.label, one.reader.address, one.bus, one.settings.refresh_s) for one in runtime.servers
        ),
        runtime.counters.snapshot,
        runtime.watch,
        runtime.alerts,
        runtime.history,
    )
