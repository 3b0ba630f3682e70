"""Whatever is done in whatever order: every job is in one state, and every entry of a state is a job."""

import random
from collections import Counter
from typing import Any

import pytest

from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.states import LISTED, LISTS, SUFFIX, JobState
from bulltui.domain.text import exact
from bulltui.store.actor import RedisActor
from tests.store.acting import ALL, NOW, Q, act, make_queue, order, put
from tests.store.support import js

STATES = (JobState.WAITING, JobState.ACTIVE, JobState.DELAYED, JobState.COMPLETED, JobState.FAILED)
SIDES = {"meta", "id", "events", "marker", "pc", "stalled-check", "repeat", "priority", *SUFFIX.values()}


def orders(chance: random.Random) -> actions.Action:
    """Any action on jobs, or a pause or resume of the queue."""
    return chance.choice(
        [
            actions.Retry(reset_attempts=chance.random() < 0.5),
            actions.Promote(),
            actions.Duplicate(),
            actions.Replay(data="2", opts=js(chance.choice([{}, {"delay": 9}, {"priority": 2}, {"lifo": True}]))),
            actions.Replay(data="3", copy=True),
            actions.Reprioritize(chance.choice([0, 1, 5]), lifo=chance.random() < 0.5),
            actions.Reschedule(chance.randrange(5000)),
            actions.Release(),
            actions.Fail(),
            actions.Add("new", "1", js(chance.choice([{}, {"delay": 5}, {"priority": 3}, {"lifo": True}]))),
            actions.Remove(),
            actions.Pause(),
            actions.Resume(),
        ]
    )


def places(raw: Any) -> Counter[str]:
    """How many entries of states each id has, markers of older libraries left out."""
    found: Counter[str] = Counter()
    for state in LISTED:
        key = f"{Q}:{SUFFIX[state]}"
        entries = raw.lrange(key, 0, -1) if state in LISTS else raw.zrange(key, 0, -1)
        found.update(exact(one) for one in entries if not one.startswith(b"0:"))
    return found


def hashes(raw: Any) -> set[str]:
    """The ids of all jobs that have a hash."""
    ids = (exact(key).removeprefix(f"{Q}:") for key in raw.keys(f"{Q}:*"))
    return {one for one in ids if one not in SIDES and not one.endswith((":logs", ":lock"))}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layout", ALL)
async def test_every_job_is_in_one_state(actor: RedisActor, raw: Any, layout: Layout, seed: int) -> None:
    chance = random.Random(f"{layout} {seed}")
    make_queue(raw, layout, **({"concurrency": 3} if seed % 2 else {}))
    for number in range(40):
        priority = chance.choice([0, 0, 3]) if layout is not Layout.V3 else 0
        put(raw, chance.choice(STATES), f"job{number}", priority=priority, score=NOW + number)
    for _ in range(60):
        ids = chance.sample(sorted(hashes(raw)), 5)
        action = orders(chance)
        if isinstance(action, actions.Pause | actions.Resume):
            await actor.act(order(action, layout))
        elif isinstance(action, actions.Add):
            await act(actor, action, [chance.choice(["", f"own{chance.randrange(9)}"])], layout)
        else:
            await act(actor, action, ids, layout)
        found = places(raw)
        assert set(found) == hashes(raw), action
        assert set(found.values()) == {1}, action
        assert not (layout is Layout.V6 and raw.exists(f"{Q}:paused"))
    assert raw.hget(f"{Q}:meta", "version").startswith(b"bullmq:")
