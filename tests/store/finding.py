"""What the tests of finding need: jobs in states, looks through them, searches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bulltui.domain.query.parsing import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Filter, Kind, Look, Probe, Spot, Test
from bulltui.domain.states import LISTS, SUFFIX, JobState
from bulltui.services.clock import SystemClock
from bulltui.services.search import Scope, Search, Step
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.store.support import MAIL, add_job

NOW = 1_800_000_000_000


def having(text: str, *fields: str, kind: Kind = Kind.HAS) -> Filter:
    """A filter of one test."""
    return Filter(((Test(fields or ("data",), kind, text),),))


def put(raw: Any, state: JobState, job_id: str, score: float = 0, queue: str = "bull:mail", **fields: Any) -> None:
    """A job in a state, the newest of a list."""
    add_job(raw, queue, job_id, **fields)
    place(raw, state, job_id, score, queue)


def place(raw: Any, state: JobState, job_id: str, score: float = 0, queue: str = "bull:mail") -> None:
    """An id in a state, whether it has a hash or not."""
    key = f"{queue}:{SUFFIX[state]}"
    if state in LISTS:
        raw.lpush(key, job_id)
    else:
        raw.zadd(key, {job_id: score})


async def looks(finder: RedisFinder, probe: Probe) -> list[Look]:
    """All looks through a state."""
    out: list[Look] = []
    spot: Spot | None = Spot()
    while spot is not None:
        assert len(out) < 10_000, "it does not come to an end"
        out.append(await finder.look(replace(probe, spot=spot)))
        spot = out[-1].spot
    return out


def ids(found: Sequence[Look]) -> list[str]:
    """The ids that passed, in the order they came."""
    return [one.id for look in found for one in look.found]


def searching(
    reader: RedisReader,
    text: str,
    refs: Sequence[QueueRef] = (MAIL,),
    states: Sequence[JobState] = (),
    *,
    finder: RedisFinder | None = None,
    **more: Any,
) -> Search:
    """A search of this text."""
    scope = Scope(tuple(refs), tuple(states))
    return Search(finder or RedisFinder(reader.calls), reader, SystemClock(), parse(text, NOW), scope, **more)


async def steps_of(search: Search) -> list[Step]:
    """All steps of it."""
    return [step async for step in search.steps()]


def matched(steps: Sequence[Step]) -> list[str]:
    """The ids that matched, in the order they came."""
    return [match.job.id for step in steps for match in step.matches]
