"""Which node a command goes to while nodes do not agree on who holds a slot: nodes are written here."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MovedError, NoPermissionError, ResponseError

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.store import cluster_nodes
from bulltui.store.cluster_nodes import Nodes
from bulltui.store.cluster_routes import HOPS, Routes
from bulltui.store.once import send_once
from bulltui.store.slot_map import Where

A, B, C = ("a", 1), ("b", 1), ("c", 1)
GET = ("GET", b"k")


class FakeNode:
    """Tells that `holder` has all slots, and answers commands by what `says` has of it: nothing, or an error."""

    def __init__(self, where: Where, says: dict[Where, Exception], holder: list[Where]) -> None:
        self.where = where
        self.address = f"{where[0]}:{where[1]}"
        self.says = says
        self.holder = holder
        self.asked = 0

    async def trip(self, words: Any, timeout_s: float | None = None) -> Any:
        """See Calls."""
        if words[0] == "CLUSTER":
            return [[0, 16383, [self.holder[0][0].encode(), self.holder[0][1], b"id"]]]
        return await self.trip_once(words, 1.0)

    async def trip_once(self, words: Any, timeout_s: float, *, asking: bool = False) -> Any:
        """See Calls."""
        self.asked += 1
        if self.where in self.says:
            raise self.says[self.where]
        return self.address.encode()

    async def close(self) -> None:
        """See Calls."""


class Scene:
    """Some nodes, what they say, and how often each was asked."""

    def __init__(self, **says: Exception) -> None:
        self.says = {(name, 1): error for name, error in says.items()}
        self.holder = [A]
        self.made: dict[Where, FakeNode] = {}
        self.nodes = Nodes("redis+cluster://a:1", [A], self._open)  # type: ignore[arg-type]
        self.routes = Routes(self.nodes, "redis+cluster://a:1")

    def _open(self, where: Where, reading: bool) -> FakeNode:
        return self.made.setdefault(where, FakeNode(where, self.says, self.holder))

    def asked(self, where: Where) -> int:
        """How often."""
        return self.made[where].asked if where in self.made else 0


async def test_what_a_node_says_holds_though_the_map_has_not_heard_of_it() -> None:
    scene = Scene(a=MovedError("7629 c:1"))
    assert await scene.routes.answers([GET]) == [b"c:1"]
    assert await scene.routes.once(("SET", b"k", b"1"), 1.0) == b"c:1"
    assert (scene.asked(A), scene.asked(C)) == (1, 2)
    scene.holder[0], scene.says[C] = B, RedisConnectionError("gone")  # another took over from it
    assert await scene.routes.answers([GET]) == [b"b:1"]


async def test_what_a_node_said_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_nodes, "MOVED_S", 0.0)
    scene = Scene(a=MovedError("7629 c:1"))
    with pytest.raises(BulltuiError, match="being moved"):
        await scene.routes.once(("SET", b"k", b"1"), 0.3)
    assert scene.asked(C) == 0


async def test_nodes_that_name_each_other_are_given_the_time_to_agree() -> None:
    scene = Scene(a=MovedError("7629 c:1"), c=MovedError("5 a:1"))
    with pytest.raises(UnreachableError, match="nothing was changed"):
        await scene.routes.once(("SET", b"k", b"1"), 0.2)
    assert 2 < scene.asked(A) + scene.asked(C) <= HOPS


async def test_where_asking_is_refused_no_answer_is_left_on_the_way() -> None:
    """The one to the command itself is still to come, and would be taken for that to the next one."""
    link = FakeLink(NoPermissionError("no permissions to run the 'asking' command"))
    with pytest.raises(NoPermissionError):
        await send_once(FakePool(link), "redis://c:1", ("SET", "k", "1"), 1.0, asking=True)  # type: ignore[arg-type]
    assert link.closed
    link = FakeLink(b"OK", ResponseError("WRONGTYPE"))
    with pytest.raises(ResponseError):
        await send_once(FakePool(link), "redis://c:1", ("SET", "k", "1"), 1.0, asking=True)  # type: ignore[arg-type]
    assert not link.closed


class FakeLink:
    """A connection that is answered so."""

    socket_timeout = 1.0

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.closed = False

    async def send_packed_command(self, words: object, check_health: bool = True) -> None:
        """See redis-py."""

    async def read_response(self) -> object:
        """See redis-py."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def disconnect(self, nowait: bool = False) -> None:
        """See redis-py."""
        self.closed = True


class FakePool:
    """A pool of one connection."""

    def __init__(self, link: FakeLink) -> None:
        self.link = link

    async def get_connection(self) -> FakeLink:
        """See redis-py."""
        return self.link

    async def release(self, link: FakeLink) -> None:
        """See redis-py."""
