"""Two real servers as one: read, searched, changed and taken back, also while one of them is away."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.errors import NotAllowedError, NotFoundError, UnreachableError, UsageError
from bulltui.domain.outcome import Kind
from bulltui.domain.query.parsing import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Past, Picked, Queues
from bulltui.services.grouping import Grouping
from bulltui.services.overview import find_queues, overview, resolve
from bulltui.services.request import Request
from bulltui.services.search import Scope, Search
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.fleet.conftest import NOW_MS, both, fill

EU, US = QueueRef("bull", "mail", "eu"), QueueRef("bull", "mail", "us")
PAY = QueueRef("bull", "pay", "us")


@pytest.fixture(autouse=True)
def _filled(eu: Redis, us: Redis) -> None:
    fill(eu, "mail", "1", "2")
    fill(us, "mail", "1")
    fill(us, "pay", "7", "8", "9")


async def test_queues_are_named_after_their_server_and_found_by_it(settings: Settings) -> None:
    async with open_runtime(settings) as runtime:
        reader = runtime.reader
        assert (await find_queues(reader, ("bull",), ()))[0] == sorted([EU, US, PAY])
        assert (await find_queues(reader, ("bull",), ("us/*",)))[0] == [US, PAY]
        assert await resolve(reader, ("bull",), "pay") == PAY
        assert await resolve(reader, ("bull",), "us/mail") == US
        assert await resolve(reader, ("bull",), "eu/bull:mail") == EU
        with pytest.raises(UsageError) as several:
            await resolve(reader, ("bull",), "mail")
        assert "eu/mail, us/mail" in several.value.message
        with pytest.raises(NotFoundError):
            await resolve(reader, ("bull",), "eu/pay")
        jobs = await reader.page(US, JobState.FAILED, 0, 10)
        assert [job.id for job in jobs.jobs] == ["1"]
        with pytest.raises(NotFoundError, match="ap"):
            await reader.job(replace(EU, server="ap"), "1")


async def test_each_server_has_its_own_prefixes_and_globs(settings: Settings, us: Redis) -> None:
    fill(us, "other", "1")
    us.rename("bull:other:meta", "prod:mail:meta")
    eu, us_settings = settings.fleet
    fleet = (replace(eu, queues=("m*",)), replace(us_settings, prefixes=("prod",)))
    async with open_runtime(replace(settings, fleet=fleet)) as runtime:
        prod = QueueRef("prod", "mail", "us")
        assert (await find_queues(runtime.reader, ("bull",), ()))[0] == [EU, prod]
        with pytest.raises(UsageError) as several:
            await resolve(runtime.reader, ("bull",), "mail")
        assert "eu/bull:mail, us/prod:mail" in several.value.message


async def test_what_is_destroyed_on_two_servers_is_two_entries_and_each_comes_back(
    settings: Settings, eu: Redis, us: Redis
) -> None:
    async with open_runtime(settings) as runtime:
        runner = runtime.runner
        target = Picked((Jobs(EU, ("1",), JobState.FAILED), Jobs(PAY, ("7", "8"), JobState.FAILED)))
        preview = await runner.preview(Request(actions.Remove(), target))
        assert preview.title == "Remove 3 failed jobs of eu/mail, us/pay"
        outcome = await runner.run(Request(actions.Remove(), target))
        assert (outcome.kind, outcome.done, len(outcome.undos)) == (Kind.DONE, 3, 2)
        assert (eu.zcard("bull:mail:failed"), us.zcard("bull:pay:failed")) == (1, 1)
        deeds = await runner.audit.deeds(10)
        assert {deed.intent.server for deed in deeds} == set(settings.servers)
        for number, label in zip(outcome.undos, ("eu", "us"), strict=True):
            asked = await runtime.runner.preview(Request(actions.Restore(number), Past(number)))
            assert asked.title.endswith(f" of {label}")
            back = await runner.run(Request(actions.Restore(number), Past(number)))
            assert back.kind is Kind.DONE
        assert (eu.zcard("bull:mail:failed"), us.zcard("bull:pay:failed")) == (2, 3)


async def test_one_server_at_a_time_can_take_it_back_too(settings: Settings, us: Redis) -> None:
    async with open_runtime(settings) as runtime:
        outcome = await runtime.runner.run(Request(actions.Remove(), Every(PAY, JobState.FAILED)))
    assert outcome.undo is not None
    eu_settings, us_settings = settings.fleet
    undo = Request(actions.Restore(outcome.undo), Past(outcome.undo))
    async with open_runtime(replace(eu_settings, label="")) as runtime:
        with pytest.raises(NotAllowedError):
            await runtime.runner.run(undo)
    async with open_runtime(replace(us_settings, label="")) as runtime:
        assert (await runtime.runner.run(undo)).done == 3
    assert us.zcard("bull:pay:failed") == 3


async def test_what_was_paused_from_here_has_its_server(settings: Settings) -> None:
    async with open_runtime(settings) as runtime:
        await runtime.runner.run(Request(actions.Pause(), Queues((EU, US))))
        assert sorted(await runtime.runner.paused_here()) == [EU, US]
        outcome = await runtime.runner.run(Request(actions.Resume(), Queues((EU, US))))
        assert outcome.done == 2
        assert await runtime.runner.paused_here() == []


async def test_a_rule_of_one_server_refuses_all_of_it_before_anything_is_changed(settings: Settings, eu: Redis) -> None:
    eu_settings, us_settings = settings.fleet
    target = Picked((Jobs(EU, ("1",), JobState.FAILED), Jobs(US, ("1",), JobState.FAILED)))
    for rule in ({"read_only": True}, {"require_reason": True}):
        strict = replace(us_settings, **rule)  # type: ignore[arg-type]
        async with open_runtime(replace(settings, fleet=(eu_settings, strict))) as runtime:
            assert runtime.runner.refusal == ""
            assert runtime.runner.allows("remove", [EU])
            assert runtime.runner.allows("remove", [US]) is ("read_only" not in rule)
            with pytest.raises((NotAllowedError, UsageError)):
                await runtime.runner.run(Request(actions.Remove(), target))
        assert eu.zcard("bull:mail:failed") == 2


async def test_a_server_that_is_away_stops_no_other(
    server: EmbeddedServer, own: EmbeddedServer, tmp_path: Path, eu: Redis
) -> None:
    with Redis.from_url(f"{own.url}/0") as gone:
        fill(gone, "pay", "7")
    async with open_runtime(both(url_for(server), f"{own.url}/0", tmp_path)) as runtime:
        polling = asyncio.create_task(runtime.poller.run())

        async def until(links: list[Link], seconds: float = 10.0) -> None:
            async with asyncio.timeout(seconds):
                while [one.health.link for one in runtime.bus.last.servers] != links:
                    await asyncio.sleep(0.02)

        await until([Link.ONLINE, Link.ONLINE])
        async with asyncio.timeout(5):
            while len(runtime.bus.last.rows) < 2:
                await asyncio.sleep(0.02)
        own.kill()
        await until([Link.ONLINE, Link.OFFLINE])
        fill(eu, "mail", "3")
        async with asyncio.timeout(5):
            while [row.queue.counts.failed for row in runtime.bus.last.rows if row.ref == EU] != [3]:
                await asyncio.sleep(0.02)
        assert [row.queue.counts.failed for row in runtime.bus.last.rows if row.ref == PAY] == [1]  # as it was
        # Both refused before anything is changed, since one cannot be looked at.
        both_of_them = Picked((Jobs(EU, ("1",), JobState.FAILED), Jobs(PAY, ("7",), JobState.FAILED)))
        with pytest.raises(UnreachableError):
            await runtime.runner.run(Request(actions.Remove(), both_of_them))
        assert (await runtime.runner.run(Request(actions.Remove(), Jobs(EU, ("1",))))).done == 1
        search = Search(runtime.finder, runtime.reader, runtime.clock, parse("declined", NOW_MS), Scope((PAY, EU)))
        found = [match.ref async for step in search.steps() for match in step.matches]
        assert found == [EU, EU]
        assert [problem.partition(":")[0] for problem in search.problems] == ["us was not looked through"]
        grouping = Grouping(runtime.finder, runtime.clock, [PAY, EU])
        async for _ in grouping.steps():
            pass
        assert [group.count for group in grouping.groups()] == [2]
        assert len(grouping.problems) == 1
        own.restart()
        await until([Link.ONLINE, Link.ONLINE], 20)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


async def test_a_server_that_refuses_is_left_out_and_named(server: EmbeddedServer, tmp_path: Path) -> None:
    """It may be asked what there is, and not what is in it."""
    rights = "user few on >test ~* &* +@all -@scripting -zrange -zrevrange -zrangebyscore -zrevrangebyscore -hmget"
    with EmbeddedServer(config=[rights]) as own:
        with Redis(port=own.port) as raw:
            fill(raw, "pay", "7")
        few = own.url.replace("://", "://few:test@")
        async with open_runtime(both(server.url, few, tmp_path), live=False) as runtime:
            query = parse("declined", NOW_MS)
            search = Search(runtime.finder, runtime.reader, runtime.clock, query, Scope((PAY, EU)))
            assert [match.ref async for step in search.steps() for match in step.matches] == [EU, EU]
            grouping = Grouping(runtime.finder, runtime.clock, [PAY, EU])
            async for _ in grouping.steps():
                pass
            assert [group.count for group in grouping.groups()] == [2]
            for (problem,) in (search.problems, grouping.problems):
                assert problem.startswith("us was not looked through: The Redis user may not do this")
            alone = Search(runtime.finder, runtime.reader, runtime.clock, query, Scope((PAY,)))
            with pytest.raises(NotAllowedError):
                [match async for step in alone.steps() for match in step.matches]


async def test_where_none_answers_it_is_an_error(tmp_path: Path) -> None:
    async with open_runtime(both("redis://127.0.0.1:1", "redis://127.0.0.1:2", tmp_path), live=False) as runtime:
        with pytest.raises(UnreachableError):
            await find_queues(runtime.reader, ("bull",), ())
        with pytest.raises(UnreachableError):
            await overview(runtime.reader, runtime.clock, ("bull",), ())


async def test_an_index_knows_the_server_by_its_address(settings: Settings) -> None:
    async with open_runtime(settings) as runtime:
        assert runtime.indexes.at(EU).ref == EU
        assert runtime.indexes.all() == []


async def test_a_preview_of_several_servers_says_what_is_not_kept(settings: Settings) -> None:
    fleet = (settings.fleet[0], replace(settings.fleet[1], redact=("data.order",)))
    picked = Picked((Jobs(EU, ("2",), JobState.FAILED), Jobs(US, ("1",), JobState.FAILED)))
    async with open_runtime(replace(settings, fleet=fleet)) as runtime:
        preview = await runtime.runner.preview(Request(actions.Remove(), picked))
    assert preview.warnings == ("1 of these cannot be undone: `redact` forbids to keep their data.",)
    async with open_runtime(replace(settings, fleet=(replace(fleet[0], redact=("data.order",)), fleet[1]))) as runtime:
        preview = await runtime.runner.preview(Request(actions.Remove(), picked))
    assert preview.warnings == ("None of these can be undone: `redact` forbids to keep their data.",)
    assert not preview.undoable
    assert not any("undone" in line for line in preview.lines)


async def test_nothing_is_done_to_a_queue_of_which_nobody_says_where_it_is(settings: Settings, eu: Redis) -> None:
    nowhere = Jobs(replace(EU, server=""), ("1",), JobState.FAILED)
    async with open_runtime(settings) as runtime:
        for call in (runtime.runner.preview, runtime.runner.run):
            with pytest.raises(NotFoundError, match="not said of which server"):
                await call(Request(actions.Remove(), nowhere))
    assert eu.exists("bull:mail:1")
