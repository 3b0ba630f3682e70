"""A server that the tests make ill, one for each process of the tests."""

import gc
from collections.abc import Iterator

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.faults.faults import Ground
from tests.faults.proxy import FaultProxy

# What was written is there again after a kill: the system has it, if not yet the disk.
_LASTING = ("appendonly yes", "appendfsync no", "lua-time-limit 50", 'save ""')


@pytest.fixture(scope="session")
def _ground() -> Iterator[Ground]:
    with (
        EmbeddedServer(config=_LASTING) as server,
        FaultProxy(server.port) as proxy,
        Redis(port=server.port, socket_timeout=5) as raw,
    ):
        yield Ground(server, proxy, raw)


@pytest.fixture
def ground(_ground: Ground) -> Iterator[Ground]:
    """All is well, and nothing is there. What other tests of the process left behind is not looked through for garbage
    meanwhile: that would hold up the loop."""
    _ground.proxy.calm()
    _ground.ready()
    gc.collect()
    gc.freeze()
    yield _ground
    gc.unfreeze()
