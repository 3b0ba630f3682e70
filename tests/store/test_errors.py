"""What goes wrong between us and a server: the right sentence, in time, and never a password."""

import asyncio
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, ExitCode, NotAllowedError, UnreachableError, UsageError
from bulltui.domain.text import visible
from bulltui.store.opening import open_calls
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD
from tests.own_time import own_time
from tests.store.support import MAIL, found, reading
from tests.thorough import tried

SECRET = "s3cr3t-p4ss"
COMMAND = re.compile(rb"\*\d+\r\n\$\d+\r\n(\w+)")
Answer = Callable[[socket.socket], None]


@contextmanager
def stranger(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A TCP server that answers each connection in its own way; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    over = threading.Event()
    threads: list[threading.Thread] = []

    def talk(peer: socket.socket) -> None:
        try:
            with context.wrap_socket(peer, server_side=True) if context else peer as talked:
                talked.settimeout(3)
                answer(talked)
                over.wait(4)
        except OSError:
            peer.close()

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=talk, args=(peer,)))
            threads[-1].start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        for one in threads:
            one.join()
        listener.close()


def http(peer: socket.socket) -> None:
    peer.recv(100)
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def ssh(peer: socket.socket) -> None:
    peer.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")


def mysql(peer: socket.socket) -> None:
    peer.sendall(b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00")


def silent(_: socket.socket) -> None:
    pass


def closing(peer: socket.socket) -> None:
    peer.shutdown(socket.SHUT_RDWR)


def resetting(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    peer.close()


def yes(peer: socket.socket) -> None:
    """Says OK to everything."""
    while words := peer.recv(100_000):
        peer.sendall(b"+OK\r\n" * len(COMMAND.findall(words)))


def garbage(peer: socket.socket) -> None:
    peer.recv(100)
    peer.sendall(b"\xff\x00\x15\x03\x01$$$\r\n" * 50)


def tls_alert(peer: socket.socket) -> None:
    """What a TLS server says to a plain client."""
    peer.recv(100)
    peer.sendall(b"\x15\x03\x03\x00\x02\x02\x0a")
    peer.shutdown(socket.SHUT_RDWR)


async def failure(url: str, within: float = 2.0) -> BulltuiError:
    """The error that a first call gives, which must come in time, be whole and tell no secret."""
    started = time.monotonic()
    with pytest.raises(BulltuiError) as caught:
        async with reading(url) as reader:
            await reader.counts([MAIL])
    took = time.monotonic() - started
    assert took < within, f"took {took:.2f} s"
    error = caught.value
    told = "".join(traceback.format_exception(error))
    for text in (error.message, error.hint, str(error), repr(error), told):
        assert SECRET not in text
        assert "s3cr3t" not in text
    assert error.message
    assert error.message == str(error)
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_refused_port(host: str) -> None:
    error = await failure(f"redis://me:{SECRET}@{host}:{free_port()}", within=1)
    assert isinstance(error, UnreachableError)
    assert error.code == ("refused" if host != "[::1]" or socket.has_ipv6 else "closed") or "Cannot assign" in str(
        error
    )


async def test_unknown_host() -> None:
    error = await failure(f"redis://:{SECRET}@no-such-host.invalid:6379")
    assert (type(error), error.code) == (UnreachableError, "unknown-host")
    assert "no-such-host.invalid" in error.message


async def test_no_socket_and_no_right_to_it(tmp_path: Path) -> None:
    error = await failure(f"unix://:{SECRET}@{tmp_path}/none.sock")
    assert (type(error), error.code) == (UnreachableError, "refused")
    dead = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dead))
    assert (await failure(f"unix://:{SECRET}@{dead}")).code == "refused"


async def test_wrong_password_and_user(server: EmbeddedServer) -> None:
    for user in ("plain", "nobody"):
        for protocol in (2, 3):
            error = await failure(f"redis://{user}:{SECRET}@127.0.0.1:{server.port}?protocol={protocol}")
            assert (type(error), error.code) == (NotAllowedError, "wrong-password")
            assert error.exit_code == ExitCode.NOT_ALLOWED


async def test_missing_password() -> None:
    with EmbeddedServer(password=SECRET) as guarded:
        for protocol in (2, 3):
            error = await failure(f"redis://127.0.0.1:{guarded.port}?protocol={protocol}")
            assert (type(error), error.code) == (NotAllowedError, "no-password")
        async with reading(guarded.url) as reader:
            assert await reader.counts([MAIL]) == []
        async with reading(f"unix://:{SECRET}@{guarded.socket_path}?db=1") as reader:
            assert await reader.counts([MAIL]) == []


@pytest.mark.parametrize("rights", ["+@all -@read", "+ping", "-@all", "+@all -hello -client -scan", "+@all -select"])
async def test_missing_rights(server: EmbeddedServer, raw: Redis, rights: str) -> None:
    words = ("reset", "on", f">{SECRET}", "~*", *rights.split())
    raw.execute_command("ACL", "SETUSER", "poor", *words)  # type: ignore[no-untyped-call]
    if rights == "+@all -hello -client -scan":  # enough for counts
        async with reading(f"redis://poor:{SECRET}@127.0.0.1:{server.port}") as reader:
            assert await reader.counts([MAIL]) == []
            with pytest.raises(NotAllowedError):
                await found(reader)
        return
    database = "/1" if rights == "+@all -select" else ""
    error = await failure(f"redis://poor:{SECRET}@127.0.0.1:{server.port}{database}")
    assert (type(error), error.code) == (NotAllowedError, "no-permission")


async def test_database_that_does_not_exist(server: EmbeddedServer) -> None:
    error = await failure(f"redis://127.0.0.1:{server.port}/99")
    assert error.code == "server-error"
    assert "DB index" in error.message


@pytest.mark.parametrize("answer", [http, ssh, mysql, yes, garbage, closing, resetting, silent, tls_alert])
@pytest.mark.parametrize("protocol", [2, 3])
async def test_not_a_redis(answer: Answer, protocol: int) -> None:
    with stranger(answer) as port:
        error = await failure(f"redis://me:{SECRET}@127.0.0.1:{port}?protocol={protocol}")
    assert isinstance(error, UnreachableError)
    expected = {silent: {"timeout"}, closing: {"closed"}, resetting: {"closed"}, tls_alert: {"wants-tls"}}
    assert error.code in expected.get(answer, {"not-redis"})
    if answer is tls_alert:
        assert "rediss://" in error.hint


@pytest.mark.parametrize("answer", [http, ssh, closing, silent])
async def test_tls_to_what_speaks_none(answer: Answer) -> None:
    with stranger(answer) as port:
        error = await failure(f"rediss://me:{SECRET}@127.0.0.1:{port}", within=2.5)  # with a second look
    assert isinstance(error, UnreachableError)
    assert error.code in ({"timeout"} if answer is silent else {"no-tls", "closed"})
    assert "redis://" in error.hint


async def test_tls_to_a_plain_redis(server: EmbeddedServer) -> None:
    error = await failure(f"rediss://me:{SECRET}@127.0.0.1:{server.port}", within=2.5)
    assert isinstance(error, UnreachableError)
    assert error.code == "no-tls"
    assert "redis://" in error.hint


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    out = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", *words.split(), *out], check=True, capture_output=True)
    return cert, key


async def test_certificate_that_is_not_trusted(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with stranger(silent, context) as port:
        error = await failure(f"rediss://:{SECRET}@localhost:{port}")
        assert (type(error), error.code) == (UnreachableError, "tls-untrusted")
        assert "--ca FILE" in error.hint
        error = await failure(f"rediss://:{SECRET}@127.0.0.1:{port}?ssl_ca_certs={certificate[0]}")
        assert error.code == "tls-name", "the name of the host is checked as well"
        error = await failure(f"redis://:{SECRET}@localhost:{port}")
        assert isinstance(error, UnreachableError)
        assert "rediss://" in error.hint


async def test_certificate_file_that_is_missing(server: EmbeddedServer, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("x")
    for option in ("ssl_ca_certs", "ssl_certfile"):
        for name in ("none.pem", "empty.pem"):
            error = await failure(f"rediss://:{SECRET}@127.0.0.1:{server.port}?{option}={tmp_path}/{name}")
            assert isinstance(error, UsageError)
            assert name in error.message
            assert "URL" not in error.message, "they may be named by a flag or a profile"
            assert "--cert" in error.hint
            assert "_ssl.c" not in error.message


async def test_plain_client_at_a_real_tls_server(certificate: tuple[Path, Path]) -> None:
    port = free_port()
    lines = [f"tls-port {port}", f"tls-cert-file {certificate[0]}", f"tls-key-file {certificate[1]}"]
    try:
        tls_server = EmbeddedServer(config=[*lines, "tls-auth-clients no"]).start()
    except BulltuiError:
        pytest.skip("this server was built without TLS")
    with contextlib_closing(tls_server):
        error = await failure(f"redis://127.0.0.1:{port}")
        assert isinstance(error, UnreachableError)
        assert "rediss://" in error.hint
        async with reading(f"rediss://localhost:{port}?ssl_ca_certs={certificate[0]}") as reader:
            assert await reader.counts([MAIL]) == []


@contextmanager
def contextlib_closing(server: EmbeddedServer) -> Iterator[EmbeddedServer]:
    try:
        yield server
    finally:
        server.stop()


async def test_no_connection_left() -> None:
    with EmbeddedServer(config=["maxclients 1"]) as small:
        first = Redis(host="127.0.0.1", port=small.port)
        first.ping()
        error = await failure(small.url)
        assert (type(error), error.code) == (UnreachableError, "max-clients")
        first.close()


async def test_paused_server_is_a_timeout_and_comes_back(server: EmbeddedServer, raw: Redis) -> None:
    async with reading(f"redis://127.0.0.1:{server.port}", timeout_s=0.3) as reader:
        assert await reader.counts([MAIL]) == []
        raw.client_pause(900)
        started = own_time()
        with pytest.raises(UnreachableError) as caught:
            await reader.counts([MAIL])
        assert own_time() - started < 0.6, "a command that timed out is not sent again"
        assert caught.value.code == "timeout"
        assert caught.value.hint
        await asyncio.sleep(1)
        raw.lpush("bull:mail:wait", "1")
        assert len(await reader.counts([MAIL])) == 1


async def test_stopped_process_is_a_timeout(raw: Redis) -> None:
    with EmbeddedServer() as own:
        own.pause()
        try:
            assert (await failure(own.url)).code == "timeout"
        finally:
            own.resume()


async def test_late_answers_are_never_taken_for_others(server: EmbeddedServer, raw: Redis) -> None:
    """After a timeout or a cancelled call its connection is not used again."""
    raw.lpush("bull:mail:wait", "1")
    async with reading(f"redis://127.0.0.1:{server.port}", timeout_s=0.2) as reader:
        for _ in range(3):
            raw.client_pause(300)
            with pytest.raises(UnreachableError):
                await reader.logs(MAIL, "1", 0, 5)
            raw.client_unpause()
            assert (await reader.counts([MAIL]))[0].counts.waiting == 1
        for _ in range(20):
            task = asyncio.create_task(reader.counts([MAIL] * 500))
            await asyncio.sleep(0.002)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await reader.counts([MAIL]))[0].counts.waiting == 1


async def test_restart_is_not_noticed_by_the_next_call() -> None:
    with EmbeddedServer() as own:
        async with reading(own.url) as reader:
            await asyncio.gather(*(reader.counts([MAIL]) for _ in range(4)))
            own.restart()
            assert await reader.counts([MAIL]) == []
            assert await reader.counts([MAIL]) == []
            own.kill()
            with pytest.raises(UnreachableError) as caught:
                await reader.counts([MAIL])
            assert caught.value.code == "refused"
            own.restart()
            assert await reader.counts([MAIL]) == []


async def test_a_server_that_went_away_while_nobody_asked_is_told_by_why_there_is_no_new_connection() -> None:
    with EmbeddedServer() as own:
        calls = open_calls(Connection(own.url))
        try:
            await calls.execute("PING")
            own.kill()
            await asyncio.sleep(0.2)  # for the end of the connection to be heard
            with pytest.raises(UnreachableError) as caught:
                await calls.execute("PING")
        finally:
            await calls.close()
    assert caught.value.code == "refused"
    assert "Nothing listens" in caught.value.message


async def test_loading_server_says_so() -> None:
    def loading(peer: socket.socket) -> None:
        while peer.recv(1000):
            peer.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")

    with stranger(loading) as port:
        error = await failure(f"redis://127.0.0.1:{port}")
    assert (type(error), error.code) == (UnreachableError, "loading")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "master-down"),
        ("-MOVED 3999 127.0.0.1:6381", "cluster"),
        ("-BUSY Redis is busy running a script. You can only call SCRIPT KILL", "busy-script"),
        ("-OOM command not allowed when used memory > 'maxmemory'", "out-of-memory"),
        ("-ERR something new", "server-error"),
    ],
)
async def test_other_answers(said: str, code: str) -> None:
    def answer(peer: socket.socket) -> None:
        answers = {b"HELLO": b"%1\r\n$5\r\nproto\r\n:3\r\n", b"CLIENT": b"+OK\r\n"}
        while words := peer.recv(100_000):
            for command in COMMAND.findall(words):
                peer.sendall(answers.get(command, said.encode() + b"\r\n"))

    with stranger(answer) as port:
        assert (await failure(f"redis://127.0.0.1:{port}")).code == code


BAD_URLS = [
    "",
    "localhost",
    "localhost:6379",
    "http://localhost",
    "redis:/localhost",
    "redis//localhost",
    f"redis://:{SECRET}@host:port",
    f"redis://:{SECRET}@host:99999",
    f"redis://:{SECRET}@host:-1",
    f"redis://:{SECRET}@host/abc",
    f"redis://:{SECRET}@host/²",
    f"redis://:{SECRET}@[::1",
    f"redis://:{SECRET}@host?nonsense=1",
    f"redis://:{SECRET}@host?protocol=abc",
    f"redis://:{SECRET}@host?protocol=9",
    f"redis://:{SECRET}@host?socket_timeout=abc",
    f"redis://:{SECRET}@host?db=abc",
    f"rediss://:{SECRET}@host?ssl_cert_reqs=abc",
    f"me:{SECRET}@host",
    f"unix://:{SECRET}@",
    "unix://",
    f"redis-sentinel://:{SECRET}@host",
    f"redis://:{SECRET}\n@host",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_bad_urls(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        RedisReader.from_url(url)
    error = caught.value
    assert error.exit_code == ExitCode.USAGE
    assert error.message
    told = "".join(traceback.format_exception(error))
    for text in (error.message, error.hint, repr(error), told.replace(url, "")):
        assert SECRET not in text


@settings(max_examples=tried(300, 100), deadline=None)
@given(
    st.one_of(
        st.text(max_size=60).filter(lambda text: SECRET not in text),
        st.builds(
            "{}://{}:{}@{}:{}/{}?{}".format,
            st.sampled_from(["redis", "rediss", "unix", "REDIS", "x", "redis+sentinel", "rediss+cluster", "redis+x"]),
            st.text(max_size=5),
            st.just(SECRET),
            st.text(max_size=10),
            st.one_of(st.integers(), st.text(max_size=4)),
            st.text(max_size=5),
            st.text(max_size=15),
        ),
    )
)
def test_any_text_as_a_url_gives_a_reader_or_a_sentence(url: str) -> None:
    try:
        RedisReader.from_url(url)
    except UsageError as error:
        told = error
    else:
        return
    assert SECRET not in told.message + told.hint
    assert visible(told.message) == told.message
    assert len(told.message) < 500


def test_spaces_around_a_url_are_no_part_of_it() -> None:
    assert RedisReader.from_url("redis://127.0.0.1:1\n").address == "redis://127.0.0.1:1"


async def test_wrong_password_is_sent_once(server: EmbeddedServer, raw: Redis) -> None:
    raw.execute_command("ACL", "LOG", "RESET")  # type: ignore[no-untyped-call]
    await failure(f"redis://plain:{SECRET}@127.0.0.1:{server.port}")
    assert [entry["count"] for entry in raw.acl_log()] == [1]


async def test_options_in_the_url_that_other_programs_need_do_no_harm(server: EmbeddedServer, raw: Redis) -> None:
    raw.lpush("bull:mail:wait", "1")
    options = "decode_responses=True&encoding=latin-1&max_connections=50&timeout=1&retry_on_timeout=True&client_name=x"
    async with reading(f"redis://127.0.0.1:{server.port}?{options}") as reader:
        assert (await reader.counts([MAIL]))[0].counts.waiting == 1
        await asyncio.gather(*(reader.counts([MAIL] * 100) for _ in range(20)))
        names = [client.name for client in await reader.clients()]
    assert names.count("bulltui") in (1, 2)


async def test_no_more_than_two_connections(server: EmbeddedServer, raw: Redis) -> None:
    raw.lpush("bull:mail:wait", "1")
    before = raw.info("stats")["total_connections_received"]
    async with reading(f"redis://127.0.0.1:{server.port}") as reader:
        for _ in range(5):
            await asyncio.gather(*(reader.counts([MAIL] * 150) for _ in range(15)), found(reader), found(reader, None))
        clients = [client for client in await reader.clients() if client.name == "bulltui"]
        assert len(clients) == 2
    assert raw.info("stats")["total_connections_received"] - before == 2


@pytest.mark.parametrize(
    "url", ["redis://named:test@127.0.0.1:{port}", "redis://named:test@127.0.0.1:{port}?protocol=2"]
)
async def test_name_is_a_courtesy(server: EmbeddedServer, raw: Redis, url: str) -> None:
    words = ("reset", "on", f">{PASSWORD}", "~*", "+@all", "-client|setname")
    raw.execute_command("ACL", "SETUSER", "named", *words)  # type: ignore[no-untyped-call]
    async with reading(url.format(port=server.port)) as reader:
        assert await reader.counts([MAIL]) == []
        assert [client.name for client in await reader.clients()].count("bulltui") == 0


async def test_closing_closes_the_connections(server: EmbeddedServer, raw: Redis) -> None:
    async with reading(f"redis://127.0.0.1:{server.port}") as reader:
        await asyncio.gather(*(reader.counts([MAIL] * 100) for _ in range(4)))
    await asyncio.sleep(0.05)
    assert b"bulltui" not in raw.execute_command("CLIENT", "LIST").__str__().encode()  # type: ignore[no-untyped-call]
