"""One job over the whole screen."""

import pytest

from bulltui.domain.flow import JobRef
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.targets import Jobs
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import Stage, shop, stage

PAYMENTS = QueueRef("bull", "payments")


async def open_job(on: Stage, job: JobRef) -> None:
    main = on.app.screen
    assert isinstance(main, MainScreen)
    main.open_job(job)
    await on.settle()


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
async def test_it_has_all_of_the_job_and_leads_back(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        await open_job(on, JobRef(PAYMENTS, "35"))
        assert isinstance(on.app.screen, JobScreen)
        assert "payments" in on.lines[1]
        assert "35" in on.lines[1]
        assert "at charge (/app/src/pay.ts:10:5)" in on.text
        assert "r retry" in on.lines[-1]
        await on.press("1")
        assert '"order"' in on.text or "order" in on.text
        await on.press("l")
        assert "This job has logged nothing." in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_what_can_be_done_is_done_to_this_job() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.outcome = Outcome("retry", done=1)
        await open_job(on, JobRef(PAYMENTS, "35"))
        reads = on.runtime.reader.job_reads
        await on.press("r", "y")
        (request,) = on.runtime.runner.ran
        assert isinstance(request.target, Jobs)
        assert request.target.ids == ("35",)
        assert on.runtime.reader.job_reads > reads


async def test_a_worker_leads_to_its_queue_on_the_main_screen() -> None:
    from tests.tui.test_list_screens import with_workers

    async with stage(shop()) as on:
        with_workers(on)
        await open_job(on, JobRef(QueueRef("bull", "images"), "7"))
        await on.press("W", "enter")
        main = on.app.screen
        assert isinstance(main, MainScreen)
        assert main.jobs.ref == QueueRef("bull", "images")


async def test_a_job_that_is_gone_is_said_to_be() -> None:
    async with stage(shop(), (80, 24)) as on:
        await open_job(on, JobRef(PAYMENTS, "no such job"))
        assert "This job is gone." in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)
