"""Reads in the background: the newest request wins, and no failure goes further than a sentence."""

import asyncio

from bulltui.domain.errors import BulltuiError
from bulltui.tui.loader import Loader


class Desk:
    """Answers when told to, and keeps what was delivered."""

    def __init__(self, timeout_s: float = 5.0) -> None:
        self.waiting: dict[str, asyncio.Future[str]] = {}
        self.asked: list[str] = []
        self.done: list[tuple[str, str]] = []
        self.failed: list[tuple[str, str]] = []
        self.loader: Loader[str, str] = Loader(
            self._read,
            lambda request, answer: self.done.append((request, answer)),
            lambda request, error: self.failed.append((request, error.message)),
            timeout_s=timeout_s,
        )

    async def _read(self, request: str) -> str:
        self.asked.append(request)
        self.waiting[request] = asyncio.get_running_loop().create_future()
        return await self.waiting[request]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_requests_wait_for_the_one_that_runs_and_only_the_newest_is_read() -> None:
    desk = Desk()
    for request in ("a", "b", "c"):
        desk.loader.ask(request)
    await turns()
    assert desk.asked == ["a"]
    desk.waiting["a"].set_result("1")
    await turns()
    assert desk.done == [("a", "1")]
    assert desk.asked == ["a", "c"]
    assert desk.loader.busy
    desk.waiting["c"].set_result("2")
    await turns()
    assert desk.done == [("a", "1"), ("c", "2")]
    assert not desk.loader.busy


async def test_an_urgent_request_takes_the_place_of_what_is_read() -> None:
    desk = Desk()
    desk.loader.ask("old")
    await turns()
    desk.loader.ask("new", urgent=True)
    await turns()
    assert desk.waiting["old"].cancelled()
    desk.waiting["new"].set_result("1")
    await turns()
    assert desk.done == [("new", "1")]


async def test_nothing_of_a_dropped_read_is_delivered() -> None:
    desk = Desk()
    desk.loader.ask("a")
    await turns()
    desk.loader.drop()
    await turns()
    assert not desk.loader.busy
    assert desk.done == []
    assert desk.failed == []


async def test_failures_are_sentences() -> None:
    desk = Desk()
    desk.loader.ask("a")
    await turns()
    desk.waiting["a"].set_exception(BulltuiError("It is away."))
    await turns()
    desk.loader.ask("b")
    await turns()
    desk.waiting["b"].set_exception(ValueError("a fault of ours"))
    await turns()
    assert desk.failed == [("a", "It is away."), ("b", "Reading failed: ValueError: a fault of ours")]


async def test_a_fault_in_showing_is_told_and_the_next_read_goes_on() -> None:
    failed: list[str] = []

    async def read(request: int) -> int:
        return request

    def show(request: int, answer: int) -> None:
        if answer == 1:
            raise ValueError("a fault of ours")

    loader = Loader(read, show, lambda request, error: failed.append(error.message), timeout_s=5)
    loader.ask(1)
    loader.ask(2)
    await turns()
    assert failed == ["Showing failed: ValueError: a fault of ours"]
    assert not loader.busy


async def test_a_read_that_takes_too_long_is_given_up() -> None:
    desk = Desk(timeout_s=0.01)
    desk.loader.ask("a")
    while desk.loader.busy:
        await asyncio.sleep(0.005)
    assert desk.failed == [("a", "The server did not answer within 0.01 s.")]
