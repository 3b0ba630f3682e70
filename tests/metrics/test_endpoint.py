"""The endpoint against those who should not be let in, and those who only want to do harm."""

import asyncio
import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.config.watching import MetricsSettings
from bulltui.domain.errors import BulltuiError, ExitCode, UsageError
from bulltui.domain.metric_table import told
from bulltui.metrics import listener, request
from bulltui.metrics.door import Door
from bulltui.metrics.gather import Gatherer
from bulltui.metrics.pages import Pages
from tests.metrics.scene import Endpoint, Got, full, listening, read_all
from tests.servers.certificates import Certificates
from tests.thorough import tried

BASIC = MetricsSettings(username="prometheus", password="pässword: 1")
TOKEN = MetricsSettings(token="a-long-token")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def got(endpoint: Endpoint, path: str = "/metrics", **headers: str) -> Got:
    return await asyncio.to_thread(endpoint.get, path, **headers)


async def test_pages() -> None:
    async with listening(full()) as endpoint:
        assert (await got(endpoint)).status == 200
        assert (await got(endpoint, "/metrics?x=1")).status == 200
        assert "/readyz" in (await got(endpoint, "/")).text
        assert (await got(endpoint, "/healthz")).text == "It lives.\n"
        assert (await got(endpoint, "/readyz")).text == "Ready.\n"
        assert (await got(endpoint, "/../etc/passwd")).status == 404
        head = await asyncio.to_thread(endpoint.get, "/metrics", "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["Content-Length"]) > 1000
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
            refused = await asyncio.to_thread(endpoint.get, "/metrics", method)
            assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


async def test_nothing_says_what_serves() -> None:
    async with listening(full()) as endpoint:
        for answer in (await got(endpoint), await got(endpoint, "/nowhere")):
            assert "Server" not in answer.headers
            assert "Python" not in str(answer.headers)
        assert b"Python" not in await asyncio.to_thread(endpoint.raw, b"nonsense\r\n\r\n")


@pytest.mark.parametrize(
    ("settings", "right", "wrong"),
    [
        (BASIC, basic("prometheus", "pässword: 1"), basic("prometheus", "password: 1")),
        (BASIC, basic("prometheus", "pässword: 1"), basic("", "pässword: 1")),
        (BASIC, basic("prometheus", "pässword: 1"), "Basic !!!"),
        (BASIC, basic("prometheus", "pässword: 1"), "Bearer pässword: 1".encode().decode("latin-1")),
        (TOKEN, "Bearer a-long-token", "Bearer a-long-toke"),
        (TOKEN, "bearer  a-long-token ", "Bearer a-long-token-"),
        (TOKEN, "Bearer a-long-token", "a-long-token"),
        (TOKEN, "Bearer a-long-token", "Basic a-long-token"),
        (TOKEN, "Bearer a-long-token", "Bearer "),
    ],
)
async def test_who_may_ask(settings: MetricsSettings, right: str, wrong: str) -> None:
    async with listening(full(), settings) as endpoint:
        assert (await got(endpoint, Authorization=right)).status == 200
        for headers in ({}, {"Authorization": wrong}):
            for path in ("/metrics", "/", "/nowhere"):
                refused = await got(endpoint, path, **headers)
                assert refused.status == 401
                assert refused.headers["WWW-Authenticate"].startswith(right.partition(" ")[0].capitalize())
                assert b"mail" not in refused.body
        for path in ("/healthz", "/readyz"):
            assert (await got(endpoint, path)).status == 200


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (MetricsSettings(username="x"), "a username and no password"),
        (MetricsSettings(password="x"), "a password and no username"),
        (MetricsSettings(token="t", username="x", password="y"), "a token and by a password"),
        (MetricsSettings(cert="c.pem"), "a cert and no key"),
        (MetricsSettings(key="k.pem"), "a key and no cert"),
    ],
)
async def test_half_a_lock_is_an_error(settings: MetricsSettings, why: str) -> None:
    with pytest.raises(UsageError, match=why) as error:
        async with listening(full(), settings):
            pass
    assert error.value.exit_code is ExitCode.USAGE


async def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    async with listening(full()) as endpoint:
        with pytest.raises(BulltuiError, match=f"127.0.0.1:{endpoint.port}: Address already in use"):
            async with listening(full(), MetricsSettings(port=endpoint.port)):
                pass
    with pytest.raises(BulltuiError, match="there is no such address"):
        async with listening(full(), MetricsSettings(host="no.such.host.invalid")):
            pass


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_an_address_of_ipv6() -> None:
    try:
        async with listening(full(), MetricsSettings(host="::1")) as endpoint:
            assert (endpoint.host, endpoint.warning) == ("::1", "")
            assert (await got(endpoint)).status == 200
    except BulltuiError as error:
        pytest.skip(str(error))


async def test_a_port_is_free_again_at_the_end() -> None:
    async with listening(full()) as endpoint:
        await got(endpoint)
    async with listening(full(), MetricsSettings(port=endpoint.port)) as again:
        assert again.port == endpoint.port
        assert (await got(again)).status == 200
    with pytest.raises(ConnectionRefusedError):
        await asyncio.to_thread(endpoint.get)


async def test_listening_to_all_is_allowed_and_warned_of() -> None:
    async with listening(full()) as endpoint:
        assert not endpoint.warning
    async with listening(full(), MetricsSettings(host="0.0.0.0")) as endpoint:
        assert "whoever can reach it" in endpoint.warning
    async with listening(full(), MetricsSettings(host="0.0.0.0", token="secret-token")) as endpoint:
        assert "without TLS" in endpoint.warning
        assert "secret-token" not in endpoint.warning


async def test_tls(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    settings = MetricsSettings(cert=str(made.server.cert), key=str(made.server.key), token="abc")
    context = ssl.create_default_context(cafile=str(made.ca))

    def ask(port: int) -> tuple[int, str]:
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
        try:
            connection.request("GET", "/metrics", headers={"Authorization": "Bearer abc"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    async with listening(full(), settings) as endpoint:
        status, text = await asyncio.to_thread(ask, endpoint.port)
        assert (status, "bullmq_queue_waiting" in text) == (200, True)
        assert b"bullmq" not in await asyncio.to_thread(endpoint.raw, b"GET /metrics HTTP/1.1\r\n\r\n")
        silent = socket.create_connection(("127.0.0.1", endpoint.port))  # who never shakes hands holds up nobody
        assert (await asyncio.to_thread(ask, endpoint.port))[0] == 200
        silent.close()
    for cert, key in ((made.server.cert, made.client.key), (tmp_path / "none.pem", made.server.key)):
        with pytest.raises(UsageError, match=r"cannot be used|no file"):
            async with listening(full(), MetricsSettings(cert=str(cert), key=str(key))):
                pass


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x00\xff\x16\x03\x01garbage\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /metrics HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
        (b"GET /metrics HTTP/1.1\r\nnonsense\r\n\r\n", b"200"),
        (b"GET /met\x00rics HTTP/1.1\r\n\r\n", b"404"),
        (b"GET http://evil/metrics HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /healthz\r\n\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", b"200"),
        (b"", b""),
        (b"\r\n", b""),
    ],
)
async def test_nonsense_is_answered_and_does_no_harm(sent: bytes, status: bytes) -> None:
    async with listening(full()) as endpoint:
        answer = await asyncio.to_thread(endpoint.raw, sent)
        # What is too much is answered, unless the rest of it still comes: then the connection is reset.
        assert answer.partition(b"\r\n")[0].split(b" ")[1:2] in ([status] if status else [], [] if len(sent) > 50_000
                                                                 else [status] if status else [])  # fmt: skip
        assert (await got(endpoint)).status == 200


async def test_who_sends_slowly_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "READ_S", 0.3)

    def slowly(port: int) -> float:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n")
            connection.settimeout(0.05)
            while time.monotonic() - began < 5:
                try:
                    connection.sendall(b"x")
                    if not connection.recv(100):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
        return time.monotonic() - began

    async with listening(full()) as endpoint:
        assert await asyncio.to_thread(slowly, endpoint.port) < 2


async def test_many_who_are_silent_shut_nobody_out() -> None:
    async with listening(full()) as endpoint:
        silent = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(2 * listener.MOST_AT_ALL)]
        try:
            for _ in range(3):
                assert (await got(endpoint)).status == 200
            threads = sum(thread.name == "metrics-request" for thread in threading.enumerate())
            assert threads <= listener.MOST_AT_ALL
        finally:
            for one in silent:
                one.close()


async def test_who_reads_nothing_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "WRITE_S", 0.2)
    async with listening(full()) as endpoint:
        greedy = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(5)]
        for one in greedy:
            one.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert (await got(endpoint)).status == 200
        for one in greedy:
            await asyncio.to_thread(read_all, one)
            one.close()


async def test_requests_are_counted_by_what_is_known() -> None:
    async with listening(full()) as endpoint:
        for path in ("/a", "/b", "/healthz"):
            await got(endpoint, path)
        text = (await got(endpoint)).text
    assert 'http_request_duration_seconds_count{method="GET",path="other",status="404"} 2\n' in text
    assert 'http_request_duration_seconds_count{method="GET",path="/healthz",status="200"} 1\n' in text


PIECES = (
    *(b"GET ", b"HEAD ", b"POST ", b"/metrics", b"/healthz", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\n", b"\r\n\r\n"),
    *(
        b"Authorization: ",
        b"Basic ",
        b"Bearer ",
        b"Accept: ",
        b"Content-Length: 99999999999",
        b"Transfer-Encoding: chunked",
    ),
    *(b"Expect: 100-continue", b"Connection: keep-alive", b": ", b"\x00", b"\xff\xfe"),
)


@settings(max_examples=tried(500, 25), deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(PIECES)), max_size=8))
def test_no_bytes_do_any_harm(pieces: list[bytes]) -> None:
    with _behind_a_door() as endpoint:
        answer = endpoint.raw(b"".join(pieces))
        assert not answer or answer.startswith(b"HTTP/1.1 ")
        assert b"bullmq" not in answer
        assert endpoint.get("/healthz").status == 200


@contextmanager
def _behind_a_door() -> Iterator[Endpoint]:
    """An endpoint without a loop, which only those with a token may ask."""
    pages = Pages(Gatherer(full().source), told(()), Door.of(TOKEN))
    listening = listener.Listener("127.0.0.1", 0, pages.answer, pages.served)
    listening.start()
    try:
        yield Endpoint("127.0.0.1", listening.port)
    finally:
        listening.close()
