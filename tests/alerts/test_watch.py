"""Alerts are looked for, written down and told, with a real file and a clock that the test sets."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulltui.domain.alert import Alert, Delivery, Mute, Phase, Rule, Severity, Watched
from bulltui.domain.errors import BulltuiError
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.history.alert_store import AlertFolder
from bulltui.services.watch.alert_board import Alerts, OfServer
from bulltui.services.watch.alerts import AlertWatch
from bulltui.services.watch.outlets import NotSentError, Outlet
from bulltui.services.watch.telling import Pace
from tests.alerts.support import MAIL, MANY_FAIL, NOW, PAYMENTS, Clock, Ear, Running, recent, row, snapshot, until
from tests.fake_watch import FakeRecent

SERVER = "cache:6379/0"
QUICK = Pace(group_s=0, again_s=0.01, longest_s=0.05, eager_s=0)


class Desk:
    """A watch on a folder, and a board beside it, as another process has one."""

    def __init__(self, folder: Path, rules: Sequence[Rule], outlets: Sequence[Outlet], seen: FakeRecent, **given: Any):
        self.clock: Clock = given.pop("clock", None) or Clock()
        self.store = AlertFolder(folder)
        given.setdefault("pace", QUICK)
        self.watch = AlertWatch(self.store, rules, outlets, seen, self.clock, server=SERVER, look_s=0.005, **given)
        self.board = Alerts([OfServer(AlertFolder(folder), SERVER)], rules, outlets, self.clock)
        self._engine_looks = 0

    async def see(self, made: Callable[[int], Snapshot], *, after_s: float = 0.0) -> None:
        """Has a refresh looked at, so long after the last one."""
        self.clock.now += round(after_s * 1000)
        self.watch.tell(made(self.clock.now))
        await until(lambda: self.watch.leads)
        before = self.watch.looks
        await until(lambda: self.watch.looks > before + 1)

    async def settled(self) -> list[Delivery]:
        """What became of all deliveries, once none waits."""
        end = asyncio.get_running_loop().time() + 8
        while True:
            found = await self.board.deliveries()
            if found and all(one.state != "waiting" for one in found):
                return found
            assert asyncio.get_running_loop().time() < end, "something still waits"
            await asyncio.sleep(0.005)

    async def firing(self) -> list[Alert]:
        return [one for one in await self.board.alerts() if one.phase is Phase.FIRING]


@asynccontextmanager
async def desk(
    folder: Path,
    *rules: Rule,
    outlets: Sequence[Outlet] = (),
    seen: FakeRecent | None = None,
    **given: Any,
) -> AsyncIterator[Desk]:
    made = Desk(folder, rules or (MANY_FAIL,), outlets, seen or recent(), **given)
    running = asyncio.create_task(made.watch.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait((running,))


def failing(many: int) -> Callable[[int], Snapshot]:
    return lambda at: snapshot(row(failed=many), row(MAIL), at=at)


async def test_it_fires_is_told_ends_and_is_told_once_each(tmp_path: Path) -> None:
    ear = Ear()
    async with desk(tmp_path, outlets=[ear.outlet()]) as here:
        await here.see(failing(100))
        assert await here.board.alerts() == []
        await here.see(failing(1204), after_s=2)
        (alert,) = await here.firing()
        assert (alert.ref, alert.value, alert.text) == (PAYMENTS, 1204, "payments: 1,204 failed jobs, more than 100.")
        await until(lambda: len(ear.told) == 1)
        for _ in range(5):
            await here.see(failing(1204), after_s=2)
        await here.see(failing(3), after_s=2)
        await until(lambda: len(ear.told) == 2)
        assert ear.told == [f"{alert.id}-firing", f"{alert.id}-resolved"]
        await here.settled()
        assert await here.board.alerts() == []
        (over,) = await here.board.past()
        assert (over.id, over.value) == (alert.id, 1204)
        assert over.text == "payments: in order again with 3 failed jobs; it lasted 12s, at worst 1,204 jobs."
        told = await here.board.deliveries()
        assert [(one.phase, one.state, one.tries) for one in told] == [
            (Phase.RESOLVED, "sent", 1),
            (Phase.FIRING, "sent", 1),
        ]


async def test_a_restart_tells_nothing_again(tmp_path: Path) -> None:
    ear = Ear()
    for many in (500, 600, 700):
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            await here.see(failing(many))
            (alert,) = await here.firing()
            assert alert.value >= 500
            await until(lambda: len(ear.told) == 1)
            await asyncio.sleep(0.03)
    assert len(ear.told) == 1
    async with desk(tmp_path, outlets=[ear.outlet()], clock=Clock(NOW + 86_400_000)) as here:
        await here.see(failing(0))
        await until(lambda: len(ear.told) == 2)
    assert ear.phases == ["many-fail firing", "many-fail resolved"]


async def test_what_is_pending_goes_on_over_a_short_restart(tmp_path: Path) -> None:
    rule = replace(MANY_FAIL, for_s=60)
    async with desk(tmp_path, rule) as here:
        await here.see(failing(500))
        await here.see(failing(500), after_s=30)
        (pending,) = await here.board.alerts()
        assert pending.phase is Phase.PENDING
    async with desk(tmp_path, rule, clock=Clock(NOW + 61_000)) as here:
        await here.see(failing(500))
        (alert,) = await here.firing()
        assert alert.id == pending.id


async def test_a_queue_that_is_gone_ends_its_alert(tmp_path: Path) -> None:
    ear = Ear()
    async with desk(tmp_path, outlets=[ear.outlet()]) as here:
        await here.see(failing(500))
        await here.see(lambda at: snapshot(row(MAIL), at=at), after_s=2)
        assert len(await here.firing()) == 1
        await here.see(lambda at: snapshot(row(MAIL), at=at), after_s=30)
        assert await here.firing() == []
        await until(lambda: len(ear.told) == 2)
    assert "the queue is gone" in ear.heard[1].text


async def test_what_this_run_does_not_look_at_stays(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.see(failing(500))
    async with desk(tmp_path, selects=lambda ref: ref == MAIL, clock=Clock(NOW + 60_000)) as here:
        await here.see(lambda at: snapshot(row(MAIL), at=at))
        await here.see(lambda at: snapshot(row(MAIL), at=at), after_s=60)
        assert len(await here.firing()) == 1


async def test_a_rule_that_is_gone_ends_its_alerts(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.see(failing(500))
    other = Rule("other", Watched.BACKLOG, 1)
    async with desk(tmp_path, other) as here:
        await here.see(failing(500))
        (over,) = await here.board.past()
        assert "no rule is about it any more" in over.text


async def test_while_a_server_is_away_its_queues_alerts_stay_and_it_says_since_when(tmp_path: Path) -> None:
    away = Rule("unreachable", Watched.UNREACHABLE, for_s=30, clear_s=0)
    async with desk(tmp_path, MANY_FAIL, away) as here:
        await here.see(failing(500))
        seen = here.clock.now

        def gone(at: int) -> Snapshot:
            return replace(
                snapshot(row(failed=0), at=at, link=Link.OFFLINE, message="Nothing listens there."), taken_at=seen
            )

        for _ in range(5):
            await here.see(gone, after_s=10)
        by_rule = {one.rule: one for one in await here.firing()}
        assert set(by_rule) == {"many-fail", "unreachable"}
        assert by_rule["many-fail"].seen_ms == seen
        assert by_rule["unreachable"].text == f"{SERVER}: it does not answer for 30 s: Nothing listens there."
        await here.see(failing(500), after_s=2)
        assert [one.rule for one in await here.firing()] == ["many-fail"]


async def test_flapping_does_not_flood(tmp_path: Path) -> None:
    ear = Ear()
    async with desk(tmp_path, outlets=[ear.outlet()]) as here:
        for number in range(60):
            await here.see(failing(500 if number % 2 else 0), after_s=2)
        assert "It comes and goes." in (await here.firing())[0].text
    assert len(ear.told) <= 3


class TestMutes:
    async def test_nobody_is_told_while_it_is_muted_and_once_when_that_ends(self, tmp_path: Path) -> None:
        ear = Ear()
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            await here.see(failing(0))
            mute = await here.board.mute(Mute(0, "many-*", "pay*", NOW, NOW + 60_000, by="me", why="I know"))
            await here.see(failing(500), after_s=2)
            (alert,) = await here.firing()
            assert alert.muted == mute.number == 1
            await here.see(failing(500), after_s=10)
            assert ear.told == []
        async with desk(tmp_path, outlets=[ear.outlet()], clock=Clock(NOW + 20_000)) as here:
            await here.see(failing(500))
            assert ear.told == []  # it holds over a restart
            assert [one.number for one in await here.board.mutes()] == [1]
            await here.see(failing(500), after_s=50)
            await until(lambda: ear.told)
            assert await here.board.mutes() == []
            await here.see(failing(0), after_s=2)
            await until(lambda: len(ear.told) == 2)
        assert ear.told == [f"{alert.id}-firing", f"{alert.id}-resolved"]

    async def test_what_nobody_was_told_of_is_not_told_to_be_over(self, tmp_path: Path) -> None:
        ear = Ear()
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            await here.see(failing(0))
            await here.board.mute(Mute(0))
            await here.see(failing(500), after_s=2)
            await here.see(failing(0), after_s=2)
            assert len(await here.board.past()) == 1
            assert await here.board.unmute(1)
            await here.see(failing(0), after_s=2)
        assert ear.told == []

    async def test_until_what_fires_has_ended(self, tmp_path: Path) -> None:
        ear = Ear()
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            await here.see(failing(500))
            await until(lambda: ear.told)
            mute = await here.board.mute(Mute(0, until_resolved=True))
            await here.see(failing(501), after_s=2)
            assert (await here.firing())[0].muted == mute.number
            await here.see(failing(0), after_s=2)
            assert await here.board.mutes() == []
            await until(lambda: len(ear.told) == 2)  # it was told to fire, and is over
            await here.see(failing(500), after_s=7200)
            await until(lambda: len(ear.told) == 3)
            assert (await here.firing())[0].muted == 0

    async def test_that_it_is_over_is_told_when_the_mute_ends(self, tmp_path: Path) -> None:
        ear = Ear()
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            await here.see(failing(500))
            await until(lambda: ear.told)
            await here.board.mute(Mute(0, until_ms=here.clock.now + 60_000))
            await here.see(failing(0), after_s=2)
            assert len(ear.told) == 1
        async with desk(tmp_path, outlets=[ear.outlet()], clock=Clock(NOW + 120_000)) as here:
            await here.see(failing(0))
            await until(lambda: len(ear.told) == 2)

    async def test_globs(self, tmp_path: Path) -> None:
        async with desk(tmp_path) as here:
            await here.see(lambda at: snapshot(row(failed=500), row(MAIL, failed=500), at=at))
            for mute in (Mute(0, subjects="mail"), Mute(0, "other"), Mute(0, subjects=f"{SERVER}/nothing")):
                await here.board.mute(mute)
            muted = {one.subject: one.muted for one in await here.firing()}
            assert muted == {"payments": 0, "mail": 1}
            assert [one.number for one in await here.board.mutes()] == [1, 2, 3]
            assert not await here.board.unmute(9)


class TestTelling:
    async def test_what_happens_together_is_told_together(self, tmp_path: Path) -> None:
        ear = Ear()
        pace = replace(QUICK, group_s=10)
        rules = (MANY_FAIL, Rule("some-fail", Watched.FAILED, 10, for_s=0, severity=Severity.CRITICAL))
        async with desk(tmp_path, *rules, outlets=[ear.outlet()], pace=pace) as here:
            await here.see(lambda at: snapshot(row(failed=500), at=at))
            await here.see(lambda at: snapshot(row(failed=500), row(MAIL, failed=500), at=at), after_s=5)
            assert ear.heard == []
            here.clock.now += 6000
            here.watch.nudge()
            await until(lambda: ear.heard)
            await asyncio.sleep(0.02)
        (message,) = ear.heard
        assert len(message.transitions) == 4
        assert message.title == f"CRITICAL {SERVER}: 4 firing"
        assert message.text.splitlines()[0] == "payments: 500 failed jobs, more than 10."

    async def test_one_who_fails_is_told_later_by_the_same_id(self, tmp_path: Path) -> None:
        ear = Ear(answers=[NotSentError("down"), NotSentError("down")])
        async with desk(tmp_path, outlets=[ear.outlet()], clock=Running()) as here:
            await here.see(failing(500))
            await until(lambda: here.watch.problems)
            assert here.watch.problems == ("ear: down",)
            (told,) = await here.settled()
            assert (told.state, told.tries, told.problem) == ("sent", 3, "")
        assert len({one.id for one in ear.heard}) == 1

    async def test_new_alerts_have_it_tried_at_once_unless_it_said_when(self, tmp_path: Path) -> None:
        pace = replace(QUICK, again_s=3600, longest_s=7200)
        for number, (after_s, tries) in enumerate(((0.0, 2), (600.0, 1))):
            ear = Ear(answers=[NotSentError("busy", after_s=after_s)])
            async with desk(tmp_path / str(number), outlets=[ear.outlet()], pace=pace, clock=Running()) as here:
                await here.see(failing(500))
                await until(lambda: here.watch.problems)
                await here.see(lambda at: snapshot(row(failed=500), row(MAIL, failed=500), at=at), after_s=2)
                heard = tries + (tries > 1)
                if heard > 1:
                    await until(lambda ear=ear, heard=heard: len(ear.heard) >= heard)  # type: ignore[misc]
                await asyncio.sleep(0.05)
                assert [len(one.transitions) for one in ear.heard] == [1] * heard

    async def test_one_who_hangs_holds_up_nobody_else(self, tmp_path: Path) -> None:
        free = threading.Event()

        def hang(message: object) -> None:
            free.wait(5)

        slow = Outlet("slow", "command", hang, timeout_s=30)
        ear = Ear()
        try:
            async with desk(tmp_path, outlets=[slow, ear.outlet()]) as here:
                await here.see(failing(500))
                await until(lambda: ear.told)
                await here.see(failing(0), after_s=2)
                await until(lambda: len(ear.told) == 2)
        finally:
            free.set()

    async def test_what_is_refused_again_and_again_is_given_up(self, tmp_path: Path) -> None:
        ear = Ear(answers=[NotSentError("400", refused=True)] * 5)
        async with desk(tmp_path, outlets=[ear.outlet()], clock=Running()) as here:
            await here.see(failing(500))
            (told,) = await here.settled()
            assert len(ear.heard) == 5
            assert (told.state, told.tries, told.problem) == ("given-up", 5, "400")
            await here.see(failing(0), after_s=2)
            await until(lambda: len(ear.heard) == 6)

    async def test_no_more_than_so_many_messages_a_minute_and_the_rest_together(self, tmp_path: Path) -> None:
        ear = Ear()
        names = [f"r{number}" for number in range(8)]
        rules = [Rule(name, Watched.FAILED, 100 * number, for_s=0, clear_s=0) for number, name in enumerate(names)]
        async with desk(tmp_path, *rules, outlets=[ear.outlet(per_minute=2)]) as here:
            for many in range(50, 850, 100):
                await here.see(failing(many), after_s=2)
                await asyncio.sleep(0.01)
            assert len(ear.heard) == 2
            here.clock.now += 61_000
            here.watch.nudge()
            await until(lambda: len(ear.told) == 8)
        assert [len(one.transitions) for one in ear.heard] == [1, 1, 6]

    async def test_what_could_not_be_told_for_long_is_summed_up(self, tmp_path: Path) -> None:
        down = Ear(answers=[NotSentError("down")])
        pace = replace(QUICK, again_s=36_000, longest_s=36_000, eager_s=36_000)
        async with desk(tmp_path, outlets=[down.outlet()], pace=pace) as here:
            await here.see(failing(500))
            await until(lambda: down.heard)
            for many in (0, 500, 0):
                await here.see(failing(many), after_s=2000)
        up = Ear()
        async with desk(tmp_path, outlets=[up.outlet()], pace=QUICK, clock=Clock(NOW + 12 * 3_600_000)) as here:
            await here.see(lambda at: snapshot(row(), row(MAIL, failed=500), at=at))
            await until(lambda: len(up.told) == 5)
        assert up.heard[0].id == down.heard[0].id  # nobody knows whether it arrived
        rest = up.heard[1]
        assert [one.alert.phase.value for one in rest.transitions] == ["resolved", "firing", "resolved", "firing"]
        assert "1 alert began and ended meanwhile." in rest.text
        assert rest.text.splitlines()[0].startswith("mail: 500 failed jobs")
        assert "could not be told before" in rest.text

    async def test_only_those_are_told_who_are_meant(self, tmp_path: Path) -> None:
        ears = {name: Ear() for name in ("all", "named", "critical", "none")}
        outlets = [
            ears["all"].outlet("all"),
            ears["named"].outlet("named"),
            ears["critical"].outlet("critical", severities=frozenset((Severity.CRITICAL,))),
        ]
        rules = (replace(MANY_FAIL, to=("named",)), Rule("backlog", Watched.BACKLOG, 1, for_s=0))
        async with desk(tmp_path, *rules, outlets=outlets) as here:
            await here.see(lambda at: snapshot(row(failed=500, waiting=5), at=at))
            await until(lambda: len(ears["named"].told) == 2)
        assert ears["all"].phases == ["backlog firing"]
        assert ears["critical"].told == []

    async def test_a_fault_of_ours_in_a_way_is_told_and_tried_again(self, tmp_path: Path) -> None:
        calls: list[int] = []

        def send(message: object) -> None:
            calls.append(1)
            raise RuntimeError("oops")

        async with desk(tmp_path, outlets=[Outlet("bad", "webhook", send)]) as here:
            await here.see(failing(500))
            await until(lambda: here.watch.problems)
            assert here.watch.problems == ("bad: It failed in an unexpected way: RuntimeError: oops.",)

    async def test_a_trial_says_what_became_of_it(self, tmp_path: Path) -> None:
        good, bad = Ear(), Ear(answers=[NotSentError("down")])
        board = Alerts([OfServer(AlertFolder(tmp_path), SERVER)], (), [good.outlet("good"), bad.outlet("bad")], Clock())
        told = {one.way: (one.state, one.problem) for one in await board.test()}
        assert told == {"good": ("sent", ""), "bad": ("given-up", "down")}
        assert [one.way for one in await board.test("good")] == ["good"]
        with pytest.raises(BulltuiError, match="no way of delivery nothing"):
            await board.test("nothing")
        assert all(one.trial for one in good.heard)


class TestFile:
    async def test_one_process_looks_and_the_next_takes_over(self, tmp_path: Path) -> None:
        first, second = Ear(), Ear()
        async with desk(tmp_path, outlets=[first.outlet()]) as here:
            await here.see(failing(500))
            async with desk(tmp_path, outlets=[second.outlet()], clock=here.clock) as other:
                other.watch.tell(failing(500)(NOW))
                await asyncio.sleep(0.05)
                assert not other.watch.leads
                assert [one.rule for one in await other.board.alerts()] == ["many-fail"]
        async with desk(tmp_path, outlets=[second.outlet()]) as other:
            await other.see(failing(0))
        assert first.phases == ["many-fail firing"]
        assert second.phases in ([], ["many-fail resolved"])

    async def test_a_damaged_file_is_set_aside_and_told(self, tmp_path: Path) -> None:
        (tmp_path / "alerts.db").write_bytes(b"nothing of ours" * 1000)
        (tmp_path / "alerts.db").chmod(0o600)
        async with desk(tmp_path) as here:
            await here.see(failing(500))
            assert len(await here.firing()) == 1
            assert "was damaged and begins anew" in here.watch.problems[0]
        assert list(tmp_path.glob("alerts.db.damaged-*"))

    async def test_a_file_that_is_taken_away_is_begun_anew(self, tmp_path: Path) -> None:
        made = Desk(tmp_path, (MANY_FAIL,), (), recent())
        for _ in range(2):
            running = asyncio.create_task(made.watch.run())
            await made.see(failing(500))
            assert len(await made.firing()) == 1
            (tmp_path / "alerts.db").unlink()
            with pytest.raises(ExceptionGroup, match="unhandled errors") as ended:
                await asyncio.wait_for(running, 8)
            assert "it was taken away" in str(ended.value.exceptions[0])

    async def test_a_row_that_means_nothing_is_set_aside_with_its_file(self, tmp_path: Path) -> None:
        async with desk(tmp_path) as here:
            await here.see(failing(500))
        other = sqlite3.connect(tmp_path / "alerts.db")
        other.execute("UPDATE alerts SET whole = '{}'")
        other.commit()
        other.close()
        async with desk(tmp_path) as here:
            await here.see(failing(500))
            assert len(await here.firing()) == 1
            assert "begins anew" in here.watch.problems[0]

    async def test_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        async with desk(tmp_path / "there") as here:
            await here.see(failing(500))
            for path in (tmp_path / "there").iterdir():
                assert path.stat().st_mode & 0o077 == 0, path

    async def test_to_look_makes_nothing(self, tmp_path: Path) -> None:
        board = Alerts([OfServer(AlertFolder(tmp_path / "none"), SERVER)], (), (), Clock())
        assert not await board.alerts()
        assert not await board.past()
        assert not await board.mutes()
        assert not await board.deliveries()
        assert not await board.unmute(1)
        assert not (tmp_path / "none").exists()

    async def test_a_file_that_cannot_be_written_loses_no_transition(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ear = Ear()
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            await here.see(failing(0))

            async def full(changes: object) -> None:
                raise BulltuiError("Alerts cannot be written: the disk is full.")

            with monkeypatch.context() as patch:
                patch.setattr(here.store, "save", full)
                await here.see(failing(500), after_s=2)
                assert here.watch.problems[0].startswith("Alerts cannot be written")
                await here.see(failing(0), after_s=2)
            await here.see(failing(0), after_s=2)
            await until(lambda: len(ear.told) == 2 and not here.watch.problems)
        assert ear.phases == ["many-fail firing", "many-fail resolved"]

    async def test_what_was_sent_is_not_sent_again_where_that_could_not_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ear = Ear()
        failed: list[int] = []
        async with desk(tmp_path, outlets=[ear.outlet()]) as here:
            outcome = here.store.outcome

            async def full(*args: Any, **given: Any) -> None:
                if len(failed) < 3:
                    failed.append(1)
                    raise BulltuiError("Alerts cannot be written: the disk is full.")
                await outcome(*args, **given)

            monkeypatch.setattr(here.store, "outcome", full)
            await here.see(failing(500))
            (told,) = await here.settled()
            assert (told.state, told.tries) == ("sent", 1)
        assert len(failed) == 3
        assert len(ear.heard) == 1

    async def test_servers_have_labels_and_one_list(self, tmp_path: Path) -> None:
        for name in ("eu", "us"):
            async with desk(tmp_path / name) as here:
                await here.see(failing(500))
        servers = [OfServer(AlertFolder(tmp_path / name), name, name) for name in ("eu", "us")]
        board = Alerts(servers, (), (), Clock())
        assert [(one.subject, one.text.partition(":")[0]) for one in await board.alerts()] == [
            ("eu/payments", "eu/payments"),
            ("us/payments", "us/payments"),
        ]
        await board.mute(Mute(0, subjects="eu/*"))
        assert [one.muted for one in await board.alerts()] == [1, 0]
        assert [one.number for one in await board.mutes()] == [1]
        assert await board.unmute(1)
        assert await board.mutes() == []

    async def test_too_many_that_ended_are_dropped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from bulltui.history import alert_file

        monkeypatch.setattr(alert_file, "KEPT", 3)
        async with desk(tmp_path, outlets=[Ear().outlet()]) as here:
            for _ in range(5):
                await here.see(failing(500), after_s=7200)
                await here.see(failing(0), after_s=2)
            kept = await here.board.past()
            file = alert_file.AlertFile(tmp_path / "alerts.db")
            file.prune(here.clock.now)
            assert [one.id for one in await here.board.past()] == [one.id for one in kept[:3]]
            assert len(await here.board.deliveries()) == 6
            file.prune(here.clock.now + 91 * 86_400_000)
            assert not await here.board.past()
            assert not await here.board.deliveries()
            file.close()


async def test_what_cannot_be_had_is_told_as_long_as_it_is_so(tmp_path: Path) -> None:
    async with desk(tmp_path, lacks=["The environment has no variable HOOK."]) as here:
        await here.see(failing(0))
        assert here.watch.problems == ("The environment has no variable HOOK.",)


async def test_memory_and_eviction_policy(tmp_path: Path) -> None:
    rules = (Rule("memory", Watched.MEMORY, 90, for_s=0, clear_s=0), Rule("policy", Watched.EVICTION_POLICY, for_s=0))
    async with desk(tmp_path, *rules) as here:
        info = ServerInfo(memory_policy="allkeys-lru", used_memory=95, max_memory=100)
        await here.see(lambda at: snapshot(at=at, server=info))
        texts = {one.rule: one.text for one in await here.firing()}
        assert texts == {
            "memory": f"{SERVER}: 95 % of its memory is used, more than 90 %.",
            "policy": f"{SERVER}: the eviction policy is allkeys-lru, so jobs may be lost; BullMQ needs noeviction.",
        }
