"""One look at all queues, over a reader that does what each test says."""

import pytest

from bulltui.domain.errors import NotAllowedError, NotFoundError, UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.server import ServerInfo
from bulltui.domain.worker import Client
from bulltui.services.clock import SystemClock
from bulltui.services.overview import overview, resolve
from tests.unit.test_poller import REF, FakeReader, queue


class Small(FakeReader):
    """A reader of some queues and no jobs."""

    address = "redis://here"
    scripts_allowed = True

    async def counts(self, refs):  # type: ignore[no-untyped-def]
        return [queue(ref) for ref in refs if ref in self.refs]


class Secretive(Small):
    """A server that tells neither its numbers nor its clients."""

    async def server(self) -> ServerInfo:
        raise NotAllowedError("The Redis user may not do this: info.")

    async def clients(self) -> list[Client]:
        raise NotAllowedError("Workers cannot be seen.")


async def test_what_the_server_does_not_tell_is_unknown() -> None:
    snapshot = await overview(Secretive(), SystemClock(), ("bull",), ())  # type: ignore[arg-type]
    assert [row.ref for row in snapshot.rows] == [REF]
    assert snapshot.server is None
    assert snapshot.rows[0].workers is None
    assert snapshot.workers_problem == "Workers cannot be seen."


async def test_globs_choose() -> None:
    reader = Small([REF, QueueRef("bull", "payments")])
    snapshot = await overview(reader, SystemClock(), ("bull",), ("pay*",))  # type: ignore[arg-type]
    assert [row.ref.name for row in snapshot.rows] == ["payments"]


async def test_a_queue_is_found_by_name_or_by_its_whole_key_without_a_search() -> None:
    reader = Small()
    assert await resolve(reader, ("other", "bull"), "mail") == REF  # type: ignore[arg-type]
    assert await resolve(reader, ("bull",), "bull:mail") == REF  # type: ignore[arg-type]
    assert reader.searches == 0


async def test_a_name_of_several_queues_is_not_guessed() -> None:
    other = QueueRef("other", "mail")
    reader = Small([REF, other])
    for prefixes in (("bull", "other"), None):
        with pytest.raises(UsageError) as several:
            await resolve(reader, prefixes, "mail")  # type: ignore[arg-type]
        assert "bull:mail, other:mail" in several.value.message
        assert await resolve(reader, prefixes, "other:mail") == other  # type: ignore[arg-type]
    assert await resolve(reader, ("other", "other"), "mail") == other  # type: ignore[arg-type]


async def test_a_wrong_name_gets_the_nearest_and_an_empty_database_is_told() -> None:
    with pytest.raises(NotFoundError) as near:
        await resolve(Small(), ("bull",), "mial")  # type: ignore[arg-type]
    assert near.value.hint == "Did you mean mail?"
    with pytest.raises(NotFoundError) as elsewhere:
        await resolve(Small([]), ("bull",), "mail")  # type: ignore[arg-type]
    assert "other prefixes: other" in elsewhere.value.hint
