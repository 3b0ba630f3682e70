"""The server, the client where scripts are not allowed, and plain Python find the same jobs for any query."""

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.query.matching import matches
from bulltui.domain.query.planning import jobs_named, plan
from bulltui.domain.query.query import Query
from bulltui.domain.query.tree import Node
from bulltui.domain.scan import Candidate, Probe
from bulltui.domain.states import LISTS, SUFFIX
from bulltui.domain.text import to_bytes
from bulltui.services.clock import SystemClock
from bulltui.services.search import Scope, Search
from bulltui.store.finder import RedisFinder
from bulltui.store.keys import job_key, key
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.finding import ids, looks, matched, steps_of
from tests.thorough import tried
from tests.unit.query_jobs import NOW, REF, jobs, questions

USERS = ("", "plain")


def fill(raw: Any, some: list[Candidate]) -> None:
    """The jobs, and nothing else, on the server."""
    pipe = raw.pipeline(transaction=False)
    pipe.flushdb()
    pipe.hset(key(REF, "meta"), "opts.maxLenEvents", 10_000)
    for job in some:
        where = key(REF, SUFFIX[job.state])
        if job.raw:
            mapping = {name: to_bytes(field.text) for name, field in job.raw.items()}
            pipe.hset(job_key(REF, job.id), mapping=mapping)
        if job.state in LISTS:
            pipe.lpush(where, to_bytes(job.id))
        else:
            pipe.zadd(where, {to_bytes(job.id): job.score or 0.0})
    pipe.execute()


async def found_by(server: EmbeddedServer, user: str, query: Query, some: list[Candidate]) -> tuple[Any, Any]:
    """What passes in each state, and what a search says in the end."""
    reader = RedisReader.from_url(url_for(server, user))
    finder = RedisFinder(reader.calls)
    passed = []
    for state in sorted({job.state for job in some}):
        planned = plan(query, state, REF)
        if planned is not None:
            probe = Probe(REF, state, planned.filter, planned.wants, planned.low, planned.high, limit=2)
            passed.append((state, ids(await looks(finder, probe))))
    said = matched(await steps_of(Search(finder, reader, SystemClock(), query, Scope((REF,)))))
    await reader.close()
    return passed, said


@given(questions(), st.lists(jobs(), max_size=5))
@settings(max_examples=tried(80, 25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_find_the_same(
    server: EmbeddedServer, raw: Redis, question: tuple[Node, Candidate], others: list[Candidate]
) -> None:
    tree, job = question
    query = Query("", tree, NOW)
    # An id that begins like a marker is none of a job of these libraries.
    some = list({one.id: one for one in (*others, job) if not one.id.startswith("0:")}.values())
    fill(raw, some)
    (on_server, said), (by_client, said_too) = (asyncio.run(found_by(server, user, query, some)) for user in USERS)
    assert on_server == by_client
    assert said == said_too
    named = jobs_named(query)  # a word by itself may be an id too
    meant = [one.id for one in some if matches(query, as_stored(one)) or (one.id == named and one.raw)]
    assert sorted(said) == sorted(meant)


def as_stored(job: Candidate) -> Candidate:
    """A job as a server has it: those of lists have no score."""
    return replace(job, score=None if job.state in LISTS else job.score or 0.0)
