"""The screen of alerts: what fires, history, mutes, rules, and what can be done about them."""

import asyncio
from dataclasses import replace
from unittest.mock import patch

import pytest

from bulltui.config.settings import Settings
from bulltui.config.watching import AlertSettings, Watching, Way
from bulltui.domain.alert import Alert, Delivery, Mute, Phase, Rule, Severity, Watched
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.tui.screens.alerts import AlertsScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.server import ServerScreen
from bulltui.tui.terminal import notification
from tests.tui.fakes import NOW, Stage, shop, stage, until
from tests.tui.support import save_picture

PAYMENTS, IMAGES = QueueRef("bull", "payments"), QueueRef("bull", "images")
SIZES = [(60, 16), (80, 24), (140, 40)]


def alert(name: str, ref: QueueRef | None = PAYMENTS, **changes: object) -> Alert:
    known = Alert(
        f"id-{name}",
        name,
        Watched.FAILED,
        Severity.CRITICAL,
        Phase.FIRING,
        ref,
        "127.0.0.1:6379",
        since_ms=NOW - 400_000,
        fired_ms=NOW - 252_000,
        value=1204,
        worst=1310,
        threshold=100,
        text="1,204 failed jobs, more than 100 for 2 min.",
    )
    return replace(known, **changes)  # type: ignore[arg-type]


MEMORY = alert(
    "memory",
    None,
    watched=Watched.MEMORY,
    severity=Severity.WARNING,
    value=91,
    worst=93,
    threshold=90,
    text="91 % of its memory is used, more than 90 % for 2 min.",
)
PENDING = alert("backlog", IMAGES, watched=Watched.BACKLOG, phase=Phase.PENDING, fired_ms=0, text="900 jobs wait.")
OVER = alert(
    "stalled", IMAGES, phase=Phase.RESOLVED, resolved_ms=NOW - 60_000, text="in order again; it lasted 5m 40s."
)
RULES = (
    Rule("failed", Watched.FAILED, 100, severity=Severity.CRITICAL, built_in=True),
    Rule("memory", Watched.MEMORY, 90, to=("oncall",)),
    Rule("no-workers", Watched.NO_WORKERS, queues=("mail.*",)),
)
TOLD = [
    Delivery("id-failed", Phase.FIRING, "oncall", "given-up", NOW - 60_000, 8, "connection refused"),
    Delivery("id-memory", Phase.FIRING, "slack", "sent", NOW - 200_000, 2),
]


def with_alerts(on: Stage) -> None:
    board = on.runtime.alerts
    board.now, board.ended, board.told, board.rules = [alert("failed"), MEMORY, PENDING], [OVER], list(TOLD), RULES


async def later(on: Stage, ms: int = 3000) -> None:
    """A refresh after some time."""
    on.runtime.clock.now += ms
    await on.publish()


@pytest.mark.parametrize("size", SIZES)
async def test_what_fires_is_seen_at_any_size(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        with_alerts(on)
        await later(on)
        await on.press("A")
        assert isinstance(on.app.screen, AlertsScreen)
        save_picture(on.app, f"alerts-{size[0]}x{size[1]}")
        assert "2 alerts firing" in on.text
        row = next(line for line in on.lines if "✖ critical" in " ".join(line.split()) and "payments" in line)
        assert "4m" in row
        assert "1,204 failed" in row
        assert "CRITICAL payments: 1,204 failed jobs" in on.text  # all of what is under the cursor
        assert "⚠ 1 critical +1" in on.lines[0]
        assert any("pending" in line and "images" in line for line in on.lines)
        assert "x mute" in on.lines[-1]


async def test_told_and_not_told() -> None:
    async with stage(shop(), (140, 40)) as on:
        with_alerts(on)
        await on.press("A")
        assert "✖ not told" in on.text
        assert "✖ oncall, firing: given up after 8 tries: connection refused" in on.text
        await on.press("j")
        assert "✓ slack, firing, 3m 20s ago, at try 2" in on.text
        assert "91 % now, at worst 93 %; the limit is 90 %" in on.text
        await on.press("j")
        assert "not long enough yet" in on.text


async def test_history_mutes_and_rules() -> None:
    async with stage(shop(), (120, 30)) as on:
        with_alerts(on)
        on.runtime.alerts.held = [Mute(3, "memory", "*", NOW - 60_000, NOW + 540_000, by="ann", why="new machine")]
        await on.press("A", "right_square_bracket")
        assert "in order again; it lasted 5m 40s." in on.text
        assert "x mute" not in on.lines[-1]  # nobody is told of it any more
        await on.press("3")
        assert "for 9m 00s more" in on.text
        assert "new machine" in on.text
        await on.press("enter")
        assert "quiet now" in on.text
        await on.press("escape", "x")
        assert on.runtime.alerts.held == []
        assert "Mute 3 is taken back." in on.text
        await on.press("4")
        assert "failed > 100 jobs for 1 min" in on.text
        assert "oncall" in on.text
        await on.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert "payments" in on.text


@pytest.mark.parametrize("size", SIZES[:2])
async def test_mute_an_alert_for_two_hours(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        with_alerts(on)
        await on.press("A", "x")
        assert "Tell nobody of failed on payments" in on.text
        await on.press("right", "enter")
        (mute,) = on.runtime.alerts.held
        assert (mute.rules, mute.subjects) == ("failed", "payments")
        assert (mute.at_ms, mute.until_ms) == (NOW, NOW + 7_200_000)
        assert mute.by
        assert not mute.until_resolved
        assert "for 2h 00m" in on.text


async def test_mute_until_resolved_all_on_a_queue_and_as_typed() -> None:
    async with stage(shop(), (100, 30)) as on:
        with_alerts(on)
        await on.press("A", "x", "right", "right", "right", "tab", "right", "right", "tab", "tab", "tab")
        await on.type("deploy")
        assert "Nobody is told of any alert on payments until what fires now has ended." in on.text
        await on.press("enter")
        await on.press("x", "right", "right", "right", "right", "tab", "right", "right", "right", "tab")
        await on.type("*-p95")
        await on.press("tab")
        await on.type("mail.*")
        await on.press("enter")
        first, second = on.runtime.alerts.held
        assert (first.rules, first.subjects, first.until_resolved, first.until_ms) == ("*", "payments", True, None)
        assert first.why == "deploy"
        assert (second.rules, second.subjects, second.until_resolved, second.until_ms) == (
            "*-p95",
            "mail.*",
            False,
            None,
        )


async def test_what_is_muted_says_so_and_is_unmuted_by_the_same_key() -> None:
    async with stage(shop(), (100, 30)) as on:
        with_alerts(on)
        board = on.runtime.alerts
        board.now = [replace(alert("failed"), muted=1)]
        board.held = [Mute(1, "failed", "payments", NOW, None, until_resolved=True, why="known")]
        await on.press("A")
        assert "Nothing fires" in on.text
        assert "1 muted" in on.text
        assert "by mute 1, until resolved: known" in on.text
        assert "alert" not in on.lines[0]  # the header counts what is to be told
        await on.press("x")
        assert board.held == []


async def test_what_is_muted_comes_after_all_that_fires() -> None:
    async with stage(shop(), (100, 30)) as on:
        on.runtime.alerts.now = [alert("failed", muted=1), MEMORY, PENDING]
        await on.press("A")
        order = [word for line in on.lines for word in ("warning ", "critical ", "pending ") if f" {word}" in line[:14]]
        assert order[:3] == ["warning ", "critical ", "pending "]


async def test_enter_leads_to_the_queue_or_the_server() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_alerts(on)
        await on.press("A", "enter")
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.jobs.ref == PAYMENTS
        await on.press("A", "j", "enter")
        assert isinstance(on.app.screen, ServerScreen)


async def test_a_queue_that_is_gone_and_why() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_alerts(on)
        on.runtime.alerts.now = [alert("failed", QueueRef("bull", "gone"))]
        await on.press("A", "enter")
        assert "The queue gone is not shown here." in on.text
        assert "w why" not in on.lines[-1]
        on.runtime.alerts.now = [alert("failed")]
        await on.press("ctrl+r", "w")
        assert "payments" in on.text


async def test_a_filter_and_all_of_one() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_alerts(on)
        await on.press("A", "slash")
        await on.type("memory")
        assert "payments" not in "\n".join(on.lines[3:-7])
        await on.press("enter", "v")
        assert "91 % now" in on.text
        await on.press("escape", "escape")
        assert isinstance(on.app.screen, AlertsScreen)
        assert "payments" in on.text


async def test_a_trial_message() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_alerts(on)
        with patch("bulltui.tui.screens.alerts.ring") as ring:
            await on.press("A", "T")
        ring.assert_called_once()
        assert on.runtime.alerts.tests == [""]
        assert "This is how the terminal tells of alerts." in on.text
        assert "terminal: the test was sent" in on.text


async def test_the_last_list_stays_with_its_age() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_alerts(on)
        await later(on)
        await on.press("A")
        on.runtime.alerts.error = BulltuiError("The file alerts.db cannot be read.", hint="The disk is full.")
        on.runtime.clock.now += 65_000
        await on.publish()
        assert "read 1m 0" in on.text
        assert "alerts.db cannot be read" in on.text
        assert "1,204 failed jobs" in on.text
        assert "critical +1?" in on.lines[0]
        on.runtime.alerts.error = None
        on.runtime.clock.now += 5000
        await on.publish()
        assert "cannot be read" not in on.text


async def test_that_nobody_looks_for_alerts_is_said() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_alerts(on)
        on.runtime.alerts.looks = False
        await on.press("A")
        assert "Nobody looks for alerts of all these servers now" in on.text


async def test_there_is_nothing() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("A")
        assert "Nothing is wrong: no alert fires." in on.text
        on.runtime.alerts.error = BulltuiError("The file alerts.db cannot be read.")
        await on.press("escape", "A")
        assert "The file alerts.db cannot be read." in on.text
        on.runtime.alerts.error = None
        await on.press("ctrl+r", "4")
        assert "No rules" in on.text


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202eevil[bold]\nx" + "y" * 300


@pytest.mark.parametrize("size", SIZES[1:2])
async def test_texts_of_strangers_are_harmless(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        ref = QueueRef("bull", HOSTILE)
        bad = alert("failed", ref, text=HOSTILE, rule=HOSTILE, server=HOSTILE)
        on.runtime.alerts.now, on.runtime.alerts.ended = [bad], [replace(bad, phase=Phase.RESOLVED, resolved_ms=NOW)]
        on.runtime.alerts.told = [Delivery(bad.id, Phase.FIRING, HOSTILE, "given-up", NOW, 1, HOSTILE)]
        on.runtime.alerts.held = [Mute(1, HOSTILE, HOSTILE, NOW, None, by=HOSTILE, why=HOSTILE)]
        on.runtime.alerts.rules = (Rule(HOSTILE, Watched.FAILED, queues=(HOSTILE,), to=(HOSTILE,)),)
        await on.press("A")
        for key in ("1", "2", "3", "4"):
            await on.press(key, "v")
            assert not {"\x1b", "\x07", "\u202e"} & {*on.text}
            await on.press("escape")
        await on.press("1", "x")
        assert not {"\x1b", "\x07", "\u202e"} & {*on.text}


async def test_of_several_servers() -> None:
    async with stage(shop(), (100, 24)) as on:
        on.runtime.alerts.now = [
            alert("failed", QueueRef("bull", "payments", "eu"), server="eu"),
            alert("failed", QueueRef("bull", "payments", "us"), server="us", id="us"),
            replace(MEMORY, server="us"),
        ]
        await on.press("A")
        assert "eu/payments" in on.text
        assert "us/payments" in on.text
        await on.press("x", "enter")
        assert on.runtime.alerts.held[0].subjects == "eu/payments"


# --- while one looks at something else


async def test_what_fires_is_told_once_and_what_fired_before_is_counted() -> None:
    async with stage(shop(), (100, 30)) as on:
        board = on.runtime.alerts
        board.now = [alert("failed"), MEMORY]  # since before the start
        await later(on)
        assert "⚠ 1 critical +1" in on.lines[0]
        assert not on.app.said
        above = on.lines[2:]
        fresh = alert("no-workers", IMAGES, id="new", fired_ms=on.runtime.clock.now, text="no worker is connected.")
        board.now = [fresh, *board.now]
        await later(on)
        assert "⚠ 2 critical +1" in on.lines[0]
        assert [one.title for one in on.app.said] == ["CRITICAL"]
        assert "images: no worker is connected." in on.text
        assert "✖ CRITICAL images: no worker is connected. 3s  A shows it" in on.lines[1]
        assert on.lines[2][:40] == above[0][:40]  # nothing moved
        await later(on)
        assert len(on.app.said) == 1
        board.now = board.now[1:]
        await later(on)
        assert [one.title for one in on.app.said] == ["CRITICAL", "Resolved"]
        assert "CRITICAL" not in on.lines[1]


async def test_the_line_goes_when_the_list_is_looked_at() -> None:
    async with stage(shop(), (80, 24)) as on:
        await later(on)
        names = [alert(f"n{n}", IMAGES, fired_ms=on.runtime.clock.now) for n in range(5)]
        on.runtime.alerts.now = names
        await later(on)
        assert "+4 more, A shows them" in on.lines[1]
        assert "5 alerts fire, such as images" in " ".join(on.text.split())  # one toast for all of them
        await on.press("A", "escape")
        assert "CRITICAL" not in on.lines[1]
        assert "⚠ 5 critical" in on.lines[0]


async def test_who_looks_at_the_list_is_not_told_above_it() -> None:
    async with stage(shop(), (80, 24)) as on:
        await later(on)
        await on.press("A")
        on.runtime.alerts.now = [alert("failed", fired_ms=on.runtime.clock.now)]
        await later(on)
        assert "1 alert firing" in on.lines[1]
        await on.press("escape")
        assert "CRITICAL" not in on.lines[1]


async def test_a_server_that_is_away_comes_before_alerts() -> None:
    async with stage(shop(), (100, 30)) as on:
        await later(on)
        on.runtime.alerts.now = [alert("failed", fired_ms=on.runtime.clock.now)]
        await later(on)
        assert "CRITICAL" in on.lines[1]
        on.runtime.go_offline()
        await on.settle()
        assert "offline" in on.lines[1]


async def test_what_is_muted_or_not_for_the_terminal_is_not_told() -> None:
    ways = (Way("here", "terminal", severities=("critical",)), Way("hook", "webhook", url="https://example.org"))
    settings = Settings(watching=Watching(alerts=AlertSettings(ways=ways)))
    async with stage(shop(), (100, 30), settings) as on:
        board = on.runtime.alerts
        board.rules = (Rule("quiet", Watched.FAILED, to=("hook",)), Rule("loud", Watched.FAILED, to=("here",)))
        await later(on)
        now = on.runtime.clock.now
        board.now = [
            alert("muted", fired_ms=now, muted=4),
            alert("warned", fired_ms=now, severity=Severity.WARNING),
            alert("quiet", fired_ms=now),
        ]
        await later(on)
        assert not on.app.said
        board.now.append(alert("loud", fired_ms=now))
        await later(on)
        assert len(on.app.said) == 1


async def test_an_alert_file_that_hangs_holds_up_nothing() -> None:
    async with stage(shop(), (80, 24)) as on:
        hang = asyncio.Event()

        async def never() -> list[Alert]:
            await hang.wait()
            return []

        on.runtime.alerts.alerts = never  # type: ignore[method-assign]
        on.runtime.clock.now += 3000
        on.runtime.publish()
        await on.pilot.press("A")
        await on.pilot.press("4")
        await until(on.pilot, lambda: "fires when" in on.text)
        await on.pilot.press("escape")
        await until(on.pilot, lambda: isinstance(on.app.screen, MainScreen))
        hang.set()


def test_what_a_terminal_is_told() -> None:
    told = notification("CRITICAL", "mail; \x1b[31mx\n" + "y" * 500, {})
    assert told.startswith("\x1b]9;bulltui CRITICAL: mail; ␛[31mx␊yyy")
    assert told.endswith("y\x07")
    assert len(told) < 230
    assert told.count("\x1b") == 1
    assert notification("A", "b;c", {"VTE_VERSION": "7000"}) == "\x1b]777;notify;bulltui;A: b,c\x07"
    assert notification("A", "b", {"TMUX": "/tmp/x,1,0"}) == "\x1bPtmux;\x1b\x1b]9;bulltui A: b\x07\x1b\\"


async def test_a_terminal_rings_once() -> None:
    async with stage(shop(), (80, 24)) as on:
        with patch("bulltui.tui.terminal.ring") as ring:
            await later(on)
            on.runtime.alerts.now = [alert(f"n{n}", fired_ms=on.runtime.clock.now) for n in range(2)]
            await later(on)
            await later(on)
        (call,) = ring.call_args_list
        assert call.args[1:] == ("CRITICAL", "payments: 1,204 failed jobs, more than 100 for 2 min.")


@pytest.mark.parametrize("size", SIZES)
async def test_whose_charts_they_are_is_seen_while_something_fires(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        await later(on)
        await on.press("m")
        on.runtime.alerts.now = [alert("failed", IMAGES, fired_ms=on.runtime.clock.now)]
        await later(on)
        assert on.lines[1].startswith(" Charts of payments  last 1h")
        assert "CRITICAL images" in on.lines[2]
