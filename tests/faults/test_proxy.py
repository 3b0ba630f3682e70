"""The proxy does what it is told: else the tests that lean on it show nothing."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from bulltui.demo.server import EmbeddedServer
from tests.faults.proxy import FaultProxy, Weather


@pytest.fixture
def proxy(server: EmbeddedServer, raw: Redis) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as made:
        yield made


def client(proxy: FaultProxy) -> Any:
    return Redis(port=proxy.port, socket_timeout=0.5, retry=Retry(NoBackoff(), 0), protocol=2)


def test_it_passes_all_on_when_the_weather_is_fine(proxy: FaultProxy) -> None:
    with client(proxy) as redis:
        redis.set("a", "x" * 300_000)
        assert len(redis.get("a")) == 300_000


def test_cut_connections_are_reset_and_new_ones_accepted(proxy: FaultProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=2) as sock:
        sock.sendall(b"PING\r\n")
        assert sock.recv(100) == b"+PONG\r\n"
        proxy.cut()
        assert proxy.links == 0
        with pytest.raises(ConnectionResetError):
            sock.recv(100)
    with client(proxy) as redis:
        assert redis.ping()
    assert proxy.accepted == 2


def test_refused_then_calm(proxy: FaultProxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=1)
    proxy.calm()
    with client(proxy) as redis:
        assert redis.ping()


@pytest.mark.parametrize("weather", [Weather(stalled=True), Weather(swallow=True), Weather(delay_s=5)])
def test_no_answer_in_time(proxy: FaultProxy, raw: Any, weather: Weather) -> None:
    with client(proxy) as redis:
        redis.ping()
        proxy.set(weather)
        with pytest.raises(RedisTimeoutError):
            redis.set("b", "1")
        if weather.swallow:
            assert raw.get("b") == b"1"  # it was done, and nobody was told
        proxy.calm()
        time.sleep(0.05)
        assert redis.ping()


def test_a_part_of_an_answer_then_the_end(proxy: FaultProxy, raw: Any) -> None:
    raw.set("c", "x" * 1000)
    with client(proxy) as redis:
        redis.ping()
        proxy.set(Weather(cut_after=500))
        with pytest.raises(RedisConnectionError):
            redis.get("c")


def test_half_closed(proxy: FaultProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=2) as sock:
        sock.sendall(b"PING\r\n")
        assert sock.recv(100) == b"+PONG\r\n"
        proxy.set(Weather(half_closed=True))
        assert sock.recv(100) == b""
        sock.sendall(b"PING\r\n")  # still taken


def test_made_up_answers(proxy: FaultProxy) -> None:
    with client(proxy) as redis:
        redis.ping()
        proxy.set(Weather(reply=b"-LOADING Redis is loading the dataset in memory\r\n"))
        with pytest.raises(RedisError, match="loading"):
            redis.ping()
        proxy.set(Weather(garbage=b"\x00\xff\r\n$-7\r\n"))
        with pytest.raises((RedisError, ValueError)):
            redis.ping()


def test_sent_away_with_a_word(proxy: FaultProxy) -> None:
    proxy.set(Weather(greeting=b"-ERR max number of clients reached\r\n"))
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=2) as sock:
        assert sock.recv(100) == b"-ERR max number of clients reached\r\n"
        assert sock.recv(100) == b""
