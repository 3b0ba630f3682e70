"""A job table's filter and orders on a real server: what is found, what the server was asked, what is acted on."""

import json
from pathlib import Path
from typing import Any

from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.tui.screens.main import MainScreen
from tests.conftest import url_for
from tests.tui.fakes import until
from tests.tui.test_acting_real import KEY, NOW_MS, Hands, at


def fill(raw: Any, count: int) -> None:
    """Failed jobs, each hundredth of which was declined; the higher the number, the shorter it ran."""
    raw.hset(f"{KEY}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    raw.set(f"{KEY}:id", count)
    pipe = raw.pipeline()
    for n in range(1, count + 1):
        at = NOW_MS + n
        pipe.hset(
            f"{KEY}:{n}",
            mapping={
                "name": "charge",
                "data": json.dumps({"order": {"id": n, "of": f"żółw-{n % 7}"}}, ensure_ascii=n % 2 == 0),
                "opts": '{"attempts":1}',
                "timestamp": NOW_MS,
                "delay": 0,
                "priority": 0,
                "processedOn": at - (count - n),
                "finishedOn": at,
                "failedReason": "card [b]declined" if n % 100 == 0 else "timeout",
                "atm": 1,
            },
        )
        pipe.zadd(f"{KEY}:failed", {str(n): at})
    pipe.execute()


def jobs_of(hands: Hands) -> Any:
    screen = hands.app.screen
    assert isinstance(screen, MainScreen)
    return screen.jobs


async def test_filter_sort_columns_and_act(server: EmbeddedServer, raw: Redis, tmp_path: Path) -> None:
    fill(raw, 5_000)
    async with at(url_for(server), tmp_path) as hands:
        await until(hands.pilot, lambda: jobs_of(hands).table.line_count == 5_000, "no jobs")
        await hands.press("slash")
        for letter in "declined":
            await hands.pilot.press(letter)
        await until(hands.pilot, lambda: "50 found of 5,000 examined" in hands.text, hands.text)
        await hands.press("enter", "vertical_line", "tab", *"data", "full_stop", *"order", "full_stop", *"of")
        await hands.press("enter", "enter")
        await until(hands.pilot, lambda: "żółw-2" in hands.text, hands.text)  # 5000 % 7
        assert "card [b]declined" in hands.text
        await hands.press("s", *"ran", "enter")
        assert jobs_of(hands).table.source.key(0) == "100"  # it ran longest of these
        await hands.press("asterisk", "r")
        await until(hands.pilot, lambda: "50 of 50 failed with" in hands.text, hands.text)
        await hands.confirm()
        await until(hands.pilot, lambda: raw.zcard(f"{KEY}:failed") == 4_950, "they were not retried")
        assert raw.llen(f"{KEY}:wait") == 50
        assert raw.zscore(f"{KEY}:failed", "4900") is None
        assert raw.zscore(f"{KEY}:failed", "4901") is not None


async def test_sorting_a_state_by_a_column(server: EmbeddedServer, raw: Redis, tmp_path: Path) -> None:
    fill(raw, 12_000)
    async with at(url_for(server), tmp_path) as hands:
        await until(hands.pilot, lambda: jobs_of(hands).table.line_count == 12_000, "no jobs")
        await hands.press("s", *"ran", "enter")
        await until(hands.pilot, lambda: "by ran, first 10,000 of 12,000" in hands.text, hands.text)
        table = jobs_of(hands).table
        assert [table.source.key(place) for place in range(3)] == ["1", "2", "3"]
        await hands.press("o")
        await until(hands.pilot, lambda: table.source.key(0) == "12000", "it was not turned")
