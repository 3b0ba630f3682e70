"""TLS as people run it: a private CA, certificates of clients, other names, and what goes wrong with each."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer, ServerError
from bulltui.domain.connection import Connection, Tls
from bulltui.domain.errors import BulltuiError, UnreachableError, UsageError
from bulltui.store.calls import Calls
from bulltui.store.opening import open_calls
from tests.faults.proxy import FaultProxy, Weather
from tests.servers.addresses import free_port
from tests.servers.certificates import Certificates, Pair


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """All that the tests of this module show each other."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@contextlib.contextmanager
def guarded(certificates: Certificates, pair: Pair | None = None, **options: bool) -> Iterator[int]:
    """A real server with TLS; gives its port for it."""
    port = free_port()
    try:
        server = EmbeddedServer(config=certificates.server_config(port, pair, **options)).start()
    except ServerError as error:
        pytest.skip(f"this server was built without TLS: {error}")
    with contextlib.closing(_Stopping(server)):
        yield port


class _Stopping:
    def __init__(self, server: EmbeddedServer) -> None:
        self.close = server.stop


@pytest.fixture(scope="module")
def port(certificates: Certificates) -> Iterator[int]:
    """Where a server with TLS listens that wants certificates of its clients."""
    with guarded(certificates) as found:
        yield found


@contextlib.asynccontextmanager
async def calling(connection: Connection) -> AsyncIterator[Calls]:
    calls = open_calls(connection)
    try:
        yield calls
    finally:
        await calls.client.aclose()


async def ping(connection: Connection) -> bytes:
    async with calling(connection) as calls:
        return bytes(await calls.execute("PING"))


async def refusal(connection: Connection) -> BulltuiError:
    with pytest.raises(BulltuiError) as caught:
        await ping(connection)
    assert caught.value.hint
    return caught.value


def of(certificates: Certificates, **others: Any) -> Tls:
    """What a client is set up with that does all right, but for `others`."""
    right = Tls(str(certificates.ca), str(certificates.client.cert), str(certificates.client.key))
    return replace(right, **others)


async def test_private_ca_and_client_certificate(certificates: Certificates, port: int) -> None:
    for host in ("localhost", "127.0.0.1"):
        assert await ping(Connection(f"rediss://{host}:{port}", tls=of(certificates))) == b"PONG"


async def test_the_same_by_options_of_the_url(certificates: Certificates, port: int) -> None:
    client = certificates.client
    options = f"ssl_ca_certs={certificates.ca}&ssl_certfile={client.cert}&ssl_keyfile={client.key}"
    assert await ping(Connection(f"rediss://localhost:{port}/0?{options}")) == b"PONG"


async def test_home_folder_in_paths(certificates: Certificates, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(certificates.ca.parent))
    assert await ping(Connection(f"rediss://localhost:{port}", tls=of(certificates, ca="~/ca.pem"))) == b"PONG"


async def test_name_that_the_certificate_is_held_against(certificates: Certificates, port: int) -> None:
    tls = of(certificates, server_name="redis.test")
    assert await ping(Connection(f"rediss://127.0.0.1:{port}", tls=tls)) == b"PONG"
    error = await refusal(Connection(f"rediss://127.0.0.1:{port}", tls=of(certificates, server_name="other.test")))
    assert (type(error), error.code) == (UnreachableError, "tls-name")
    assert "server_name" in error.hint


async def test_certificate_for_another_host_of_no_ca_that_is_known_or_over(certificates: Certificates) -> None:
    with guarded(certificates, certificates.misnamed) as port:
        assert (await refusal(Connection(f"rediss://localhost:{port}", tls=of(certificates)))).code == "tls-name"
        error = await refusal(Connection(f"rediss://localhost:{port}", tls=of(certificates, ca="")))
        assert error.code == "tls-untrusted"
        tls = of(certificates, ca="", insecure=True)
        assert await ping(Connection(f"rediss://localhost:{port}", tls=tls)) == b"PONG", "it is not looked at"
    with guarded(certificates, certificates.expired) as port:
        error = await refusal(Connection(f"rediss://localhost:{port}", tls=of(certificates)))
        assert (type(error), error.code) == (UnreachableError, "tls-expired")


async def test_certificate_of_ours_that_is_missing_or_foreign(certificates: Certificates, port: int) -> None:
    foreign = certificates.foreign_client
    for tls in (
        of(certificates, cert="", key=""),
        of(certificates, cert=str(foreign.cert), key=str(foreign.key)),
    ):
        # The time for connecting holds for the second look as well; a busy machine needs more.
        error = await refusal(Connection(f"rediss://localhost:{port}", tls=tls, connect_timeout_s=5, timeout_s=5))
        assert (type(error), error.code) == (UnreachableError, "tls-client-certificate"), error.message
        assert "`cert` and `key`" in error.hint


async def test_plain_client_at_tls_and_tls_client_at_a_plain_port(
    certificates: Certificates, port: int, server: EmbeddedServer
) -> None:
    error = await refusal(Connection(f"redis://localhost:{port}"))
    assert (type(error), error.code) == (UnreachableError, "wants-tls")
    assert "rediss://" in error.hint
    error = await refusal(Connection(f"rediss://localhost:{server.port}", tls=of(certificates)))
    assert (type(error), error.code) == (UnreachableError, "no-tls")


FAR_S = 0.15
"""Seconds that a server far away takes for an answer, and for a new connection."""


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch, port: int, server: EmbeddedServer) -> Iterator[tuple[int, int]]:
    """Ports that lead over a slow link to a server with TLS that wants certificates and to one without TLS."""
    connect, ours = asyncio.open_connection, threading.current_thread()

    async def slowly(*words: Any, **options: Any) -> Any:
        if threading.current_thread() is ours:  # a proxy on this machine accepts at once, and is near its server
            await asyncio.sleep(FAR_S)
        return await connect(*words, **options)

    with FaultProxy(port) as guarded_link, FaultProxy(server.port) as plain_link:
        for link in (guarded_link, plain_link):
            link.set(Weather(delay_s=FAR_S))
        monkeypatch.setattr(asyncio, "open_connection", slowly)
        yield guarded_link.port, plain_link.port
        monkeypatch.undo()


async def test_why_over_a_slow_link(certificates: Certificates, far: tuple[int, int]) -> None:
    """To connect alone takes longer than all that a server nearby has to say."""
    tls, plain = (f"localhost:{port}" for port in far)
    unknown = of(certificates, cert="", key="")
    codes: list[str] = []
    for _ in range(3):  # a machine that has much to do makes the link slower than it is
        errors = await asyncio.gather(
            refusal(Connection(f"rediss://{tls}", tls=unknown, connect_timeout_s=5, timeout_s=5)),
            refusal(Connection(f"redis://{tls}", connect_timeout_s=5, timeout_s=5)),
            refusal(Connection(f"rediss://{plain}", tls=of(certificates), connect_timeout_s=1)),
        )
        codes = [error.code for error in errors]
        if codes == ["tls-client-certificate", "wants-tls", "no-tls"]:
            return
    raise AssertionError(codes)


async def test_what_was_wrong_before_is_not_told_of_another_trouble(certificates: Certificates) -> None:
    with guarded(certificates) as port:
        calls = open_calls(Connection(f"rediss://localhost:{port}", tls=of(certificates, cert="", key="")))
        with pytest.raises(UnreachableError) as first:
            await calls.execute("PING")
    with pytest.raises(UnreachableError) as then:
        await calls.execute("PING")
    await calls.close()
    assert (first.value.code, then.value.code) == ("tls-client-certificate", "refused")


async def test_version_of_tls_that_the_server_does_not_speak(certificates: Certificates) -> None:
    with guarded(certificates, wants_client=False) as port:
        assert await ping(Connection(f"rediss://localhost:{port}", tls=Tls(str(certificates.ca)))) == b"PONG"
    port = free_port()
    config = (*certificates.server_config(port, wants_client=False), "tls-protocols TLSv1.2")
    with EmbeddedServer(config=config):
        newer = f"rediss://localhost:{port}?ssl_min_version=772"
        error = await refusal(Connection(newer, tls=Tls(str(certificates.ca))))
        assert (type(error), error.code) == (UnreachableError, "tls-version"), error.message


def test_what_is_set_up_without_sense(certificates: Certificates, tmp_path: Path) -> None:
    for connection, said in (
        (Connection("redis://localhost", tls=of(certificates)), "URL without TLS"),
        (Connection("redis+sentinel://localhost/main", tls=of(certificates)), "URL without TLS"),
        (Connection("rediss://localhost", tls=of(certificates, cert="")), "no certificate that goes with it"),
        (Connection("rediss://localhost", tls=of(certificates, ca=str(tmp_path / "none.pem"))), "none.pem"),
        (Connection("rediss://localhost", tls=of(certificates, key=str(certificates.server.key))), "client.pem"),
        (Connection("rediss+sentinel://localhost/main", tls=of(certificates, ca=str(tmp_path))), "cannot be read"),
    ):
        with pytest.raises(UsageError) as caught:
            open_calls(connection)
        assert said in caught.value.message, caught.value.message
        assert caught.value.hint
