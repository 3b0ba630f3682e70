"""The history is written and alerts are looked for beside the screen, and never in its way."""

import logging

import pytest

from bulltui.config.settings import Settings
from bulltui.config.watching import Watching
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.tui.app import BulltuiApp
from bulltui.tui.run import frame
from tests.fake_watch import FakeWatch
from tests.tui.fakes import FakeRuntime, shop, stage, until


class Failing(FakeWatch):
    """Fails when it runs for the first time, or each time with a sentence."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.raises = error

    async def run(self) -> None:
        if self.runs == 0 or isinstance(self.raises, BulltuiError):
            self.runs += 1
            raise self.raises
        await super().run()


async def test_it_runs_beside_the_screen_and_what_goes_wrong_is_said_once() -> None:
    async with stage(shop()) as on:
        watch = on.runtime.watch
        await until(on.pilot, lambda: watch.runs == 1, "it did not begin")
        watch.problems = ("The history cannot be written: the disk is full. \x1b[31m",)
        await on.publish()
        await on.publish()
        said = [one.text for one in on.app.said]
        assert [text for text in said if "disk is full" in text] == [said[-1]]
        assert "\x1b" not in said[-1]
        watch.problems = ()
        await on.publish()
        watch.problems = ("The history cannot be written: the disk is full.",)
        await on.publish()
        assert len([one for one in on.app.said if "disk is full" in one.text]) == 2


@pytest.mark.parametrize(
    ("error", "says"), [(BulltuiError("No way.", hint="Go."), "No way. Go."), (OSError("x"), "OSError")]
)
async def test_it_never_ends_the_screen(error: Exception, says: str, caplog: pytest.LogCaptureFixture) -> None:
    runtime = FakeRuntime(shop())
    runtime.watch = Failing(error)
    app = BulltuiApp(runtime)
    with caplog.at_level(logging.CRITICAL):
        async with app.run_test(size=(80, 24)) as pilot:
            runtime.publish()
            await until(pilot, lambda: any(says in one.text for one in app.said), "it was not said")
            await pilot.press("j")
            assert app.is_running


async def test_what_the_environment_lacks_is_said() -> None:
    lack = UsageError("The environment has no variable HOOK.", hint="Set it.")
    async with stage(shop(), settings=Settings(watching=Watching(missing=(lack,)))) as on:
        await until(on.pilot, lambda: any("HOOK" in one.text for one in on.app.said), "it was not said")


async def test_a_picture_watches_nothing() -> None:
    runtime = FakeRuntime(shop())
    runtime.publish()
    await frame(runtime, width=80, height=24, svg=False)
    assert runtime.watch.runs == 0


async def test_a_warning_is_said_at_once() -> None:
    runtime = FakeRuntime(shop())
    app = BulltuiApp(runtime, warning="Everybody may read the metrics.")
    async with app.run_test(size=(80, 24)) as pilot:
        runtime.publish()
        await until(pilot, lambda: any("Everybody" in one.text for one in app.said), "it was not said")
