"""Who we are to a server: users, passwords, and commands that say them."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, NotAllowedError, UsageError
from bulltui.store.calls import Calls
from bulltui.store.credentials import CommandPassword, Refusals, ToldError, said_by
from bulltui.store.opening import open_blocking_calls, open_calls
from tests.conftest import PASSWORD, url_for
from tests.own_time import own_time

SECRET = "s3cr3t-w0rd"


@contextlib.asynccontextmanager
async def calling(connection: Connection) -> AsyncIterator[Calls]:
    calls = open_calls(connection)
    try:
        yield calls
    finally:
        await calls.client.aclose()


async def who(connection: Connection) -> str:
    """The user that the server takes us for."""
    async with calling(connection) as calls:
        return bytes(await calls.execute("ACL", "WHOAMI")).decode()


@pytest.fixture
def counted(tmp_path: Path) -> Callable[..., tuple[tuple[str, ...], Callable[[], int]]]:
    """A command that says a word, which is read from a file, and how often it was run."""

    def made(word: str) -> tuple[tuple[str, ...], Callable[[], int]]:
        (tmp_path / "word").write_text(word)
        script = f"echo x >> {tmp_path}/runs; cat {tmp_path}/word"
        return ("/bin/sh", "-c", script), lambda: len((tmp_path / "runs").read_text().split())

    return made


def refused(raw: Redis) -> int:
    """How many wrong passwords the server was told."""
    log: Any = raw.acl_log()
    return sum(int(entry["count"]) for entry in log)


@pytest.fixture
def acl(raw: Redis) -> Redis:
    raw.execute_command("ACL", "LOG", "RESET")  # type: ignore[no-untyped-call]
    return raw


async def test_what_a_connection_says_goes_before_its_url(server: EmbeddedServer, raw: Redis) -> None:
    plain = f"redis://127.0.0.1:{server.port}"
    assert await who(Connection(plain)) == "default"
    assert await who(Connection(plain, username="plain", password=PASSWORD)) == "plain"
    wrong = f"redis://old:nonsense@127.0.0.1:{server.port}"
    assert await who(Connection(wrong, password=PASSWORD)) == "old"
    assert await who(Connection(wrong, username="plain", password=PASSWORD)) == "plain"
    assert await who(Connection(f"{plain}?username=old&password={PASSWORD}")) == "old"
    assert await who(Connection(url_for(server, "old"), password_command=("false",), password=PASSWORD)) == "old"


@pytest.mark.parametrize("protocol", [2, 3])
async def test_unix_socket_with_a_user_and_a_database(server: EmbeddedServer, acl: Redis, protocol: int) -> None:
    url = f"unix://plain:{PASSWORD}@{server.socket_path}?db=2&protocol={protocol}"
    async with calling(Connection(url)) as calls:
        assert bytes(await calls.execute("ACL", "WHOAMI")) == b"plain"
        assert b"db=2" in await calls.execute("CLIENT", "INFO")
        assert b"name=bulltui" in await calls.execute("CLIENT", "INFO")
    with pytest.raises(NotAllowedError) as caught:
        await who(Connection(url, password=SECRET))
    assert caught.value.code == "wrong-password"
    assert refused(acl) == 1, "a wrong password is sent once, over a socket as well"


async def test_command_is_run_once_for_all_connections(server: EmbeddedServer, raw: Redis, counted: Any) -> None:
    command, runs = counted(f"{PASSWORD}\nsomething else\n")
    connection = Connection(f"redis://127.0.0.1:{server.port}", username="plain", password_command=command)
    async with calling(connection) as one, calling(connection) as other:
        await asyncio.gather(*(calls.execute("PING") for calls in (one, other) for _ in range(5)))
        raw.client_kill_filter(_type="normal", skipme=True)
        await one.execute("PING")
    assert runs() == 1


async def test_command_is_run_again_when_its_word_is_old(server: EmbeddedServer, acl: Redis, counted: Any) -> None:
    command, runs = counted("first")
    setuser = ("ACL", "SETUSER", "moving", "reset", "on", "~*", "&*", "+@all")
    acl.execute_command(*setuser, ">first")  # type: ignore[no-untyped-call]
    connection = Connection(f"redis://moving@127.0.0.1:{server.port}", password_command=command)
    async with calling(connection) as calls:
        assert await calls.execute("PING") == b"PONG"
        acl.execute_command(*setuser, ">second")  # type: ignore[no-untyped-call]
        counted("second")
        acl.client_kill_filter(_type="normal", skipme=True)
        assert await calls.execute("PING") == b"PONG"
        assert (runs(), refused(acl)) == (2, 1)
    followed = open_blocking_calls(connection, block_s=0.1, connected=lambda: None)
    try:
        acl.execute_command(*setuser, ">third")  # type: ignore[no-untyped-call]
        counted("third")
        assert await followed.execute("PING") == b"PONG", "on the connection for events as well"
    finally:
        await followed.client.aclose()


async def test_what_is_refused_is_not_sent_in_a_storm(server: EmbeddedServer, acl: Redis, counted: Any) -> None:
    command, runs = counted(SECRET)
    for connection in (
        Connection(f"redis://plain@127.0.0.1:{server.port}", password_command=command),
        Connection(f"redis://plain:{SECRET}@127.0.0.1:{server.port}"),
        Connection(f"redis://plain:{SECRET}@127.0.0.1:{server.port}?protocol=2"),
    ):
        acl.execute_command("ACL", "LOG", "RESET")  # type: ignore[no-untyped-call]
        async with calling(connection) as calls:
            for _ in range(20):
                with pytest.raises(NotAllowedError) as caught:
                    await calls.execute("PING")
                assert caught.value.code == "wrong-password"
            assert refused(acl) == 1
            acl.execute_command("ACL", "SETUSER", "plain", f">{SECRET}")  # type: ignore[no-untyped-call]
            try:
                deadline = time.monotonic() + 5
                while True:
                    with contextlib.suppress(NotAllowedError):
                        assert await calls.execute("PING") == b"PONG"
                        break
                    assert time.monotonic() < deadline, "it is never tried again"
                    await asyncio.sleep(0.05)
            finally:
                acl.execute_command("ACL", "SETUSER", "plain", f"<{SECRET}")  # type: ignore[no-untyped-call]
    assert runs() <= 3


@pytest.mark.parametrize(
    ("command", "kind", "said"),
    [
        (("/no/such/program", SECRET), UsageError, "cannot be run: there is no such command."),
        ((), UsageError, "cannot be run"),
        (("a\0b",), UsageError, "cannot be run"),
        (
            ("/bin/sh", "-c", f"echo {SECRET}; echo one >&2; echo no vault {SECRET} here. >&2; exit 3"),
            NotAllowedError,
            "status 3: no vault *** here.",
        ),
        (("/bin/sh", "-c", "exit 0"), NotAllowedError, "said nothing."),
        (("/bin/sh", "-c", "printf '\\n'"), NotAllowedError, "said nothing."),
        (("/bin/sh", "-c", "printf '\\377\\376'"), NotAllowedError, "what is no text"),
        (("/bin/sh", "-c", "printf '\\033[31mred' >&2; exit 1"), NotAllowedError, "[31mred"),
    ],
)
async def test_commands_that_say_no_password(
    command: tuple[str, ...], kind: type[BulltuiError], said: str, server: EmbeddedServer
) -> None:
    connection = Connection(f"redis://plain@127.0.0.1:{server.port}", password_command=command or ("",))
    async with calling(connection) as calls:
        with pytest.raises(kind) as caught:
            await calls.execute("PING")
    assert said in caught.value.message
    assert SECRET not in caught.value.message + caught.value.hint
    assert "\x1b" not in caught.value.message
    assert caught.value.hint


async def test_a_command_that_failed_is_not_run_for_each_call(server: EmbeddedServer, tmp_path: Path) -> None:
    """It may ask a safe, or a person; and where it hangs each run takes all of its time."""
    script = f"echo x >> {tmp_path}/runs; cat {tmp_path}/word"
    connection = Connection(f"redis://plain@127.0.0.1:{server.port}", password_command=("/bin/sh", "-c", script))
    async with calling(connection) as calls:
        for _ in range(5):
            with pytest.raises(NotAllowedError, match="failed with status 1"):
                await calls.execute("PING")
        assert (tmp_path / "runs").read_text().split() == ["x"]
        (tmp_path / "word").write_text(PASSWORD)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with contextlib.suppress(NotAllowedError):
                assert await calls.execute("PING") == b"PONG"
                break
            await asyncio.sleep(0.05)
        assert (tmp_path / "runs").read_text().split() == ["x", "x"]


async def test_command_takes_its_time_but_not_all_of_it(server: EmbeddedServer, tmp_path: Path) -> None:
    """Longer than connecting may take; and what does not end is ended with all that it started."""
    slow = ("/bin/sh", "-c", f"sleep 1; echo {PASSWORD}")
    url = f"redis://plain@127.0.0.1:{server.port}"
    assert await who(Connection(url, password_command=slow, connect_timeout_s=0.3, timeout_s=0.3)) == "plain"
    started = own_time()
    with pytest.raises(NotAllowedError, match=r"did not end within 0\.3 s"):
        await said_by(("/bin/sh", "-c", f"sleep 30 & echo $! > {tmp_path}/pid; wait"), within_s=0.3)
    assert own_time() - started < 2
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 2
    while _runs(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    assert not _runs(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_command_that_hangs_ends_with_us_however_we_end(number: signal.Signals, tmp_path: Path) -> None:
    """With all that it started, before any time is over."""
    command = (
        "/bin/sh",
        "-c",
        f"echo {SECRET}; sleep 60 & echo $$ $! > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pids; wait",
    )
    program = f"import asyncio; from bulltui.store.credentials import said_by; asyncio.run(said_by({command!r}))"
    ours = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        within(10, (tmp_path / "pids").exists)
        pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
        assert all(map(_runs, pids))
        os.killpg(ours.pid, number)  # the whole group, as a terminal does
        ours.wait(5)
        within(5, lambda: not any(map(_runs, pids)))
    finally:
        ours.kill()
        ours.wait()


async def test_nobody_is_let_in_by_a_connection_that_waited_for_its_password(server: EmbeddedServer) -> None:
    """Who gives up while the command runs leaves no connection that is half greeted."""
    command = ("/bin/sh", "-c", f"sleep 0.5; echo {PASSWORD}")
    connection = Connection(f"redis://plain@127.0.0.1:{server.port}", password_command=command)
    async with calling(connection) as calls:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await calls.execute("PING")
        assert await calls.execute("ACL", "WHOAMI") == b"plain"


async def test_a_flood_is_cut() -> None:
    program = "import sys\nsys.stdout.write('w' * 10_000_000)"
    assert len(await said_by((sys.executable, "-c", program))) <= 64 * 1024


def test_a_refusal_that_has_its_sentence_is_told_again() -> None:
    refusals, told = Refusals(), NotAllowedError("The sentinel refused the password.", code="sentinel-password")
    refusals.refused(ToldError(told))
    with pytest.raises(ToldError) as caught:
        refusals.check()
    assert caught.value.told is told


def test_nothing_that_is_kept_shows_a_password() -> None:
    for thing in (CommandPassword(("x",), "me"), Connection("redis://h", password=SECRET)):
        assert SECRET not in repr(thing)


def within(seconds: float, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
