"""The endpoint for Prometheus, as the settings of a run have it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulltui.wiring.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Listening:
    """Where it listens, such as `http://127.0.0.1:9464`, empty where nobody asked for it, and a sentence about what is
    unwise in that."""

    address: str = ""
    warning: str = ""


@asynccontextmanager
async def serve_metrics(runtime: "Runtime") -> AsyncIterator[Listening]:
    """Listens while it is entered, if the settings name a port. A scrape is answered from the last snapshot and what
    was counted: whoever enters this also lets `runtime.poller` and `runtime.watch` run.

    Raises UsageError for settings that are not whole (a user without a password), and BulltuiError where the port is
    taken.
    """
    if runtime.settings.watching.metrics.port is None:
        yield Listening()
        return
    raise NotImplementedError(runtime)
