"""The endpoint for Prometheus, as the settings of a run have it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from bulltui.config.history import LOCAL
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.listening import Listening

if TYPE_CHECKING:
    from bulltui.metrics.gather import Source
    from bulltui.wiring.runtime import Runtime


@asynccontextmanager
async def serve_metrics(runtime: "Runtime", *, beside: bool = False) -> AsyncIterator[Listening]:
    """Listens while it is entered, and says where, if the settings name a port. A scrape is answered from
    the last snapshot and what was counted, so whoever enters this also lets `runtime.poller` and `runtime.watch` run.

    Raises UsageError for settings that are not whole (a user without a password), and BulltuiError where the port is
    taken. To somebody who only has it `beside` a screen that is told as a warning, unless the command line names the
    port: the configuration of this machine may be the monitor's as well, which listens there already.
    """
    settings = runtime.settings.watching.metrics
    if settings.port is None:
        yield Listening()  # and nothing of it is loaded
        return
    from bulltui.metrics.serving import metrics_server

    async with AsyncExitStack() as stack:
        try:
            listening = await stack.enter_async_context(metrics_server(settings, source_of(runtime)))
        except UsageError:
            raise
        except BulltuiError as error:
            if not beside or settings.named:
                raise
            listening = Listening(warning=error.message)
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
        # That of another Prometheus is none of ours to tell of.
        runtime.history if runtime.settings.watching.history.source == LOCAL else None,
    )
