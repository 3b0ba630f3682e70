"""Actions that cannot be done now: the server is away, or the role does not allow them."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.actions import BY_NAME
from bulltui.domain.errors import UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.domain.roles import OPERATOR, VIEWER, Role
from bulltui.domain.snapshot import Snapshot
from bulltui.tui.acts.choices import CHOICES
from bulltui.tui.acts.verbs import verbs_of
from bulltui.tui.panes.footer import active_hints
from bulltui.tui.screens.again import AgainScreen
from bulltui.tui.screens.confirm import ConfirmScreen
from bulltui.tui.screens.form import FormScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.palette import possible
from tests.tui.fake_runner import FakeRunner
from tests.tui.fake_servers import away, state
from tests.tui.fakes import FakeRuntime, Stage, shop, stage


def toasts(on: Stage) -> str:
    """What was said in passing."""
    return " ".join(" ".join(one.message.split()) for one in on.app._notifications)


async def back(on: Stage) -> None:
    """The server answers again."""
    on.runtime.reader.error = None
    on.runtime.clock.now += 5_000
    await on.publish()


class TestAway:
    async def test_a_key_answers_at_once_and_nothing_is_begun(self) -> None:
        async with stage(shop()) as on:
            on.runtime.go_offline()
            await on.press("R")
            assert isinstance(on.app.screen, MainScreen)
            assert "Not now: offline since" in toasts(on)
            assert "Connection refused; next try in 3s." in toasts(on)
            assert not on.runtime.runner.previewed

    async def test_it_is_asked_again_on_return_and_only_then_confirmed(self) -> None:
        async with stage(shop()) as on:
            on.runtime.go_offline()
            await on.press("R")
            await on.publish(replace(on.runtime.bus.last, seq=99))
            assert isinstance(on.app.screen, MainScreen)
            await back(on)
            assert isinstance(on.app.screen, AgainScreen)
            assert "retry-all: failed jobs of payments" in on.text
            await on.press("enter")
            assert isinstance(on.app.screen, ConfirmScreen)
            assert not on.runtime.runner.ran
            await on.press("right", "enter")
            assert len(on.runtime.runner.ran) == 1

    async def test_esc_forgets_it(self) -> None:
        async with stage(shop()) as on:
            on.runtime.go_offline()
            await on.press("R")
            await back(on)
            await on.press("escape")
            await back(on)
            assert isinstance(on.app.screen, MainScreen)
            assert not on.runtime.runner.previewed

    async def test_marks_stay_and_are_what_is_asked_for_again(self) -> None:
        async with stage(shop()) as on:
            await on.press("enter", "space", "space", "space")
            on.runtime.go_offline()
            await on.press("r")
            assert "3 marked" in on.text
            await back(on)
            assert "retry: 3 jobs of payments" in on.text
            await on.press("enter", "right", "enter")
            assert len(on.runtime.runner.ran[0].target.ids) == 3  # type: ignore[union-attr]

    async def test_who_types_is_not_interrupted(self) -> None:
        async with stage(shop()) as on:
            on.runtime.go_offline()
            await on.press("R", "slash")
            await on.type("pay")
            await back(on)
            assert isinstance(on.app.screen, MainScreen)
            await on.press("escape")
            await back(on)
            assert isinstance(on.app.screen, AgainScreen)

    async def test_another_action_takes_its_place(self) -> None:
        async with stage(shop()) as on:
            on.runtime.go_offline()
            await on.press("R", "D")
            await back(on)
            assert "Drain payments" in on.text
            await on.press("enter")
            assert isinstance(on.app.screen, FormScreen)

    async def test_it_goes_away_while_it_is_looked_at(self) -> None:
        async with stage(shop()) as on:
            on.runtime.runner.refused = UnreachableError("It did not answer.")
            await on.press("R")
            assert isinstance(on.app.screen, ConfirmScreen)
            assert "It did not answer." in on.text
            await on.press("escape")
            on.runtime.runner.refused = None
            await back(on)
            assert isinstance(on.app.screen, AgainScreen)

    async def test_of_several_servers_only_the_one_that_is_away_refuses(self) -> None:
        async with stage(shop(), settings=Settings(fleet=(Settings(label="eu"), Settings(label="us")))) as on:
            await on.publish(fleet(on.runtime))
            await on.press("home")
            assert on.app.screen.query_one("QueuePane").highlighted.server == "us"  # type: ignore[attr-defined]
            await on.press("R")
            assert "Not now: us is offline since" in toasts(on)
            await on.press("down", "P")
            assert isinstance(on.app.screen, ConfirmScreen)


def fleet(runtime: FakeRuntime) -> Snapshot:
    """`payments` is on a server that is away, all others on one that answers."""
    told = runtime.snapshot()
    rows = tuple(
        replace(
            row, queue=replace(row.queue, ref=replace(row.ref, server="us" if row.ref.name == "payments" else "eu"))
        )
        for row in told.rows
    )
    gone = away("us", taken_at=told.taken_at - 252_000)
    return replace(told, rows=rows, servers=(state("eu"), gone), health=gone.health)


class RoleRunner(FakeRunner):
    """As the real one: a role decides."""

    role = OPERATOR

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        return self.role.allows(verb, refs)


class TestRole:
    @staticmethod
    async def limited(on: Stage, role: Role) -> None:
        runner = RoleRunner()
        runner.role = role
        runner.refusal = role.refusal
        on.app.acting.desk.runner = runner
        on.runtime.runner = runner
        await on.publish()
        on.app.screen.refresh_bindings()
        await on.settle()

    async def test_keys_of_what_it_does_not_allow_are_not_shown_and_say_why(self) -> None:
        async with stage(shop(), settings=Settings(role=OPERATOR)) as on:
            await self.limited(on, OPERATOR)
            await on.press("enter")
            shown = {hint.id for hint in active_hints(on.app.screen)}
            offered = {command.id for command in possible(on.app.screen)}
            assert "retry" in shown
            assert not {"remove", "drain", "obliterate", "clean"} & (shown | offered)
            await on.press("x")
            assert isinstance(on.app.screen, MainScreen)
            assert "The role operator does not allow `remove`." in toasts(on)
            assert "It allows retry" in toasts(on)

    async def test_queues_outside_of_it(self) -> None:
        role = Role("mailer", frozenset({"retry", "pause", "resume"}), ("mail*",))
        async with stage(shop(), settings=Settings(role=role)) as on:
            await self.limited(on, role)
            assert "retry-all" not in {hint.id for hint in active_hints(on.app.screen)}
            await on.press("R")
            assert "The role mailer does nothing to payments." in toasts(on)
            await on.press("slash")
            await on.type("mail:bulk")
            await on.press("enter", "P")
            assert isinstance(on.app.screen, ConfirmScreen)

    @pytest.mark.parametrize("key", ["R", "full_stop", "u", "U"])
    async def test_who_only_looks_is_told_so(self, key: str) -> None:
        async with stage(shop(), settings=Settings(role=VIEWER)) as on:
            await self.limited(on, VIEWER)
            await on.press(key)
            assert isinstance(on.app.screen, MainScreen)
            assert "Nothing can be changed: the role viewer changes nothing." in toasts(on)

    def test_each_action_of_the_screen_is_one_of_the_runner(self) -> None:
        for name in CHOICES:
            assert verbs_of(name), name
            assert set(verbs_of(name)) <= set(BY_NAME), name
