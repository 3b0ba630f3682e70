"""What the real libraries tell is followed as they tell it, over trimming and obliteration."""

import asyncio
from collections.abc import Mapping

import pytest

from bulltui.domain.event import Event, Gap
from bulltui.domain.queue import QueueRef
from bulltui.store.events import RedisEvents
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

MAIL = QueueRef("bull", "mail")


class Followed:
    """The queue of mail, followed step by step."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._source = RedisEvents.from_url(f"{stand.server.url}/{OURS}")
        self._cursors: Mapping[QueueRef, str] = stand.wait(self._source.tails([MAIL]))
        self.gaps: list[Gap] = []

    def news(self) -> list[Event]:
        """What was told since."""

        async def read() -> list[Event]:
            found: list[Event] = []
            while True:
                batch = await self._source.read(self._cursors, wait_ms=1, limit=1_000)
                self._cursors = batch.cursors
                self.gaps += batch.gaps
                found += batch.events
                if not batch.events:
                    return found
                await asyncio.sleep(0)

        return self._stand.wait(read())

    def close(self) -> None:
        """Ends the connection."""
        self._stand.wait(self._source.close())


@pytest.mark.parametrize("library", ["3", "4", "5", "6"])
def test_a_job_from_its_start_to_its_end(stand: Stand, library: str) -> None:
    stand.clients[OURS].flushdb()
    node = stand.library(library)
    followed = Followed(stand)
    node.act(OURS, "add", "mail", name="ok", opts={"jobId": "one:2:three"})
    node.act(OURS, "add", "mail", name="fails", opts={"jobId": "bad"})
    node("work", OURS, queue="mail")
    node("quiet", OURS, queues=["mail"])
    node("stop", OURS)
    events = followed.news()
    told = [(event.kind, event.job_id) for event in events if event.job_id == "one:2:three"]
    assert told == [(kind, "one:2:three") for kind in ("added", "waiting", "active", "completed")]
    by_kind = {event.kind: event for event in events}
    assert by_kind["completed"].fields["returnvalue"] == '{"ok":true}'
    assert by_kind["failed"].fields["failedReason"] == "fails fails"
    assert by_kind["added"].fields["name"] in ("ok", "fails")
    assert "drained" in by_kind
    assert not followed.gaps
    followed.close()


@pytest.mark.parametrize("library", ["5", "6"])
def test_trimming_is_a_gap_and_a_queue_that_begins_anew_is_followed(stand: Stand, library: str) -> None:
    stand.clients[OURS].flushdb()
    node = stand.library(library)
    followed = Followed(stand)
    node.act(OURS, "addMany", "mail", jobs=[{"name": "ok", "data": {}} for _ in range(100)])
    written = stand.clients[OURS].xlen("bull:mail:events")
    node.act(OURS, "trim", "mail", keep=0)
    left = stand.clients[OURS].xlen("bull:mail:events")
    node.act(OURS, "add", "mail", opts={"jobId": "later"})
    events = followed.news()
    assert "later" in {event.job_id for event in events}
    assert [gap.lost for gap in followed.gaps] == [written - left]
    node.act(OURS, "pause", "mail")
    node.act(OURS, "obliterate", "mail", force=True)
    assert not stand.clients[OURS].exists("bull:mail:events")
    followed.news()
    node.act(OURS, "add", "mail", opts={"jobId": "anew"})
    assert {event.job_id for event in followed.news()} == {"anew"}
    assert len(followed.gaps) == 1
    followed.close()
