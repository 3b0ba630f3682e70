"""A server that the tests make ill, one for each process of the tests."""

from collections.abc import Iterator

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.faults.faults import Ground
from tests.faults.proxy import FaultProxy

_LASTING = ("appendonly yes", "appendfsync always", "lua-time-limit 50", 'save ""', "enable-debug-command local")


@pytest.fixture(scope="session")
def _ground() -> Iterator[Ground]:
    with (
        EmbeddedServer(config=_LASTING) as server,
        FaultProxy(server.port) as proxy,
        Redis(port=server.port, socket_timeout=5) as raw,
    ):
        yield Ground(server, proxy, raw)


@pytest.fixture
def ground(_ground: Ground) -> Ground:
    """All is well, and nothing is there."""
    _ground.proxy.calm()
    _ground.ready()
    return _ground
