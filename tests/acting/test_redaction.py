"""What rules hide is in no journal, no audit and on no screen, and never lost by a mask that takes its place."""

import asyncio
import json
from pathlib import Path

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import Clean, Remove, Replay, Restore, UpdateData
from bulltui.domain.edited_job import check_shown
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.outcome import Reason
from bulltui.domain.query.parsing import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.redaction import MASK
from bulltui.domain.scan import Filter, Kind, Probe, Test, Want
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Past, Queues
from bulltui.services.request import Request
from bulltui.services.search import Scope, Search
from bulltui.wiring import Runtime, open_runtime
from tests.cli.desk import fill
from tests.conftest import url_for

Q = QueueRef("bull", "payments")
CANARY = "CANARY-4111"
RULES = ("data.card", "*.password", "returnvalue.token")


@pytest.fixture
def url(server: EmbeddedServer, raw: Redis) -> str:
    fill(raw, 4)
    raw.hset("bull:payments:1", "data", json.dumps({"order": 1, "card": CANARY, "pad": "x" * 3000}))
    raw.hset("bull:payments:2", "opts", json.dumps({"attempts": 1, "auth": {"Password": CANARY}}))
    raw.hset("bull:payments:3", "data", json.dumps({"inner": json.dumps({"password": CANARY})}))
    raw.hset("bull:payments:3", "progress", json.dumps({"password": CANARY}))
    raw.hset("bull:payments:3", "returnvalue", json.dumps({"token": CANARY}))
    return url_for(server)


def settings_of(url: str, folder: Path, *, redact: tuple[str, ...] = RULES) -> Settings:
    return Settings(url=url, state_folder=str(folder), redact=redact, audit_payloads=True)


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def everything(runtime: Runtime) -> str:
    reader = runtime.reader
    found: list[object] = [await reader.page(Q, JobState.FAILED, 0, 10)]
    for number in "123":
        found.append(await reader.job(Q, number))
        found += [await reader.field(Q, number, name) for name in ("data", "opts", "progress", "returnvalue")]
    found += await reader.jobs(Q, ["1", "2", "3"], state=JobState.FAILED, cap=40)
    wants = tuple(Want(name, 30) for name in ("data", "opts", "progress", "returnvalue"))
    found.append(await runtime.finder.look(Probe(Q, JobState.FAILED, wants=wants)))
    found.append(await runtime.finder.look(Probe(Q, JobState.FAILED, wants=(Want("data", 50, tail=True),))))
    return repr(found)


async def test_no_read_gives_it_out(url: str, tmp_path: Path) -> None:
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        text = await everything(runtime)
    assert "CANARY" not in text
    assert MASK in text
    async with open_runtime(settings_of(url, tmp_path, redact=())) as runtime:
        assert "CANARY" in await everything(runtime)


@pytest.mark.parametrize("query", ["CANARY", "data.card:CANARY*", "data.card:/4111|redacted/", "CANARY OR redacted"])
async def test_a_search_does_not_tell_either(url: str, tmp_path: Path, query: str) -> None:
    """One that finds a job by what is hidden in it would say what that is."""
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        asked = parse(query, runtime.clock.now_ms())
        search = Search(runtime.finder, runtime.reader, runtime.clock, asked, Scope((Q,)))
        found = sorted([match.job.id async for step in search.steps() for match in step.matches])
    assert found == (["1", "3"] if query.endswith("redacted") else ["1"] if "redacted/" in query else [])


async def test_the_server_is_asked_nothing_about_what_is_hidden(url: str, tmp_path: Path) -> None:
    clauses = ((Test(("data",), Kind.HAS, CANARY),), (Test(("name",), Kind.HAS, "charge"),))
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        look = await runtime.finder.look(Probe(Q, JobState.FAILED, Filter(clauses)))
    assert len(look.found) == 4


async def test_the_journal_has_nothing_of_it_and_undo_leaves_such_jobs_alone(
    url: str, raw: Redis, tmp_path: Path
) -> None:
    target = Jobs(Q, ("1", "2", "3", "4"), JobState.FAILED)
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        preview = await runtime.runner.preview(Request(Remove(), target))
        assert "3 of these cannot be undone" in " ".join(preview.warnings)
        assert preview.undoable
        outcome = await runtime.runner.run(Request(Remove(), target))
        assert outcome.done == 4
        assert outcome.undo is not None
        records = [one async for some in runtime.runner.journal.records(outcome.undo) for one in some]
        assert len(records) >= 4
        assert "CANARY" not in repr(records)
        assert b"CANARY" not in files(tmp_path)
    # Also by one who hides nothing: what is not there cannot be brought back.
    async with open_runtime(settings_of(url, tmp_path, redact=())) as runtime:
        back = await runtime.runner.run(Request(Restore(outcome.undo), Past(outcome.undo)))
        assert (back.done, dict(back.skipped)) == (1, {Reason.REDACTED: 3})
    assert [raw.exists(f"bull:payments:{number}") for number in (1, 2, 3, 4)] == [0, 0, 0, 1]


async def test_the_job_that_waits_behind_a_deduplicated_one_is_not_written_down(
    url: str, raw: Redis, tmp_path: Path
) -> None:
    raw.hset("bull:payments:4", "deid", "d")
    raw.set("bull:payments:de:d", "4")
    raw.hset("bull:payments:dn:d", mapping={"name": "charge", "data": json.dumps({"card": CANARY}), "opts": "{}"})
    request = Request(Remove(), Jobs(Q, ("4",), JobState.FAILED))
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        assert not (await runtime.runner.preview(request)).undoable
        outcome = await runtime.runner.run(request)
        assert outcome.undo is not None
        records = [one async for some in runtime.runner.journal.records(outcome.undo) for one in some]
        assert "dn:d" in repr(records)
        assert "CANARY" not in repr(records)
        back = await runtime.runner.run(Request(Restore(outcome.undo), Past(outcome.undo)))
    assert dict(back.skipped) == {Reason.REDACTED: 1}


async def test_no_mask_is_put_over_data_by_an_undo(url: str, raw: Redis, tmp_path: Path) -> None:
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        done = await runtime.runner.run(Request(UpdateData('{"card":"new"}'), Jobs(Q, ("1",), JobState.FAILED)))
        assert done.undo is not None
        back = await runtime.runner.run(Request(Restore(done.undo), Past(done.undo)))
    assert dict(back.skipped) == {Reason.REDACTED: 1}
    assert raw.hget("bull:payments:1", "data") == b'{"card":"new"}'


async def test_a_preview_says_when_nothing_can_be_undone(url: str, tmp_path: Path) -> None:
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        one = await runtime.runner.preview(Request(Remove(), Jobs(Q, ("1",), JobState.FAILED)))
        some = await runtime.runner.preview(Request(Remove(), Jobs(Q, ("1", "2"), JobState.FAILED)))
        none = await runtime.runner.preview(Request(Remove(), Jobs(Q, ("4",), JobState.FAILED)))
        whole = await runtime.runner.preview(Request(Clean(JobState.FAILED), Queues((Q,))))
    assert not one.undoable
    assert "cannot be undone: `redact` forbids" in one.warnings[-1]
    assert not any("can be undone" in line for line in one.lines)
    assert not some.undoable
    assert none.undoable
    assert not none.warnings
    assert "cannot be brought back" in whole.warnings[-1]


async def test_a_scheduler_with_hidden_data_is_not_written_down(url: str, raw: Redis, tmp_path: Path) -> None:
    from bulltui.domain.actions import Unschedule
    from bulltui.domain.targets import Schedulers

    raw.zadd("bull:payments:repeat", {"daily": 1_900_000_000_000})
    raw.hset("bull:payments:repeat:daily", mapping={"name": "n", "ic": 1, "every": 9, "data": f'{{"card":"{CANARY}"}}'})
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        page = await runtime.reader.schedulers(Q, 0, 5)
        assert "CANARY" not in repr(page)
        outcome = await runtime.runner.run(Request(Unschedule(), Schedulers(Q, ("daily",))))
        assert outcome.undo is not None
        records = [one async for some in runtime.runner.journal.records(outcome.undo) for one in some]
        assert records
        assert "CANARY" not in repr(records)
        back = await runtime.runner.run(Request(Restore(outcome.undo), Past(outcome.undo)))
    assert Reason.REDACTED in back.skipped
    assert not raw.exists("bull:payments:repeat:daily")


async def test_data_given_anew_are_hidden_in_the_audit_and_masks_are_refused(
    url: str, raw: Redis, tmp_path: Path
) -> None:
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        given = UpdateData(json.dumps({"card": CANARY, "order": 7}))
        assert (await runtime.runner.run(Request(given, Jobs(Q, ("1",))))).done == 1
        assert b"CANARY" not in files(tmp_path)
        assert b"order" in (tmp_path / "audit.jsonl").read_bytes()
        job = await runtime.reader.job(Q, "1")
        assert job is not None
        with pytest.raises(NotAllowedError):
            check_shown(job)
        for action in (UpdateData(job.raw["data"].text), Replay(data=json.dumps({"card": MASK}))):
            with pytest.raises(NotAllowedError):
                await runtime.runner.run(Request(action, Jobs(Q, ("1",), JobState.FAILED)))
    assert json.loads(raw.hget("bull:payments:1", "data") or b"")["card"] == CANARY


async def test_events_are_hidden(url: str, raw: Redis, tmp_path: Path) -> None:
    async with open_runtime(settings_of(url, tmp_path)) as runtime:
        cursors = await runtime.events.tails([Q])
        raw.xadd("bull:payments:events", {"event": "completed", "jobId": "1", "returnvalue": f'{{"token":"{CANARY}"}}'})
        raw.xadd("bull:payments:events", {"event": "progress", "jobId": "1", "data": f'{{"password":"{CANARY}"}}'})
        seen: list[object] = []
        for _ in range(50):
            batch = await runtime.events.read(cursors, wait_ms=200, limit=10)
            cursors = dict(batch.cursors)
            seen += batch.events
            if len(seen) == 2:
                break
            await asyncio.sleep(0.01)
        seen += await runtime.events.before(Q, 5)
    assert len(seen) == 4
    assert "CANARY" not in repr(seen)
