"""A tunnel of a real command to a real server: opened, lost, opened again, and gone at the end."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.domain.errors import UnreachableError, UsageError
from bulltui.domain.secrets import forget, know
from bulltui.tunnel import Tunnel
from bulltui.tunnel.tunnel import Times
from tests.own_time import own_time
from tests.tunnel.conftest import FORWARD, FORWARDER, QUICK, Open, descriptors, running, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


def _ping(tunnel: Tunnel) -> bool:
    with Redis.from_url(tunnel.connection.url, socket_timeout=5) as client:
        return bool(client.ping())


async def test_it_is_opened_when_it_is_wanted_and_gone_when_it_is_closed(tunnel: Open) -> None:
    one = tunnel()
    assert not running(FORWARD)
    await asyncio.gather(*(one.ready(10) for _ in range(5)))
    assert one.is_open
    assert one.starts == 1
    assert await asyncio.to_thread(_ping, one)
    await one.close()
    await one.close()
    assert not running(FORWARD)
    with pytest.raises(UnreachableError, match="is closed"):
        await one.ready(1)


async def test_one_that_is_killed_comes_back_on_the_same_port(tunnel: Open) -> None:
    one = tunnel()
    await one.ready(10)
    url = one.connection.url
    for again in range(2, 4):
        (pid,) = running(FORWARD)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not one.is_open)
        await until(lambda: one.is_open)
        assert one.starts == again
        assert one.connection.url == url
        assert await asyncio.to_thread(_ping, one)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("/nowhere/ssh", "{port}"), "The tunnel ssh cannot be run: there is no such command."),
        (("no-such-program", "{port}"), "The tunnel no-such-program cannot be run: there is no such command."),
        (("sleep", "a\0b", "{port}"), "The tunnel sleep cannot be run: embedded null byte."),
        (("sh", "-c", "echo one >&2; echo no route to host. >&2; exit 3", "{port}"),
         "The tunnel sh ended with status 3: no route to host."),
        (("sh", "-c", "printf 'said on \\033[31mstdout'; exit 1", "{port}"),
         "The tunnel sh ended with status 1: said on ␛[31mstdout."),
        (("sh", "-c", "kill -KILL $$", "{port}"), "The tunnel sh was ended by signal 9."),
        (("true", "{port}"), "The tunnel true ended with status 0."),
    ],
)  # fmt: skip
async def test_a_command_that_fails_is_told_at_once_and_why(tunnel: Open, words: tuple[str, ...], said: str) -> None:
    one = tunnel(*words)
    began = own_time()
    for _ in range(2):
        with pytest.raises(UnreachableError) as caught:
            await one.ready(10)
        assert caught.value.message == said
    assert caught.value.code == "tunnel"
    assert own_time() - began < 3


async def test_a_port_that_never_opens(tunnel: Open) -> None:
    one = tunnel("sh", "-c", "echo still thinking >&2; exec sleep 985.5", "{port}", times=Times(0.5, 0.05, 0.1))
    with pytest.raises(UnreachableError, match=r"did not open port \d+ within 0.5 s: still thinking"):
        await one.ready(5)
    await one.close()
    assert not running("985.5")


async def test_who_does_not_wait_so_long_is_told_that_it_is_being_opened(tunnel: Open) -> None:
    one = tunnel(*FORWARDER, "0.6")
    with pytest.raises(UnreachableError, match=r"is being opened") as caught:
        await one.ready(0.1)
    assert caught.value.code == "tunnel-opening"
    await one.ready(10)
    assert one.starts == 1


async def test_no_secret_is_told_whatever_the_command_says(tunnel: Open) -> None:
    know("canary-of-the-file")
    try:
        words = ("sh", "-c", "echo canary-of-the-url canary-of-the-file canary-of-us >&2; exit 1", "{port}")
        one = tunnel(*words, url="redis://:canary-of-the-url@127.0.0.1:1", password="canary-of-us")
        with pytest.raises(UnreachableError, match=r"\*\*\* \*\*\* \*\*\*") as caught:
            await one.ready(10)
        assert "canary" not in f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    finally:
        forget()


async def test_a_command_that_talks_without_end_is_never_held_up(tunnel: Open, server: EmbeddedServer) -> None:
    one = tunnel("sh", "-c", f"yes talking | head -c 3000000 >&2; exec {' '.join(FORWARDER)}")
    await one.ready(10)
    assert await asyncio.to_thread(_ping, one)


async def test_what_a_command_leaves_behind_ends_with_it(tunnel: Open) -> None:
    child = "trap '' TERM; sleep 987.5 & sleep 987.5"
    one = tunnel("sh", "-c", f'sh -c "{child}" & {" ".join(FORWARDER)}')
    await one.ready(10)
    await until(lambda: running("987.5"))
    await one.close()
    assert not running("987.5")
    assert not running(FORWARD)


async def test_a_fixed_port_is_used_as_it_is_and_never_one_of_a_stranger(tunnel: Open, server: EmbeddedServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        words = (sys.executable, FORWARD, str(port), "127.0.0.1", str(server.port))
        one = tunnel(*words, url=f"redis://127.0.0.1:{port}")
        assert one.connection.url == f"redis://127.0.0.1:{port}"
        with pytest.raises(UnreachableError, match=f"something else listens on port {port}"):
            await one.ready(10)
        assert not running(FORWARD)
    await until(lambda: not one.is_open)
    with contextlib.suppress(UnreachableError):
        await one.ready(10)
    await one.ready(10)
    assert await asyncio.to_thread(_ping, one)


async def test_its_own_port_is_nobody_elses_before_it_is_opened(tunnel: Open) -> None:
    one = tunnel()
    port = int(one.connection.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), socket.create_server(("127.0.0.1", port)):
        pass


async def test_fifty_starts_leave_nothing_behind(tunnel: Open) -> None:
    one = tunnel("sh", "-c", "sleep 986.5 & exit 1", "{port}", times=Times(5, 0.001, 0.002))
    with pytest.raises(UnreachableError):
        await one.ready(10)
    before, tasks = descriptors(), len(asyncio.all_tasks())
    await until(lambda: one.starts >= 51, 30)
    assert len(running("986.5")) <= 1
    assert descriptors() <= before + 3
    assert len(asyncio.all_tasks()) <= tasks + 2
    await one.close()
    assert not running("986.5")


async def test_closing_while_it_opens(tunnel: Open) -> None:
    before = descriptors()
    one = tunnel(*FORWARDER, "30")
    waiting = asyncio.ensure_future(one.ready(20))
    await until(lambda: running(FORWARD))
    await one.close()
    with pytest.raises(UnreachableError, match="is closed"):
        await waiting
    assert not running(FORWARD)
    assert descriptors() <= before


def test_it_ends_when_we_are_killed(server: EmbeddedServer) -> None:
    program = f"""
        import asyncio
        from bulltui.domain.connection import Connection
        from bulltui.tunnel import Tunnel

        async def main():
            tunnel = Tunnel(Connection("redis://127.0.0.1:{server.port}", tunnel={FORWARDER!r}))
            await tunnel.ready(10)
            print("open", flush=True)
            await asyncio.sleep(60)

        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == "open\n"
        assert running(FORWARD)
        ours.kill()
    deadline = time.monotonic() + 5
    while running(FORWARD):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("url", ["redis+sentinel://a,b/main", "redis+cluster://a:1", "unix:///tmp/x"])
def test_a_url_that_no_tunnel_leads_to_is_refused_before_anything_runs(url: str) -> None:
    with pytest.raises(UsageError):
        Tunnel(Connection(url, tunnel=FORWARDER), QUICK)
