"""The main screen as a person uses it: by keys, wide and narrow."""

from dataclasses import replace

import pytest
from textual.widget import Widget

from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY
from bulltui.domain.states import JobState
from bulltui.tui.panes.footer import Footer
from bulltui.tui.present.parts import Part
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.main_layout import Level
from tests.tui.fakes import NOW, FakeQueue, Stage, failed, job, settle, shop, stage, until


def main_of(on: Stage) -> MainScreen:
    screen = on.app.screen
    assert isinstance(screen, MainScreen)
    return screen


def level(main: MainScreen) -> Level:
    return main.level


def state(main: MainScreen) -> JobState:
    return main.jobs.state


def part(main: MainScreen) -> Part:
    return main.detail.part


def shown(widget: Widget) -> bool:
    return widget.display


async def test_the_worst_queue_and_its_last_error_show_at_once() -> None:
    async with stage(shop()) as on:
        assert "valkey 8.1.4" in on.lines[0]
        assert "ONLINE 1.2 ms" in on.lines[0]
        assert "4 queues" in on.lines[0]
        assert "✖ failed 12" in on.lines[0]
        main = main_of(on)
        assert main.queues.highlighted == QueueRef("bull", "payments")
        assert state(main) is JobState.FAILED
        assert part(main) is Part.ERROR
        assert "card declined" in on.text
        assert "at charge (/app/src/pay.ts:10:5)" in on.text
        assert "1 frame of yours, 1 of libraries" in on.text


async def test_signs_say_what_holds_a_queue() -> None:
    async with stage(shop(), (109, 24)) as on:
        shown = [" ".join(line.split()) for line in on.lines]
        assert any("○ images no worker" in line for line in shown)
        assert any("‖ mail:bulk paused" in line for line in shown)
        assert any("mail:news" in line and "~1" in line for line in shown)


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_narrow_shows_one_pane_at_a_time(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        main = main_of(on)
        assert main.has_class("-narrow")
        assert on.runtime.reader.pages == []  # nothing is read that is not shown
        await on.press("enter")
        assert level(main) is Level.JOBS
        assert "Queues › payments" in on.lines[1]
        assert "[failed 12]" in on.text
        assert on.runtime.reader.job_reads == 0
        await on.press("enter")
        assert level(main) is Level.JOB
        assert "› 40" in on.lines[1]
        assert "[Error 3]" in on.text
        assert "card declined" in on.text
        await on.press("escape")
        assert level(main) is Level.JOBS
        await on.press("escape")
        assert level(main) is Level.QUEUES
        assert any("▌" in line and "payments" in line for line in on.lines)


async def test_nothing_is_wider_than_the_screen() -> None:
    for size in ((60, 16), (80, 24), (110, 30), (140, 40), (200, 50)):
        async with stage(shop(), size) as on:
            for keys in ([], ["enter"], ["enter"]):
                await on.press(*keys)
                assert max(map(len, on.lines)) <= size[0]
                assert len(on.lines) == size[1]


async def test_wide_becomes_narrow_and_wide_again() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        await on.press("enter")
        await on.pilot.resize_terminal(80, 24)
        await until(on.pilot, lambda: main.has_class("-narrow"))
        await settle(on.pilot)
        assert level(main) is Level.JOBS
        assert not shown(main.queues)
        assert "Queues › payments" in on.lines[1]
        await on.pilot.resize_terminal(140, 40)
        await until(on.pilot, lambda: not main.has_class("-narrow"))
        await settle(on.pilot)
        assert shown(main.queues)
        assert "[failed 12]" in on.text


async def test_the_panes_follow_the_cursor() -> None:
    async with stage(shop()) as on:
        await on.press("s")  # by waiting
        main = main_of(on)
        assert main.queues.highlighted == QueueRef("bull", "images")
        assert main.jobs.ref == QueueRef("bull", "images")
        assert state(main) is JobState.WAITING
        await on.press("down")
        assert main.jobs.ref == QueueRef("bull", "payments")
        assert main.detail.job is not None
        assert main.detail.job.id == "40"
        await on.press("enter", "down")
        assert main.detail.job.id == "39"


async def test_a_chosen_state_stays_from_queue_to_queue() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        await on.press("enter", "2")
        assert state(main) is JobState.ACTIVE
        assert "stalled charge" in on.text
        assert "40%" in on.text
        await on.press("escape", "down")
        assert state(main) is JobState.ACTIVE
        assert "No job is active." in on.text
        assert "Elsewhere:" in on.text


async def test_states_by_brackets_and_numbers() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        await on.press("enter", "6")
        assert state(main) is JobState.COMPLETED
        await on.press("right_square_bracket")
        assert state(main) is JobState.FAILED
        await on.press("right_square_bracket")
        assert state(main) is JobState.WAITING
        await on.press("left_square_bracket")
        assert state(main) is JobState.FAILED


async def test_turning_the_order() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        await on.press("enter")
        assert main.jobs.highlighted == "40"
        await on.press("o")
        assert main.jobs.highlighted == "29"
        assert "oldest first" in on.text


async def test_filter_as_one_types() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        await on.press("slash", "m", "a", "i")
        assert "2 of 4" in on.text
        await on.press("enter")
        assert main.queues.table.has_focus
        assert "2 of 4" in on.text
        await on.press("escape")
        assert "2 of 4" not in on.text
        await on.press("slash", "q", "q")  # `q` is a letter there
        assert "None of the 4 queues fits the filter." in on.text
        await on.press("escape")
        assert any("payments" in line for line in on.lines)


async def test_groups_fold_and_sum() -> None:
    async with stage(shop(), (100, 24)) as on:
        await on.press("z")
        assert any("▸ mail:* 2" in line for line in on.lines)
        assert not any("mail:bulk" in line for line in on.lines)
        await on.press("end", "enter")
        assert any("mail:bulk" in line for line in on.lines)
        await on.press("z")
        assert not any("mail:*" in line for line in on.lines)


async def test_parts_of_a_job() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        await on.press("enter", "6", "enter")
        assert part(main) is Part.DATA
        assert '"amount": 12.5' in on.text
        await on.press("right_square_bracket")
        assert part(main) is Part.RESULT
        assert '"ok": true' in on.text
        await on.press("3")
        assert "No error: this job has not failed." in on.text
        await on.press("5")
        assert "exponential, 1.0s" in on.text
        await on.press("6")
        assert "waited" in on.text
        assert "█" in on.text
        await on.press("7")
        assert "returnvalue" in on.text
        await on.press("escape")
        assert level(main) is Level.JOBS


async def test_logs_follow() -> None:
    queues = shop()
    queues["payments"].jobs[JobState.FAILED][0].logs = [f"line {n}" for n in range(100)]
    async with stage(queues) as on:
        await on.press("enter", "l")
        assert "[Logs 100]" in on.text
        assert "line 99" in on.text
        queues["payments"].jobs[JobState.FAILED][0].logs.append("the newest line")
        on.runtime.clock.now += 2000
        await on.publish()
        assert "the newest line" in on.text


async def test_an_open_job_is_read_again_and_stays_where_it_was_scrolled_to() -> None:
    reason = "\\n".join(f"line {n}" for n in range(200))
    queues = {"payments": FakeQueue({JobState.FAILED: [failed(1, reason)]})}
    async with stage(queues) as on:
        await on.press("enter", "enter", "pagedown", "pagedown")
        main = main_of(on)
        top = main.detail.body.scroll_offset.y
        assert top > 10
        queues["payments"].jobs[JobState.FAILED][0].fields["stc"] = "2"
        on.runtime.clock.now += 2000
        await on.publish()
        assert "stalled 2 times" in on.text
        assert main.detail.body.scroll_offset.y == top


async def test_a_job_that_is_removed_says_so() -> None:
    queues = shop()
    async with stage(queues) as on:
        await on.press("enter", "enter")
        del queues["payments"].jobs[JobState.FAILED][0]
        on.runtime.clock.now += 2000
        await on.publish()
        assert "This job is gone." in on.text
        assert "card declined" in on.text  # what was read stays


async def test_help_shows_all_keys_and_goes() -> None:
    async with stage(shop(), (160, 140)) as on:
        await on.press("question_mark")
        assert "Keys and signs" in on.text
        assert "In the list of queues" in on.text
        assert "jobs wait and no worker is connected" in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_palette_runs_commands_and_goes_to_queues() -> None:
    async with stage(shop()) as on:
        await on.press("colon", "t", "h", "e", "m", "e", "enter")
        assert on.app.theme == "bulltui-light"
        await on.press("ctrl+p", "n", "e", "w", "s", "enter")
        main = main_of(on)
        assert main.jobs.ref == QueueRef("bull", "mail:news")
        assert level(main) is Level.JOBS
        await on.press("colon", "escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_going_to_a_queue_that_a_filter_hides() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("slash", "p", "a", "y", "enter", "colon", "i", "m", "a", "g", "enter")
        assert main_of(on).jobs.ref == QueueRef("bull", "images")
        await on.press("escape")
        assert any("▌" in line and "images" in line for line in on.lines)


async def test_about_tells_what_is_known_and_why() -> None:
    async with stage(shop()) as on:
        await on.press("i")
        assert "meta.version is bullmq:5.81.5" in on.text
        assert "BullMQ 5" in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_footer_shows_what_can_be_done_here() -> None:
    async with stage(shop()) as on:
        assert "/ filter" in on.lines[-1]
        assert "esc back" not in on.lines[-1]
        await on.press("enter")
        assert "/ filter" not in on.lines[-1]
        assert "w why" in on.lines[-1]
        assert "esc back" in on.lines[-1]
        await on.press("enter")
        assert "v pager" in on.lines[-1]
        assert on.lines[-1].endswith("q quit")


async def test_a_click_on_a_state_a_row_and_the_footer() -> None:
    async with stage(shop()) as on:
        main = main_of(on)
        tabs = main.query_one("#states")
        await on.pilot.click(tabs, offset=(2, 0))
        await until(on.pilot, lambda: state(main) is JobState.WAITING)
        await on.pilot.click(main.queues.table, offset=(6, 3))
        await until(on.pilot, lambda: main.queues.highlighted != QueueRef("bull", "payments"))
        await on.settle()
        at = on.lines[-1].index("? help")
        await on.pilot.click(offset=(at + 1, 39))
        await on.pilot.pause()
        assert not isinstance(on.app.screen, MainScreen)


async def test_refresh_asks_for_a_search() -> None:
    async with stage(shop()) as on:
        await on.press("ctrl+r")
        assert on.runtime.poller.asked[-1] is True


async def test_copying() -> None:
    async with stage(shop()) as on:
        await on.press("y")
        assert on.app.clipboard == "payments"
        await on.press("enter", "y")
        assert on.app.clipboard == "40"
        await on.press("enter", "1", "Y")
        await on.pilot.pause()
        assert on.app.clipboard == '{"order":40,"amount":12.5}'


async def test_what_is_visible_is_read_first() -> None:
    queues = {f"q{n:04}": FakeQueue({JobState.WAITING: [job(1)]}) for n in range(300)}
    async with stage(queues, (80, 24)) as on:
        assert 15 < len(on.runtime.poller.visible) < 25


async def test_a_delayed_job_says_when_it_is_due() -> None:
    async with stage({"mail": FakeQueue({JobState.DELAYED: [job(1)]})}) as on:
        found = on.runtime.reader.find(QueueRef("bull", "mail"), "1")
        assert found is not None
        found.score = float((NOW + 252_000) * 4096)
        on.runtime.clock.now += 2000
        found.fields["ats"] = "1"
        on.runtime.reader.queues[QueueRef("bull", "mail")].more["added"] = 9
        await on.publish()
        assert "4m 10s" in on.text


async def test_while_queues_are_being_found_who_has_not_moved_looks_at_the_first() -> None:
    async with stage({}) as on:
        everything = on.runtime.reader.queues
        found = {QueueRef("bull", name): queue for name, queue in shop().items()}
        first, others = QueueRef("bull", "images"), QueueRef("bull", "payments")

        async def see(refs: set[QueueRef], finished_at: int | None, cursor: QueueRef) -> None:
            everything.clear()
            everything.update({ref: found[ref] for ref in refs})
            snapshot = on.runtime.snapshot()
            on.runtime.publish(replace(snapshot, discovery=replace(snapshot.discovery, finished_at=finished_at)))
            pane = main_of(on).queues
            await until(on.pilot, lambda: pane.table.line_count == len(refs) and pane.highlighted == cursor)

        main_of(on).queues._arriving = True  # as before the first search is through
        await see({first}, None, cursor=first)
        await see(set(found), NOW, cursor=others)
        await settle(on.pilot)
        await on.press("down")
        below = main_of(on).queues.highlighted
        assert below is not None
        await see(set(found), NOW, cursor=below)


async def test_logs_are_a_key_away_from_data_too() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "6", "enter")
        assert part(main_of(on)) is Part.DATA
        await on.press("l")
        assert part(main_of(on)) is Part.LOGS
        assert "This job has logged nothing." in on.text


async def test_fields_that_cannot_be_read_are_told() -> None:
    odd = replace(failed(1), fields={**failed(1).fields, "processedOn": "soon"})
    async with stage({"odd": FakeQueue({JobState.FAILED: [odd]})}) as on:
        assert "1 field unreadable" in on.text
        await on.press("enter", "enter", "6")
        assert "processedOn is no number" in on.text


async def test_a_queue_that_is_gone_to_before_its_counts_are_told_shows_what_matters_most() -> None:
    payments = QueueRef("bull", "payments")
    async with stage({"payments": FakeQueue({JobState.FAILED: [failed("f1")]})}) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        screen.jobs.show_queue(None)
        screen.jobs.tell(EMPTY)
        screen.jobs.show_queue(payments)
        screen.jobs.tell(on.runtime.bus.last)
        await settle(on.pilot)
        assert screen.jobs.state is JobState.FAILED
        assert "f1" in on.text


async def test_the_screen_is_styled_anew_once_a_step_and_never_for_a_job_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To style all that is on a screen takes some milliseconds, which whoever presses the key waits for."""
    styled: list[str] = []
    before = MainScreen.update_node_styles

    def update(self: MainScreen, animate: bool = True) -> None:
        styled.append(" ".join(sorted(self.classes)))
        before(self, animate)

    monkeypatch.setattr(MainScreen, "update_node_styles", update)
    async with stage(shop()) as on:
        styled.clear()
        await on.press("enter", "down", "enter", "escape", "escape")
        assert styled == []
    async with stage(shop(), (80, 24)) as on:
        styled.clear()
        await on.press("enter", "enter", "escape")
        assert styled == ["-at-jobs -narrow", "-at-job -narrow", "-at-jobs -narrow"]


async def test_the_footer_follows_once_what_one_key_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[int] = []
    before = Footer.follow

    def follow(self: Footer) -> None:
        followed.append(1)
        before(self)

    monkeypatch.setattr(Footer, "follow", follow)
    async with stage(shop()) as on:
        footer = on.app.screen.query_one(Footer)
        followed.clear()
        for _ in range(9):  # focus, cursor, pane and what can be done there
            footer._bindings_changed(on.app.screen)
        await on.settle()
        assert len(followed) == 1
