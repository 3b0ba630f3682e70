"""A call that is cancelled ends so, whatever the client below makes of it."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bulltui.services.follow import Told
from bulltui.services.indexing import _or_nothing
from bulltui.store.calls import _cancellable


@pytest.mark.parametrize("then", ["an answer", ConnectionError("closed")])
async def test_a_cancellation_that_the_client_lost_is_one_all_the_same(then: str | Exception) -> None:
    async def call() -> str:
        with _cancellable():
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                if isinstance(then, Exception):
                    raise then from None
        return "an answer"

    task = asyncio.ensure_future(call())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.timeout(20)
async def test_whoever_stops_following_does_not_wait_for_news() -> None:
    async def told() -> AsyncGenerator[tuple[Told, ...]]:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)  # it missed the first one
        yield ()

    coming = _or_nothing(told())
    assert await anext(coming) == ()
    async with asyncio.timeout(10):
        await coming.aclose()
