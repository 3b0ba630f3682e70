"""More jobs in the list `paused` than the libraries move in one call, and than one call of ours may."""

import pytest

from bulltui.domain.actions import Pause, Resume
from bulltui.services.request import Request
from tests.interop.fidelity import whole
from tests.interop.keyspace import paste
from tests.interop.library import PREFIX
from tests.interop.reshape import entries
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

MAIL = f"{PREFIX}:mail"
MANY = 20_000
SLOW_US = 10_000


@pytest.mark.quiet
@pytest.mark.parametrize("written", ["5", "6"])
@pytest.mark.parametrize("newer", [0, 2])
def test_all_of_them_come_back_in_order(stand: Stand, written: str, newer: int) -> None:
    client = stand.clients[OURS]
    paste(client, stand.scene("5", "quiet", paused=False).copy)
    library = stand.library("5")
    pipeline = client.pipeline(transaction=False)
    ids = [f"old-{number:05}" for number in range(MANY)]
    for job_id in ids:
        pipeline.hset(f"{MAIL}:{job_id}", mapping={"name": "ok", "data": "{}", "opts": "{}", "timestamp": 1})
        pipeline.lpush(f"{MAIL}:wait", job_id)
    pipeline.execute()
    library.act(OURS, "pause", "mail")
    stand.library(written)("open", OURS, queue="mail")
    for number in range(newer):  # beside them, as BullMQ 6 adds to a paused queue
        stand.library("6").act(OURS, "add", "mail", opts={"jobId": f"new-{number}"})
    client.config_set("slowlog-log-slower-than", SLOW_US)
    client.slowlog_reset()

    outcome = stand.run(Request(Resume(), whole("mail")))

    slow = [entry["command"][:80] for entry in client.slowlog_get()]
    client.config_set("slowlog-log-slower-than", -1)
    assert outcome.error is None
    assert outcome.done == 1
    assert not client.exists(f"{MAIL}:paused")
    wanted = [*reversed([f"new-{number}" for number in range(newer)]), *reversed(ids)]
    assert entries(stand.read(OURS), f"{MAIL}:wait") == tuple(wanted)
    assert slow == []


def test_a_pause_of_many_beside_as_many(stand: Stand) -> None:
    """`wait` and `paused` are both long: they become one list, the older ones next to run."""
    client = stand.clients[OURS]
    paste(client, stand.scene("5", "quiet", paused=False).copy)
    pipeline = client.pipeline(transaction=False)
    for suffix, timestamp in (("paused", 1), ("wait", 2)):
        for number in range(MANY):
            job_id = f"{suffix}-{number:05}"
            pipeline.hset(f"{MAIL}:{job_id}", mapping={"name": "ok", "data": "{}", "timestamp": timestamp})
            pipeline.lpush(f"{MAIL}:{suffix}", job_id)
    pipeline.execute()
    outcome = stand.run(Request(Pause(), whole("mail")))
    assert outcome.error is None
    assert outcome.done == 1
    assert not client.exists(f"{MAIL}:wait")
    found = entries(stand.read(OURS), f"{MAIL}:paused")
    assert found == tuple(f"{suffix}-{number:05}" for suffix in ("wait", "paused") for number in reversed(range(MANY)))
