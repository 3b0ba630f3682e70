"""Each class of calls has its own time."""

import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Probe
from bulltui.domain.states import JobState
from bulltui.wiring import Runtime, open_runtime
from tests.own_time import own_time

MAIL = QueueRef("bull", "mail")
REFRESH_S, SEARCH_S, ACTION_S = 0.2, 0.6, 1.0


@pytest.fixture(scope="module")
def own() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


def _counts(runtime: Runtime) -> Awaitable[object]:
    return runtime.reader.counts([MAIL])


def _look(runtime: Runtime) -> Awaitable[object]:
    return runtime.finder.look(Probe(MAIL, JobState.FAILED))


def _change(runtime: Runtime) -> Awaitable[object]:
    assert runtime.calls is not None
    return runtime.calls.once("SET", "SET", "bulltui-test", "1")


@pytest.mark.parametrize(
    ("call", "seconds"), [(_counts, REFRESH_S), (_look, SEARCH_S), (_change, ACTION_S)], ids=["read", "look", "change"]
)
async def test_a_call_is_given_up_after_the_time_of_its_class(
    own: EmbeddedServer, call: Callable[[Runtime], Awaitable[object]], seconds: float
) -> None:
    settings = Settings(url=own.url, refresh_timeout_s=REFRESH_S, search_timeout_s=SEARCH_S, action_timeout_s=ACTION_S)
    async with open_runtime(settings, live=False) as runtime:
        await call(runtime)
        own.pause()
        try:
            began, began_own = time.perf_counter(), own_time()
            with pytest.raises(BulltuiError) as lost:
                await call(runtime)
            took, took_own = time.perf_counter() - began, own_time() - began_own
        finally:
            own.resume()
    assert isinstance(lost.value, UnreachableError) or call is _change
    assert seconds - 0.05 <= took
    assert took_own < seconds + 0.35
