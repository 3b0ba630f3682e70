"""The event loop of a command that runs once."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class _Impatient(ThreadPoolExecutor):
    """Threads that nobody waits for: a look-up of a host name can hang long after we gave up on it."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets the threads be."""
        super().shutdown(wait=False, cancel_futures=True)


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, run in a loop of its own. Ctrl+C cancels it and raises KeyboardInterrupt."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_Impatient(max_workers=2))
        return runner.run(work)
