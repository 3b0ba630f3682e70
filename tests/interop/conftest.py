"""Shared by the interop tests: each library's scenario, played once for all tests that ask for it."""

from collections.abc import Iterator

import pytest

from bulltui.demo.server import EmbeddedServer
from tests.interop.support import LIBRARIES, PYTHON, Scenario, require_node


@pytest.fixture(scope="session", params=LIBRARIES)
def scenario(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A library's scenario on a server of its own, once for each library."""
    require_node()
    with EmbeddedServer() as server, Scenario(request.param, server.url) as played:
        yield played


@pytest.fixture(scope="session")
def python_scenario() -> Iterator[Scenario]:
    """The queues written by the official Python package, on a server of their own."""
    require_node()  # version 6 is the judge
    with EmbeddedServer() as server, Scenario(PYTHON, server.url) as played:
        yield played
