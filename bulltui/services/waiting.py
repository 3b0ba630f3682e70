"""Waiting for the first of several things."""

import asyncio


async def wait_any(seconds: float, *events: asyncio.Event) -> None:
    """Until one of `events` is set, `seconds` at most."""
    if any(event.is_set() for event in events):
        await asyncio.sleep(0)
        return
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
