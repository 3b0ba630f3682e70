"""The measure of the fidelity tests measures: two copies are equal, what is not the same is told, faults are found."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.interop.invariants import armed, broken, states
from tests.interop.keyspace import copy_of, differences, paste, read
from tests.interop.library import Library, LibraryError
from tests.interop.support import require_node

pytestmark = pytest.mark.interop

MAIL = "bull:mail"


class Bench:
    """A library, a scene of it in database 0, and two copies."""

    def __init__(self, server: EmbeddedServer, library: Library, clients: list[Redis]) -> None:
        self.server, self.library, self.clients = server, library, clients

    def lay_out(self, scene: str, *, paused: bool = False) -> None:
        self.clients[0].flushdb()
        self.library("prepare", 0, scene=scene, paused=paused)
        self.before = read(self.clients[0])
        copy = copy_of(self.clients[0])
        for client in self.clients[1:]:
            paste(client, copy)

    def told(self) -> set[str]:
        """The parts that differ between the two copies."""
        return {
            " ".join(found.part) for found in differences(self.before, read(self.clients[1]), read(self.clients[2]))
        }


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    require_node()
    with EmbeddedServer() as server, Library("6", server.url) as library:
        clients = [Redis(port=server.port, db=database) for database in range(3)]
        yield Bench(server, library, clients)
        for client in clients:
            client.close()


@pytest.mark.parametrize("act", [{"act": "retry", "id": "broken-urgent"}, {"act": "promoteAll"}, {"act": "pause"}])
def test_the_same_on_both_is_equal(bench: Bench, act: dict[str, str]) -> None:
    bench.lay_out("states")
    assert bench.told() == set()
    for database in (1, 2):
        bench.library.act(database, queue="mail", **act)
    assert bench.told() == set()
    assert read(bench.clients[1]) != bench.before


def test_runs_of_workers_end_equal(bench: Bench) -> None:
    bench.lay_out("states", paused=True)
    runs = bench.library("finish", 1, **{"and": 2}, queues=["mail"])
    assert runs[0] == runs[1]
    assert ["mail", "late-urgent"] in runs[0]
    assert bench.told() == set()
    assert list(broken(read(bench.clients[1]), MAIL)) == []


def test_what_only_one_did_is_told(bench: Bench) -> None:
    bench.lay_out("states")
    bench.library.act(1, "retry", "mail", id="broken")
    told = bench.told()
    assert {f"{MAIL}:broken field failedReason", f"{MAIL}:wait entries", f"{MAIL}:failed score broken"} <= told
    assert any(part.startswith(f"{MAIL}:events event") for part in told)


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (("LPUSH", f"{MAIL}:wait", "first"), f"{MAIL}:wait entries"),
        (("HSET", f"{MAIL}:first", "priority", 1), f"{MAIL}:first field priority"),
        (("HDEL", f"{MAIL}:hour", "delay"), f"{MAIL}:hour field delay"),
        (("ZADD", f"{MAIL}:failed", 1_700_000_000_000, "broken"), f"{MAIL}:failed score broken"),
        (("ZINCRBY", f"{MAIL}:delayed", 1, "hour"), f"{MAIL}:delayed score hour"),
        (("ZINCRBY", f"{MAIL}:prioritized", 1, "urgent-5"), f"{MAIL}:prioritized score urgent-5"),
        (("PERSIST", f"{MAIL}:held:lock"), f"{MAIL}:held:lock ttl"),
        (("PEXPIRE", f"{MAIL}:held:lock", 100_000), f"{MAIL}:held:lock ttl"),
        (("DEL", f"{MAIL}:stalled"), f"{MAIL}:stalled members"),
        (("HSET", f"{MAIL}:done", "data", '{"of": "done","list":[],"path":"a/b"}'), f"{MAIL}:done field data"),
    ],
)
def test_each_kind_of_change_is_told(bench: Bench, command: tuple[str, ...], part: str) -> None:
    bench.lay_out("states")
    client: Any = bench.clients[2]
    client.execute_command(*command)
    assert part in bench.told()


def test_moments_that_only_one_changed_differ(bench: Bench) -> None:
    """Within the tolerance, but the other one left it as it was."""
    bench.lay_out("states")
    bench.clients[2].zincrby(f"{MAIL}:failed", 3, "broken")
    assert bench.told() == {f"{MAIL}:failed score broken"}
    bench.clients[1].zincrby(f"{MAIL}:failed", 7, "broken")
    assert bench.told() == set()


def test_faults_are_found(bench: Bench) -> None:
    bench.lay_out("schedulers")
    client = bench.clients[1]
    space = read(client)
    run = armed(space, MAIL, "nightly")
    assert run is not None
    assert run in states(space, MAIL)["delayed"]
    assert list(broken(space, MAIL)) == []
    client.zrem(f"{MAIL}:delayed", run)
    client.lpush(f"{MAIL}:active", "first")
    client.lpush(f"{MAIL}:wait", "nobody")
    assert set(broken(read(client), MAIL)) == {
        "first is in 2 places: ['wait', 'active']",
        "nobody has no hash",
        f"{run} is in no state",
        "the scheduler nightly has no next run",
    }


def test_a_refusal_is_told_in_the_words_of_the_library(bench: Bench) -> None:
    bench.lay_out("states")
    with pytest.raises(LibraryError, match="not in the failed state"):
        bench.library.act(1, "retry", "mail", id="first")
