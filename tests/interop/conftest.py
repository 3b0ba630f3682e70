"""Shared by the interop tests: each library's scenario, played once for all tests of a module."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bulltui.demo.server import EmbeddedServer
from tests.interop.stand import Stand
from tests.interop.support import LIBRARIES, PLAIN_RIGHTS, Scenario, require_node


@pytest.fixture(scope="module", params=LIBRARIES)
def scenario(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A library's scenario on a server of its own, once for each library and module.

    Not for the whole session: the libraries write while they read, and each module wants what nobody has looked at.
    A test that is for some of them only says `@pytest.mark.parametrize("scenario", ["5", PYTHON], indirect=True)`.
    """
    require_node()
    with EmbeddedServer(config=[PLAIN_RIGHTS]) as server, Scenario(request.param, server.url) as played:
        yield played


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Where libraries and we act on the same queues. One for all tests of a process: starting libraries takes long."""
    require_node()
    with ExitStack() as stack:
        yield Stand(stack, tmp_path_factory.mktemp("state"))
