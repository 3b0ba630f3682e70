"""Data of strangers through the whole way from the server to JSON: each shown whole and harmless, none stops a read."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.job_json import job_document
from bulltui.domain.jsontext import dump
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.text import to_bytes, visible
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.support import MAIL, found, reading
from tests.thorough import tried
from tests.unit.strangers import DOCUMENTS, FIELDS, HOSTILE, NUMBERS, hashes


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass") if "\ud83d" in text else to_bytes(text)


async def everything(reader: RedisReader, ids: list[str]) -> None:
    """All reads of these failed jobs, with what must hold of each."""
    page = await reader.page(MAIL, JobState.FAILED, 0, len(ids) + 5)
    assert {job.id for job in page.jobs} == set(ids)
    jobs = await reader.jobs(MAIL, ids, state=JobState.FAILED, cap=1_000_000)
    for job_id, job in zip(ids, jobs, strict=True):
        assert await reader.job(MAIL, job_id, cap=1_000_000) == job
        text = dump(job_document(job))
        assert visible(text) == text
        document = json.loads(text.encode())
        assert document["state"] == "failed"
    await reader.counts([MAIL])


async def test_every_field(reader: RedisReader, raw: Redis) -> None:
    ids = []
    for field in FIELDS:
        for at, value in enumerate((*HOSTILE, *NUMBERS, *DOCUMENTS)):
            job_id = f"{field or 'none'}-{at}"
            raw.hset(f"bull:mail:{job_id}", mapping={"name": b"x", field: encoded(value)})
            ids.append(job_id)
    raw.zadd("bull:mail:failed", dict.fromkeys(ids, 1))
    for start in range(0, len(ids), 100):
        part = ids[start : start + 100]
        jobs = await reader.jobs(MAIL, part, state=JobState.FAILED, cap=300_000)
        for job in jobs:
            text = dump(job_document(job))
            assert visible(text) == text
            json.loads(text.encode())
    page = await reader.page(MAIL, JobState.FAILED, 0, 10_000)
    assert len(page.jobs) == len(ids)


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_of_queues_and_jobs(reader: RedisReader, raw: Redis, name: str) -> None:
    base = b"bull:" + encoded(name)
    raw.hset(base + b":meta", "version", "bullmq:4.18.3")
    raw.lpush(base + b":wait", encoded(name))
    raw.hset(base + b":" + encoded(name), mapping={"name": encoded(name), "data": encoded(name)})
    raw.rpush(base + b":" + encoded(name) + b":logs", encoded(name))
    ((prefix, queue),) = await found(reader)
    ref = QueueRef(prefix, queue)
    assert to_bytes(ref.key) == base
    (row,) = (await reader.page(ref, JobState.WAITING, 0, 5)).jobs
    assert to_bytes(row.id) == encoded(name)
    job = await reader.job(ref, row.id)
    assert job is not None
    assert to_bytes(job.name) == encoded(name)
    assert [to_bytes(line) for line in (await reader.logs(ref, row.id, 0, 5)).lines] == [encoded(name)]
    assert await reader.field(ref, row.id, "data") == encoded(name)
    text = dump(job_document(job))
    assert visible(text) == text


@settings(max_examples=tried(60, 20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.binary(min_size=1, max_size=12), hashes, max_size=6), st.sampled_from(["", "plain"]))
def test_any_hashes(server: EmbeddedServer, raw: Redis, jobs: dict[bytes, dict[str, bytes]], user: str) -> None:
    raw.flushall()
    # Keys of the queue itself and of other jobs are no ids.
    taken = {b"failed", b"meta", b"wait", b"id", b"active", b"delayed", b"paused", b"repeat", b"marker", b"completed"}
    chosen = {
        job_id: fields for job_id, fields in jobs.items() if fields and job_id not in taken and b":" not in job_id
    }
    for job_id, fields in chosen.items():
        raw.hset(b"bull:mail:" + job_id, mapping={name.encode("utf-8", "replace"): v for name, v in fields.items()})
        raw.zadd("bull:mail:failed", {job_id: 1})
    ids = [job_id.decode("utf-8", "surrogateescape") for job_id in chosen]

    async def look() -> None:
        async with reading(url_for(server, user)) as reader:
            await everything(reader, ids)

    asyncio.run(look())
