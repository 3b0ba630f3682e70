"""Several servers in one view: whose each queue is, and one of them being away."""

from dataclasses import replace

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.history import Intent
from bulltui.domain.queue import QueueRef
from bulltui.domain.queue_filter import QueueFilter
from bulltui.domain.snapshot import QueueRow, Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Queues
from bulltui.tui.present import queues
from bulltui.tui.present.history import queues as told
from bulltui.tui.present.line import pieces
from bulltui.tui.present.queue_list import Arrangement, GroupItem, SortBy, arrange
from bulltui.tui.present.requests import target_words
from tests.tui.fake_servers import away, state
from tests.tui.fakes import FakeRuntime, shop, stage

FLEET = Settings(fleet=(Settings(label="eu"), Settings(label="us")))


def both(runtime: FakeRuntime, *, us_away: bool = False) -> Snapshot:
    """The same queues on two servers, one of which may be away since four minutes."""
    told = runtime.snapshot()
    us = away("us", taken_at=told.taken_at - 252_000) if us_away else state("us")
    rows = tuple(
        replace(row, queue=replace(row.queue, ref=replace(row.ref, server=label)))
        for label in ("eu", "us")
        for row in told.rows
    )
    return replace(told, rows=rows, servers=(state("eu"), us), health=us.health)


def rows() -> tuple[QueueRow, ...]:
    return both(FakeRuntime(shop())).rows


def names(text: str) -> list[str]:
    how = Arrangement(SortBy.NAME, QueueFilter.parse(text))
    return [item.title for item in arrange(rows(), how)]


def test_each_queue_is_named_after_its_server_and_sorted_by_it() -> None:
    assert names("")[:5] == ["eu/images", "eu/mail:bulk", "eu/mail:news", "eu/payments", "us/images"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("server:eu pay", ["eu/payments"]),
        ("server:EU pay", ["eu/payments"]),
        ("!server:eu pay", ["us/payments"]),
        ("server:*s pay", ["us/payments"]),
        ("server:e is:failing", ["eu/payments"]),
        ("us/pay", ["us/payments"]),
        ("server:nowhere", []),
        ("server: pay", ["eu/payments", "us/payments"]),
    ],
)
def test_a_filter_by_server(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_groups_are_the_servers() -> None:
    items = arrange(rows(), Arrangement(grouped=True))
    assert sorted(item.title for item in items if isinstance(item, GroupItem)) == ["eu/", "us/"]


def test_what_a_server_that_is_away_had_is_marked_with_its_age() -> None:
    item = arrange(rows(), Arrangement())[0]
    old = queues.old_cells(item, 252_000)
    assert len(old) == len(queues.cells(item))
    assert pieces(old[0])[0][0] == "◌"
    assert pieces(old[1])[-1][0] == " 4m"
    assert pieces(old[2])[0][0] == "4m old"
    assert {token for text, token in pieces(old[3]) if text.strip()} == {"stale"}


def test_a_target_names_its_server() -> None:
    ref = QueueRef("bull", "mail", "eu")
    assert target_words(Jobs(ref, ("1", "2"))) == "2 jobs of eu/mail"
    assert target_words(Every(ref, JobState.FAILED)) == "failed jobs of eu/mail"
    assert target_words(Queues((ref,))) == "eu/mail"


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
async def test_one_being_away_the_other_goes_on(size: tuple[int, int]) -> None:
    async with stage(shop(), size, FLEET) as on:
        await on.publish(both(on.runtime, us_away=True))
        payments = {line.split()[1 + line.startswith("▌")][:2]: line for line in on.lines if "/payments" in line[:30]}
        assert "us/payments 4m" in payments["us"]
        assert "◌" in payments["us"]
        assert "4m" not in payments["eu"]
        assert "us is offline" in on.text
        assert "● eu  ✖ us OFFLINE" in on.lines[0]
        await on.publish(both(on.runtime))
        assert "4m" not in on.text


def test_what_was_done_is_told_with_its_server() -> None:
    intent = Intent("pause", "10.0.0.1:6379/0", ("bull:mail", "bull:news"))
    assert told(intent, {"10.0.0.1:6379/0": "eu"}) == "eu/bull:mail, eu/bull:news"
    assert told(intent, {"10.0.0.1:6379/0": ""}) == told(intent) == "bull:mail, bull:news"


async def test_every_screen_says_whose_queue_it_is() -> None:
    async with stage(shop(), (140, 40), FLEET) as on:
        await on.publish(both(on.runtime))
        for key in ("i", "W", "S", "L"):
            await on.press(key)
            assert "eu/payments" in "\n".join(on.lines[1:3]) or "─ eu/payments" in on.text, key
            await on.press("escape")
        await on.press("R")
        assert "eu/payments" in on.text
