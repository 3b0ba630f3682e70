"""A server that answers with anything at all: no call hangs, crashes, or says the password that was sent to it."""

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Probe
from bulltui.domain.secrets import know
from bulltui.domain.states import JobState
from bulltui.store.finder import RedisFinder
from bulltui.store.opening import open_calls
from bulltui.store.raw_commands import RawCommands
from bulltui.store.reader import RedisReader
from tests.fuzz.telltale import CANARY, fuzzed, quiet, told
from tests.thorough import tried

TOGETHER = 25
"""So many bad servers are asked at once; 20 times that makes 500."""
HANG_S = 6.0
REF = QueueRef("bull", "mail")

FRAMES = st.sampled_from(
    [
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":1\r\n",
        b"$-1\r\n",
        b"$3\r\nabc\r\n",
        b"*0\r\n",
        b"*-1\r\n",
        b"_\r\n",
        b"#t\r\n",
        b"*2\r\n:1\r\n",
        b"$1000000000\r\nx",
        b"*1000000\r\n",
        b"%1\r\n+a\r\n+b\r\n",
        b"~1\r\n:1\r\n",
        b",inf\r\n",
        b"(9" * 9,
        b"-NOAUTH x\r\n",
        b"-WRONGPASS y\r\n",
        b"-MOVED 1 127.0.0.1:1\r\n",
        b"-MOVED x\r\n",
        b"-ASK\r\n",
        b"-LOADING\r\n",
        b"-READONLY\r\n",
        b"-NOPERM \x1b[31m\r\n",
        b">2\r\n+message\r\n+x\r\n",
        b"=5\r\ntxt:x\r\n",
        b"*1\r\n" * 50,
        b"!3\r\nERR\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02F",
        b"-\r\n",
        b"+\r\n",
        b"$x\r\n",
        b":x\r\n",
        b"*x\r\n",
    ]
)
ANSWERS = st.lists(FRAMES | st.binary(max_size=12), min_size=1, max_size=8).map(b"".join)
ENDS = st.sampled_from(["close", "close", "stay", "repeat", "echo"])


class Bad:
    """Servers, one for each answer, that send it to whatever they are asked."""

    def __init__(self, answer: bytes, end: str) -> None:
        self._answer = answer
        self._end = end

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await reader.read(65536):
                if self._end == "echo":
                    writer.write(b"-ERR bad " + asked.replace(b"\r", b" ").replace(b"\n", b" ") + b"\r\n")
                writer.write(self._answer)
                await writer.drain()
                if self._end == "close":
                    break
                if self._end == "stay":
                    await asyncio.sleep(30)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def ask(answer: bytes, end: str, number: int) -> None:
    server = await asyncio.start_server(Bad(answer, end), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"redis://user:{CANARY}@127.0.0.1:{port}"
    calls = open_calls(Connection(url, connect_timeout_s=0.25, timeout_s=0.25, action_timeout_s=0.25))
    reader = RedisReader(calls)
    raw = RawCommands(calls, calls)
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: reader.counts([REF]),
        lambda: reader.page(REF, JobState.FAILED, 0, 5),
        lambda: reader.job(REF, "1"),
        reader.server,
        reader.clients,
        lambda: RedisFinder(calls).look(Probe(REF, JobState.FAILED)),
        lambda: reader.schedulers(REF, 0, 5),
        lambda: raw.read([b"GET", b"x"]),
        lambda: raw.change([b"SET", b"x", b"1"]),
        raw.about,
    ]
    try:
        for place in (number % len(asked), (number + 3) % len(asked)):
            async with asyncio.timeout(HANG_S):
                try:
                    await asked[place]()
                except BulltuiError as error:
                    told(error)
                    quiet(error.message, error.hint, str(error))  # by itself, before anybody prints it
    finally:
        await reader.close()
        server.close()


@settings(fuzzed, max_examples=tried(20, 6), deadline=None)
@given(st.lists(st.tuples(ANSWERS, ENDS), min_size=TOGETHER, max_size=TOGETHER))
def test_anything_for_an_answer(answers: list[tuple[bytes, str]]) -> None:
    know(CANARY)

    async def all_of_them() -> list[BaseException | None]:
        work = (ask(answer, end, number) for number, (answer, end) in enumerate(answers))
        return await asyncio.gather(*work, return_exceptions=True)

    problems = [(answers[at], one) for at, one in enumerate(asyncio.run(all_of_them())) if one is not None]
    assert not problems, problems[0]
