"""A server that wants every key of a script declared, as Dragonfly does unless it is told not to."""

from typing import Any

import pytest
from redis.exceptions import ResponseError

from bulltui.domain import actions
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item, Order
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.store.reader import RedisReader

MAIL = QueueRef("bull", "mail")
SAYS = "Error running script: @user_script:9: script tried accessing undeclared key"


@pytest.fixture
def strict(scripted: RedisReader, monkeypatch: pytest.MonkeyPatch) -> RedisReader:
    """The test's server, which refuses each script in these words."""
    real: Any = scripted.calls.client.execute_command

    async def refuses(*words: Any, **options: Any) -> Any:
        if str(words[0]).startswith("EVAL"):
            raise ResponseError(SAYS)
        return await real(*words, **options)

    monkeypatch.setattr(scripted.calls.client, "execute_command", refuses)

    async def never(*_: Any, **__: Any) -> Any:
        raise ResponseError(SAYS)

    monkeypatch.setattr(scripted.calls, "trip_once", never)
    return scripted


async def test_it_is_read_by_single_commands_and_changes_are_refused(strict: RedisReader, raw: Any) -> None:
    raw.hset("bull:mail:meta", mapping={"version": "bullmq:5.81.5"})
    raw.hset("bull:mail:1", mapping={"name": "a", "data": "{}", "opts": "{}", "timestamp": 1})
    raw.zadd("bull:mail:failed", {"1": 5})
    (queue,) = await strict.counts([MAIL])
    assert queue.counts.failed == 1
    page = await strict.page(MAIL, JobState.FAILED, 0, 10)
    assert [job.id for job in page.jobs] == ["1"]
    with pytest.raises(NotAllowedError, match="every key of a script declared") as caught:
        await strict.actor().act(Order(actions.Retry(), MAIL, Layout.V5, 9), [Item("1")])
    assert "allow-undeclared-keys" in caught.value.hint
