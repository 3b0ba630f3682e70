"""The flow of a job, as a person uses it."""

from dataclasses import replace

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.job import Dependencies
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.tui.screens.flow import FlowScreen
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.main import MainScreen
from tests.fake_following import FakeFlows
from tests.own_time import own_time
from tests.tui.fakes import Stage, shop, stage

ORDERS, PAYMENTS, MAIL = (QueueRef("bull", name) for name in ("orders", "payments", "mail"))
ORDER, CHARGE, LETTER, AUDIT = JobRef(ORDERS, "o1"), JobRef(PAYMENTS, "40"), JobRef(MAIL, "m:1"), JobRef(MAIL, "a1")


def plant(flows: FakeFlows) -> None:
    """An order, whose charge failed and whose letter waits; the charge had a child that is gone."""
    flows.jobs = {
        ORDER: FlowNode(
            ORDER, None, "fulfil", JobState.WAITING_CHILDREN, children=Dependencies(unprocessed=1, failed=1)
        ),
        CHARGE: FlowNode(
            CHARGE, None, "charge", JobState.FAILED, failed_reason="card\ndeclined", children=Dependencies(processed=1),
            parent=ORDER,
        ),
        LETTER: FlowNode(LETTER, None, "confirm", JobState.WAITING, parent=ORDER),
    }  # fmt: skip
    flows.bonds = {ORDER: [(Bond.FAILED, CHARGE), (Bond.UNPROCESSED, LETTER)], CHARGE: [(Bond.PROCESSED, AUDIT)]}


def flow_of(on: Stage) -> FlowScreen:
    screen = on.app.screen
    assert isinstance(screen, FlowScreen)
    return screen


def tree(on: Stage) -> list[str]:
    """The lines of the tree, without the spaces between columns."""
    return [" ".join(line.split()) for line in on.lines[3:-1] if line.strip()]


async def open_flow(on: Stage) -> None:
    """That of the failed charge, which is the first of the failed jobs."""
    plant(on.runtime.flows)
    await on.press("enter", "f")


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
async def test_the_tree_around_the_job(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        await open_flow(on)
        order, charge, audit, letter = tree(on)
        assert order.startswith("▾ ◇ fulfil o1")
        assert "0 of 2 done" in order
        assert charge.startswith("▌ ├─ ▾ ✖ charge ◀ 40")
        assert audit.startswith("│ └─ ? a1")
        assert letter.startswith("└─ ◦ confirm m:1")
        assert "Flow of 40 of payments" in on.lines[1]
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_what_is_odd_is_said_in_words() -> None:
    async with stage(shop()) as on:
        await open_flow(on)
        order, charge, audit, _ = tree(on)
        assert "waits for 1 child" in order
        assert "card declined" in charge
        assert "done and removed, its result is kept" in audit
        assert "1 failed" in on.lines[1]


async def test_left_closes_and_goes_up_right_opens_and_goes_down() -> None:
    async with stage(shop()) as on:
        await open_flow(on)
        screen = flow_of(on)
        await on.press("left")
        assert len(tree(on)) == 3
        assert "▸" in tree(on)[1]
        await on.press("left")
        assert screen.job_now() == ORDER
        await on.press("right", "down")
        assert screen.job_now() == LETTER
        await on.press("up", "right", "right")
        assert screen.job_now() == AUDIT


async def test_enter_opens_a_job_and_esc_comes_back_to_the_same_place() -> None:
    async with stage(shop()) as on:
        await open_flow(on)
        await on.press("up", "down", "enter")
        screen = on.app.screen
        assert isinstance(screen, JobScreen)
        assert screen.job_now() == CHARGE
        await on.press("escape")
        assert flow_of(on).job_now() == CHARGE
        await on.press("o")
        assert isinstance(on.app.screen, JobScreen)


async def test_what_is_done_is_done_to_the_job_under_the_cursor() -> None:
    async with stage(shop()) as on:
        await open_flow(on)
        await on.press("down", "x")
        assert on.runtime.runner.previewed == []  # nothing is left of that one
        await on.press("up", "r", "y")
        (request,) = on.runtime.runner.ran
        assert request.target == Jobs(PAYMENTS, ("40",), JobState.FAILED)


async def test_a_refresh_shows_new_states_and_keeps_what_is_open() -> None:
    async with stage(shop()) as on:
        await open_flow(on)
        flows = on.runtime.flows
        flows.jobs[CHARGE] = replace(flows.jobs[CHARGE], state=JobState.COMPLETED, failed_reason="")
        on.runtime.clock.now += 2000
        await on.publish()
        _, charge, audit, _ = tree(on)
        assert charge.startswith("▌ ├─ ▾ ✓ charge ◀ 40")
        assert "a1" in audit


async def test_many_children_are_read_as_one_goes_down() -> None:
    async with stage(shop()) as on:
        flows = on.runtime.flows
        plant(flows)
        flows.jobs[CHARGE] = replace(flows.jobs[CHARGE], parent=None, children=Dependencies(unprocessed=2000))
        children = [JobRef(MAIL, f"c{n}") for n in range(2000)]
        flows.jobs |= {child: FlowNode(child, None, "send", JobState.WAITING, parent=CHARGE) for child in children}
        flows.bonds = {CHARGE: [(Bond.UNPROCESSED, child) for child in children]}
        await on.press("enter")
        started = own_time()
        await on.press("f")
        assert own_time() - started < 1  # 0.2 and the machine of a test
        assert "52 shown" in on.lines[1]
        await on.press("end")
        assert "… 1,950 more enter reads on" in tree(on)[-1]
        await on.press("enter")
        assert "102 shown" in on.lines[1]
        assert flow_of(on).job_now() is None  # still on the line of more


async def test_a_circle_and_no_flow_at_all() -> None:
    async with stage(shop()) as on:
        flows = on.runtime.flows
        plant(flows)
        flows.jobs[ORDER] = replace(flows.jobs[ORDER], parent=CHARGE)
        flows.bonds[CHARGE] = [(Bond.UNPROCESSED, ORDER)]
        await on.press("enter", "f")
        assert "its parents go round in a circle" in on.lines[1]
        assert "stands above itself" in on.text
        await on.press("escape")
        flows.jobs = {CHARGE: FlowNode(CHARGE, None, "charge", JobState.FAILED)}
        flows.bonds = {}
        await on.press("f")
        assert "no parent and no children" in on.lines[1]


async def test_a_server_that_does_not_answer() -> None:
    async with stage(shop(), (80, 24)) as on:
        on.runtime.flows.error = UnreachableError("Connection refused.", hint="Start the server.")
        await open_flow(on)
        assert "Connection refused." in on.text
        on.runtime.flows.error = None
        on.runtime.clock.now += 2000
        await on.publish()
        assert "fulfil" in on.text


@pytest.mark.parametrize("size", [(140, 40), (60, 16)])
async def test_hostile_names(size: tuple[int, int]) -> None:
    evil = "[red]x[/]\x1b[31m\u202e日本語" * 8
    async with stage(shop(), size) as on:
        flows = on.runtime.flows
        plant(flows)
        odd = JobRef(QueueRef("bull", evil), evil)
        flows.jobs[odd] = FlowNode(odd, None, evil, JobState.FAILED, failed_reason=evil, parent=ORDER)
        flows.bonds[ORDER].append((Bond.FAILED, odd))
        await on.press("enter", "f", "down", "down", "left", "right")
        assert "[red]x" in on.text
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text


async def test_a_chain_of_a_hundred_is_shown_from_its_end() -> None:
    async with stage(shop()) as on:
        chain = [JobRef(MAIL, f"n{n}") for n in range(90)] + [CHARGE]
        flows = on.runtime.flows
        for place, one in enumerate(chain):
            above = chain[place - 1] if place else None
            below = Dependencies(unprocessed=1) if place < 90 else Dependencies()
            flows.jobs[one] = FlowNode(one, None, f"step {place}", JobState.WAITING, children=below, parent=above)
            if place < 90:
                flows.bonds[one] = [(Bond.UNPROCESSED, chain[place + 1])]
        await on.press("enter", "f")
        assert "step 90" in on.text
        assert flow_of(on).job_now() == CHARGE
