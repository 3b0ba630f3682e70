"""Real errors on a real server fall into their families, with scripts and without."""

import pytest
from redis import Redis

from bulltui.domain.queue import QueueRef
from bulltui.services.clock import SystemClock
from bulltui.services.grouping import Grouping
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.errors.corpus import score
from tests.errors.filling import fill_failed

PAYMENTS = QueueRef("bull", "payments")
SLOW_US = 10_000


@pytest.mark.quiet
async def test_they_fall_into_their_families(reader: RedisReader, raw: Redis) -> None:
    families = fill_failed(raw, 4_000)
    raw.config_set("slowlog-log-slower-than", SLOW_US)
    raw.slowlog_reset()
    grouping = Grouping(RedisFinder(reader.calls), SystemClock(), [PAYMENTS])
    examined = [step.examined async for step in grouping.steps()]
    assert examined[-1] == 4_000
    assert len(examined) > 2
    groups = grouping.groups()
    assert all(group.complete for group in groups)
    found = score((families[one], group.fingerprint.key) for group in groups for one in group.ids[PAYMENTS])
    assert min(found.recall, found.precision) >= 0.98
    assert raw.slowlog_len() == 0
