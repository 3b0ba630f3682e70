"""Each kind of server is started when the first test asks for it, and lives as long as the process of the tests."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import pytest

from bulltui.demo.server import ServerError
from bulltui.wiring import Runtime, open_runtime
from tests.cli.desk import Desk
from tests.servers.cluster import ClusterServer
from tests.servers.sentinel import SentinelServers
from tests.thorough import tried
from tests.topologies import places
from tests.topologies.filling import fill
from tests.topologies.places import MOST_UNLIKE, NAMES, Opened, Place


class Park:
    """All that runs."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._open: dict[str, Place] = {}

    @cached_property
    def sentinels(self) -> SentinelServers:
        """One master, one replica, three sentinels with a password of their own."""
        return self._stack.enter_context(SentinelServers(password=places.SECRET, sentinel_password="of-the-sentinels"))

    @cached_property
    def cluster(self) -> ClusterServer:
        """Three masters and their replicas."""
        return self._stack.enter_context(ClusterServer(password=places.SECRET))

    def at(self, name: str) -> Place:
        """The place of this name."""
        if name not in self._open:
            self._open[name] = self._stack.enter_context(self._made(name))
        return self._open[name]

    def _made(self, name: str) -> Opened:
        made: dict[str, Callable[[], Opened]] = {
            "single": places.single,
            "unix": places.unix,
            "tls": lambda: places.tls(self._folder),
            "acl": places.acl,
            "sentinel": lambda: places.sentinel(self.sentinels, replica=False),
            "sentinel-replica": lambda: places.sentinel(self.sentinels, replica=True),
            "cluster": lambda: places.cluster(self.cluster, replica=False),
            "cluster-replica": lambda: places.cluster(self.cluster, replica=True),
        }
        return made[name]()


@pytest.fixture(scope="session")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with ExitStack() as stack:
        yield Park(stack, tmp_path_factory.mktemp("park"))


@pytest.fixture(params=tried(NAMES, MOST_UNLIKE))
def place(request: pytest.FixtureRequest, park: Park) -> Place:
    """Each kind of server, filled."""
    try:
        found = park.at(request.param)
    except ServerError as error:
        if request.param != "tls" or os.environ.get("CI") == "true":
            raise
        pytest.skip(f"this server was built without TLS: {error}")
    found.empty()
    fill(found.raw, found.prefix)
    found.settle()
    return found


@pytest.fixture
async def runtime(place: Place, tmp_path: Path) -> AsyncIterator[Runtime]:
    """What a front end works with there."""
    async with open_runtime(place.settings(tmp_path, refresh_s=0.2)) as made:
        yield made


@pytest.fixture
def desk(place: Place, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Desk:
    """Where commands are called."""
    return Desk(place.url, tmp_path, capfdbinary)
