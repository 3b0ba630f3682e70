"""A server for each module's tests, and a client that reads as people do: in text."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        yield running


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[Any]:
    """An empty database."""
    with Redis.from_url(server.url, decode_responses=True) as connected:
        connected.flushall()
        yield connected
