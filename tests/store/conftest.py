"""The store's tests run every read four ways: by script and by pipeline, in RESP3 and in RESP2."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.store.actor import RedisActor
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.servers.cluster import ClusterServer

WAYS = {"scripts": ("", 3), "scripts-resp2": ("", 2), "plain": ("plain", 3), "plain-resp2": ("plain", 2)}
"""User and protocol of each way."""


@pytest.fixture(params=WAYS)
async def reader(request: pytest.FixtureRequest, server: EmbeddedServer, raw: Redis) -> AsyncIterator[RedisReader]:
    """A reader of the test's server, in each way."""
    user, protocol = WAYS[request.param]
    made = RedisReader.from_url(url_for(server, user, protocol=protocol))
    yield made
    await made.close()


@pytest.fixture
async def scripted(server: EmbeddedServer, raw: Redis) -> AsyncIterator[RedisReader]:
    """A reader by script only, for what does not depend on the way."""
    made = RedisReader.from_url(url_for(server))
    yield made
    await made.close()


@pytest.fixture
async def actor(scripted: RedisReader) -> RedisActor:
    """What changes the test's server."""
    return scripted.actor()


@pytest.fixture(scope="session")
def running() -> Iterator[ClusterServer]:
    """A running Cluster, one for each process of the tests. `flush` heals it where a test broke it."""
    with ClusterServer() as made:
        yield made
