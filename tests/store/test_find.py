"""Looking through the jobs of a state: what passes, where it goes on, and what is left out."""

from typing import Any

from bulltui.domain.scan import Filter, Kind, Look, Probe, Spot, Test, Want
from bulltui.domain.states import JobState
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.store.support import MAIL, add_job

DATA = (Want("data"),)


def having(text: str, *fields: str, kind: Kind = Kind.HAS) -> Filter:
    """A filter of one test."""
    return Filter(((Test(fields or ("data",), kind, text),),))


def finished(raw: Any, job_id: str, score: float, state: str = "completed", **fields: Any) -> None:
    """A job that finished."""
    add_job(raw, "bull:mail", job_id, finishedOn=int(score), **fields)
    raw.zadd(f"bull:mail:{state}", {job_id: score})


async def looks(finder: RedisFinder, probe: Probe) -> list[Look]:
    """All looks through a state."""
    out: list[Look] = []
    spot: Spot | None = Spot()
    while spot is not None:
        assert len(out) < 1_000, "it does not come to an end"
        out.append(
            await finder.look(
                Probe(probe.ref, probe.state, probe.filter, probe.wants, probe.low, probe.high, spot, probe.limit)
            )
        )
        spot = out[-1].spot
    return out


def ids(found: list[Look]) -> list[str]:
    """The ids that passed, in the order they came."""
    return [one.id for look in found for one in look.found]


async def test_it_finds_the_newest_first_and_goes_on(reader: RedisReader, raw: Any) -> None:
    for number in range(50):
        finished(raw, f"j{number}", 1_000 + number, data=f'{{"n":"{number % 5}x"}}')
    finder = RedisFinder(reader.calls)
    found = await looks(finder, Probe(MAIL, JobState.COMPLETED, having('"3x"'), DATA, limit=7))
    assert ids(found) == [f"j{number}" for number in range(48, 0, -5)]
    assert [look.examined for look in found] == [7] * 7 + [1]
    assert {look.total for look in found} == {50}
    first = found[0].found[0]
    assert (first.score, first.raw["data"].text) == (1_048, '{"n":"3x"}')
