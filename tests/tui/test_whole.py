"""A whole field: saved to a file of one's own, viewed in the pager, never handed to a shell."""

import stat
import sys
from pathlib import Path

import pytest

from bulltui.domain.errors import BulltuiError
from bulltui.domain.states import JobState
from bulltui.tui import whole
from tests.tui.fakes import FakeQueue, job, shop, stage, until


def found_in(folder: Path, path: str = "") -> list[Path]:
    return [one for one in folder.iterdir() if path in ("", str(one))]


def test_names_mean_nothing_to_a_shell_or_a_file_system() -> None:
    assert whole.file_name("mail:bulk", "a/../b", "data", json=True) == "mail_bulk-a_.._b-data.json"
    assert whole.file_name("..", "$(rm -rf)", "stacktrace", json=False) == "_-rm_-rf-stacktrace.txt"
    assert len(whole.file_name("x" * 999, "y" * 999, "data", json=True)) < 200


def test_a_file_is_for_its_owner_and_never_over_another(tmp_path: Path) -> None:
    first = whole.save(tmp_path, "a.json", b"1")
    second = whole.save(tmp_path, "a.json", b"2")
    assert (first.name, second.name) == ("a.json", "a-1.json")
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "victim")
    assert whole.save(tmp_path, "a.json", b"1").name == "a-1.json"
    assert not (tmp_path / "victim").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BulltuiError, match="cannot be written"):
        whole.save(tmp_path / "nowhere", "a.json", b"1")


def test_what_the_pager_gets_is_harmless() -> None:
    assert whole.readable(b'{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}\n'
    assert "\x1b" not in whole.readable(b"\x1b[31mred")
    assert "\x1b" not in whole.readable(b'{"a":"\\u001b[31m"}')
    assert whole.readable(b'["a\\nb","c\\u001b"]', traces=True) == "c␛\n\na\nb\n"
    assert whole.readable(b"\xff\xfe") == "\\xff\\xfe\n"


def test_the_pager_is_split_and_never_a_shell() -> None:
    assert whole.pager_command({"PAGER": "cat -A"}) == ["cat", "-A"]
    assert whole.pager_command({"PAGER": "no-such-pager; rm x"}) in (["less"], ["more"])
    with pytest.raises(BulltuiError, match="PAGER cannot be read"):
        whole.pager_command({"PAGER": "less 'unclosed"})


async def test_the_pager_reads_the_text(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    script = f"import sys; open({str(copy)!r}, 'wb').write(sys.stdin.buffer.read())"
    await whole.page([sys.executable, "-c", script], "caf\u00e9 \udcff\n" * 100_000)
    assert copy.read_bytes() == b"caf\xc3\xa9 \\udcff\n" * 100_000


async def test_a_pager_that_is_left_early_is_done_with() -> None:
    await whole.page([sys.executable, "-c", "import sys; sys.stdin.buffer.read(5)"], "x" * 5_000_000)


async def test_a_pager_that_cannot_start_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BulltuiError, match="cannot be started"):
        await whole.page([str(tmp_path / "none")], "x")


async def test_saving_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = '{"big":"' + "x" * 300_000 + '"}'
    async with stage({"mail:bulk": FakeQueue({JobState.WAITING: [job(1, data=text)]})}) as on:
        await on.press("enter", "enter", "ctrl+s")
        await on.pilot.app.workers.wait_for_complete()
        await on.pilot.pause()
        (saved,) = found_in(tmp_path)
        assert saved.name == "mail_bulk-1-data.json"
        assert saved.read_text() == text
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        await until(on.pilot, lambda: "Saved to" in on.text)


async def test_saving_logs_and_a_raw_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    queues = shop()
    queues["payments"].jobs[JobState.FAILED][0].logs = [f"line {n}" for n in range(3)]
    async with stage(queues) as on:
        await on.press("enter", "l", "ctrl+s")
        await on.pilot.app.workers.wait_for_complete()
        assert (tmp_path / "payments-40-logs.txt").read_text() == "line 0\nline 1\nline 2"
        await on.press("6", "down", "down", "ctrl+s")
        await on.pilot.app.workers.wait_for_complete()
        assert (tmp_path / "payments-40-opts.json").exists()


async def test_a_terminal_that_cannot_be_lent_says_what_else_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "cat")
    async with stage(shop()) as on:
        await on.press("enter", "enter", "v")
        await on.pilot.app.workers.wait_for_complete()
        await until(on.pilot, lambda: "cannot be lent" in on.text)
