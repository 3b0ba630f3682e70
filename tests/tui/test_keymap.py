"""Keys come from the registry and can be given others."""

import pytest
from textual.binding import Binding

from bulltui.domain.registry import ACTIONS, BY_ID
from bulltui.tui import keymap
from bulltui.tui.acts.choices import CHOICES
from bulltui.tui.app import BulltuiApp
from bulltui.tui.panes.detail_pane import DetailPane
from bulltui.tui.panes.footer import Hint, fitting
from bulltui.tui.panes.job_pane import JobPane
from bulltui.tui.panes.queue_pane import QueuePane
from bulltui.tui.present.keys import key_lines, legend_lines
from bulltui.tui.present.line import pieces
from bulltui.tui.screens.acting_screen import ActingScreen
from bulltui.tui.screens.alerts import AlertsScreen
from bulltui.tui.screens.charts import ChartsScreen
from bulltui.tui.screens.errors import ErrorsScreen
from bulltui.tui.screens.events import EventsScreen
from bulltui.tui.screens.find import FindScreen
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.schedulers import SchedulersScreen
from bulltui.tui.screens.travelling import TravellingScreen
from bulltui.tui.widgets.cells import width_of
from bulltui.tui.widgets.live_table import LiveTable
from tests.tui.fakes import shop, stage

HOLDERS = (
    *(BulltuiApp, ActingScreen, LeadingScreen, MainScreen, JobScreen, SchedulersScreen),
    *(QueuePane, JobPane, DetailPane, ErrorsScreen, EventsScreen, FindScreen, AlertsScreen),
    *(ChartsScreen, TravellingScreen),
)


def test_every_action_of_the_registry_is_bound_somewhere() -> None:
    bound = {
        binding.id.rsplit("-", 1)[0] if binding.id.startswith("pick-") else binding.id
        for holder in (*HOLDERS, LiveTable)
        for binding in holder.BINDINGS
        if isinstance(binding, Binding) and binding.id
    }
    assert {action.id for action in ACTIONS if action.keys} <= bound


def test_what_has_no_key_is_in_the_menu() -> None:
    assert {action.id for action in ACTIONS if not action.keys} <= set(CHOICES)
    assert set(CHOICES) == set(keymap.ACTS)


def test_every_bound_action_can_be_done() -> None:
    for holder in (
        BulltuiApp,
        ActingScreen,
        LeadingScreen,
        MainScreen,
        JobScreen,
        SchedulersScreen,
        JobPane,
        DetailPane,
    ):
        for binding in holder.BINDINGS:
            assert isinstance(binding, Binding)
            assert hasattr(holder, "action_" + binding.action.partition("(")[0]), binding


def test_numbered_keys_say_which() -> None:
    first, *_, last = keymap.bindings("pick-state")
    assert isinstance(first, Binding)
    assert isinstance(last, Binding)
    assert (first.key, first.action, first.id) == ("1", "pick_state(1)", "pick-state-1")
    assert (last.key, last.id) == ("8", "pick-state-8")
    assert keymap.keys_text(BY_ID["pick-state"]) == "1..8"
    assert keymap.keys_text(BY_ID["palette"]) == ": or ctrl+p"


def test_help_names_every_action() -> None:
    text = "\n".join("".join(piece for piece, _ in pieces(line)) for line in key_lines(200))
    for action in ACTIONS:
        assert action.help in text


@pytest.mark.parametrize("width", [52, 72])
def test_help_is_folded_and_never_cut(width: int) -> None:
    lines = ["".join(piece for piece, _ in pieces(line)) for line in [*key_lines(width), *legend_lines(width)]]
    assert [line for line in lines if width_of(line) > width and line.startswith("  ")] == []
    # Behind the keys the words stand in order, however many lines they take.
    text = " ".join(" ".join(lines).split())
    assert BY_ID["server"].help in text


def test_the_footer_keeps_help_and_quit() -> None:
    hints = [Hint(name, name[0], name, name, None) for name in ("filter", "sort", "help", "quit")]  # type: ignore[arg-type]
    assert [hint.id for hint in fitting(hints, 80)] == ["filter", "sort", "help", "quit"]
    assert [hint.id for hint in fitting(hints, 30)] == ["filter", "help", "quit"]
    assert [hint.id for hint in fitting(hints, 10)] == ["help", "quit"]


async def test_a_key_can_be_given_to_another_action() -> None:
    async with stage(shop()) as on:
        on.app.set_keymap({"theme": "f5", "sort": "S,o"})
        await on.press("f5")
        assert on.app.theme == "bulltui-light"
        await on.press("o")
        assert "by waiting" in on.text
        assert "f5" not in on.lines[-1]
        assert "S sort" in on.lines[-1]
