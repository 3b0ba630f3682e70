"""A Redis of the tests' own: one a process, empty at the start of each test that asks for it."""

import gc
import os
import signal
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import secrets
from bulltui.store.reader import RedisReader

PASSWORD = "test"

USERS = {
    # May read everything, scripts excepted: the store has to use pipelines.
    "plain": "~* &* +@all -@scripting",
    # May run scripts in the old form only, which could write.
    "old": "~* &* +@all -eval_ro -evalsha_ro",
}
"""Users of the test server by name, all with the same password."""

USER_CONFIG = tuple(f"user {name} on >{PASSWORD} {rights}" for name, rights in USERS.items())
"""Lines for `EmbeddedServer(config=...)` that make them."""


def url_for(server: EmbeddedServer, user: str = "", *, protocol: int = 3, database: int = 0) -> str:
    """The server's URL for one of `USERS`, or for the default user."""
    who = f"{user}:{PASSWORD}@" if user else ""
    return f"redis://{who}127.0.0.1:{server.port}/{database}?protocol={protocol}"


def pytest_configure() -> None:
    """Started in the background a shell takes Ctrl+C away, and from all that is started here: then what it does to a
    command could not be tried."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Ten thousand collected tests are never garbage. To look through them again and again is an eighth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000_000)


_ended = count(1)


def pytest_runtest_logfinish() -> None:
    """All that lives is looked through between tests, never within one: with what thousands of tests left alive that
    takes half a second, which those that measure would take for time of ours."""
    if next(_ended) % 500 == 0:
        gc.collect()


@pytest.fixture(autouse=True)
def _no_secret_of_another_test() -> Iterator[None]:
    """Passwords of the tests are words like any other: what one of them came to know hides nothing in the next."""
    secrets.forget()
    yield
    secrets.forget()


@pytest.fixture(scope="session", autouse=True)
def _no_state_of_ours(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is written down goes nowhere near what is kept of whoever runs the tests, unless a test says where."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state-home"))


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A running server, one for each process of the tests. A test that breaks it takes a server of its own."""
    with EmbeddedServer(config=USER_CONFIG) as running:
        yield running


@pytest.fixture(scope="session")
def _client(server: EmbeddedServer) -> Iterator[Redis]:
    client = Redis(host="127.0.0.1", port=server.port)
    yield client
    client.close()


@pytest.fixture
def raw(_client: Redis) -> Redis:
    """A plain client to fill the server with, which is empty to begin with."""
    _client.flushall()
    _client.config_resetstat()
    return _client


@pytest.fixture(params=["scripts", "plain"])
async def reader(request: pytest.FixtureRequest, server: EmbeddedServer, raw: Redis) -> AsyncIterator[RedisReader]:
    """A reader of the test's server, once with scripts and once as a user who may not run them."""
    made = RedisReader.from_url(url_for(server, "plain" if request.param == "plain" else ""))
    yield made
    await made.close()
