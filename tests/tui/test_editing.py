"""Edit and replay: the editor, the difference, and what becomes of the job."""

import shlex
import stat
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.services.request import Request
from bulltui.tui.acts.editor import edit, editor_command
from bulltui.tui.present.diff import diff
from bulltui.tui.present.line import Pieces
from bulltui.tui.screens.confirm import ConfirmScreen
from bulltui.tui.screens.diff import DiffScreen
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import FakeQueue, Stage, failed, job, shop, stage, until

PAYMENTS = QueueRef("bull", "payments")


def script(body: str) -> list[str]:
    """An editor that runs `body` on the file `path`."""
    return [sys.executable, "-c", f"import sys, pathlib; path = pathlib.Path(sys.argv[1]); {body}"]


def text_of(lines: list[Pieces]) -> list[str]:
    return ["".join(text for text, _ in line).replace("\u00a0", " ").rstrip() for line in lines]


# --- the editor


def test_the_editor_is_split_and_never_a_shell() -> None:
    python = shlex.quote(sys.executable)
    assert editor_command({"VISUAL": f"{python} -w", "EDITOR": "other"}) == [sys.executable, "-w"]
    assert editor_command({"VISUAL": " ", "EDITOR": python}) == [sys.executable]
    with pytest.raises(BulltuiError, match="VISUAL cannot be read"):
        editor_command({"VISUAL": "vi 'unclosed"})
    with pytest.raises(BulltuiError, match="EDITOR names no-such-editor;, which is not there"):
        editor_command({"EDITOR": "no-such-editor; rm x"})


async def test_the_file_is_for_its_owner_and_goes_with_all_that_lay_beside_it(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    body = (
        f"pathlib.Path({str(seen)!r}).write_text(f'{{path}} {{path.stat().st_mode}} {{path.parent.stat().st_mode}}');"
        "(path.parent / '.swp').write_text('x'); path.write_text(path.read_text().upper())"
    )
    assert await edit(script(body), "caf\u00e9", "a.json", nullcontext) == "CAF\u00c9"
    path, file_mode, folder_mode = seen.read_text().split()
    assert stat.S_IMODE(int(file_mode)) == 0o600
    assert stat.S_IMODE(int(folder_mode)) == 0o700
    assert not Path(path).parent.exists()


async def test_an_editor_that_fails_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BulltuiError, match="ended with code 3: nothing was changed"):
        await edit(script("sys.exit(3)"), "x", "a.json", nullcontext)
    with pytest.raises(BulltuiError, match="cannot be started"):
        await edit([str(tmp_path / "none")], "x", "a.json", nullcontext)
    with pytest.raises(BulltuiError, match="cannot be read as UTF-8"):
        await edit(script("path.write_bytes(b'\\xff')"), "x", "a.json", nullcontext)


# --- the difference


def test_lines_are_signed_and_what_is_the_same_is_left_out() -> None:
    old = "\n".join(map(str, range(20)))
    lines = text_of(diff(old, old.replace("10", "ten"), 40))
    assert lines[0] == " ⋯ 7 lines as before"
    assert " - 10" in lines
    assert " + ten" in lines
    assert lines[-1] == " ⋯ 6 lines as before"
    assert diff(old, old, 40) == []


def test_of_long_lines_the_part_that_changed_is_shown() -> None:
    old = '"' + "x" * 5000 + "a" + "y" * 5000
    lines = text_of(diff(old, old.replace("a", "b"), 60))
    assert any(line.startswith(" - …") and "xxxa" in line for line in lines)
    assert any(line.startswith(" + …") and "xxxb" in line for line in lines)
    assert len(lines) < 30


def test_many_lines_take_no_time() -> None:
    old = "\n".join(f"a{n}" for n in range(50_000))
    new = "\n".join(f"b{n}" for n in range(50_000))
    assert len(diff(old, new, 80)) == 100_000


def test_what_strangers_wrote_is_harmless() -> None:
    assert "\x1b" not in "".join(text_of(diff("a", "\x1b[31m\u202e", 40)))


# --- on the screen


async def fake_editor(on: Stage, monkeypatch: pytest.MonkeyPatch, *edits: tuple[str, str]) -> list[str]:
    """An editor that replaces one text by another, each time the next; the texts that it was given."""
    given: list[str] = []
    left = list(edits)

    async def change(command: list[str], text: str, name: str, lend: object) -> str:
        given.append(text)
        return text.replace(*left.pop(0))

    monkeypatch.setattr("bulltui.tui.acts.editing.edit", change)
    monkeypatch.setattr("bulltui.tui.acts.editing.editor_command", lambda _: ["vi"])
    return given


def shows(on: Stage, screen: type[object]) -> bool:
    return isinstance(on.app.screen, screen)


async def asked(on: Stage) -> Request:
    await until(on.pilot, lambda: shows(on, ConfirmScreen), f"nothing was asked: {on.text}")
    await on.settle()
    return on.runtime.runner.previewed[-1]


@pytest.mark.parametrize(("key", "copy"), [("s", False), ("c", True)])
async def test_a_finished_job_runs_again_with_what_was_edited(
    monkeypatch: pytest.MonkeyPatch, key: str, copy: bool
) -> None:
    async with stage(shop(), (80, 24)) as on:
        given = await fake_editor(on, monkeypatch, ("12.5", "13.50"))
        await on.press("enter", "e")
        await until(on.pilot, lambda: shows(on, DiffScreen))
        await on.settle()
        assert '"amount": 12.5' in given[0]
        assert any("-" in line and "12.5" in line for line in on.lines)
        assert any("+" in line and "13.50" in line for line in on.lines)
        await on.press(key)
        request = await asked(on)
        assert request.target == Jobs(PAYMENTS, ("40",), JobState.FAILED)
        assert request.action == actions.Replay(None, '{"order":40,"amount":13.50}', None, copy)


async def test_a_role_that_may_only_add_is_offered_only_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it chose, and what is refused then, would be lost with all that was typed."""
    async with stage(shop(), (80, 24)) as on:
        on.runtime.runner.forbidden = {"replay", "update-data"}
        await fake_editor(on, monkeypatch, ("12.5", "13.50"))
        await on.press("enter", "e")
        await until(on.pilot, lambda: shows(on, DiffScreen))
        await on.settle()
        assert "Same id" not in on.text
        await on.press("s")
        assert shows(on, DiffScreen)
        await on.press("c")
        request = await asked(on)
        assert request.action == actions.Replay(None, '{"order":40,"amount":13.50}', None, True)


async def test_what_a_role_does_not_allow_is_said_before_anybody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(shop(), (80, 24)) as on:
        on.runtime.runner.forbidden = {"replay", "update-data"}
        given = await fake_editor(on, monkeypatch, ("12.5", "1"))
        await on.press("enter", "1", "e")
        await until(on.pilot, lambda: "Your role does not allow" in on.text)
        assert given == []


async def test_the_default_is_to_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(shop(), (60, 16)) as on:
        await fake_editor(on, monkeypatch, ("12.5", "13"))
        await on.press("enter", "e")
        await until(on.pilot, lambda: shows(on, DiffScreen))
        await on.press("enter")
        await until(on.pilot, lambda: shows(on, MainScreen))
        assert on.runtime.runner.previewed == []


async def test_what_makes_no_sense_can_be_edited_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(shop()) as on:
        given = await fake_editor(on, monkeypatch, ("12.5", "12.5]"), ("12.5]", "12"), ("12", "11"))
        await on.press("enter", "e")
        await until(on.pilot, lambda: "It cannot be used so" in on.text)
        assert "not JSON" in on.text
        await on.press("e")
        await until(on.pilot, lambda: "Run job 40 of payments again with this" in on.text)
        assert "12.5]" in given[1]  # what was typed is not lost
        await on.press("e")
        await until(on.pilot, lambda: len(given) == 3)
        await until(on.pilot, lambda: shows(on, DiffScreen))
        await on.press("s")
        request = await asked(on)
        assert isinstance(request.action, actions.Replay)
        assert request.action.data == '{"order":40,"amount":11}'


async def test_no_change_is_no_deed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(shop()) as on:
        await fake_editor(on, monkeypatch, ("\n", "\n  "))
        await on.press("enter", "e")
        await until(on.pilot, lambda: "Nothing was changed." in on.text)
        assert shows(on, MainScreen)


@pytest.mark.parametrize(("tab", "why"), [("1", "It has not finished"), ("2", "A worker runs it")])
async def test_of_one_that_has_not_finished_only_the_data(monkeypatch: pytest.MonkeyPatch, tab: str, why: str) -> None:
    async with stage(shop()) as on:
        given = await fake_editor(on, monkeypatch, ("12.5", "1"))
        await on.press("enter", tab, "e")
        await until(on.pilot, lambda: shows(on, DiffScreen))
        await on.settle()
        assert '"opts"' not in given[0]
        assert f"{why}: only its data can be changed" in on.text
        await on.press("c")  # there is no copy to be made
        assert shows(on, DiffScreen)
        await on.press("s")
        request = await asked(on)
        assert isinstance(request.action, actions.UpdateData)
        assert '"amount":1}' in request.action.data


async def test_all_of_a_large_payload_is_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"big":"' + "x" * 3_000_000 + '","end":1}'
    async with stage({"payments": FakeQueue({JobState.FAILED: [failed(1, data=text)]})}) as on:
        given = await fake_editor(on, monkeypatch, ('"end": 1', '"end": 2'))
        await on.press("enter", "e")
        await until(on.pilot, lambda: shows(on, DiffScreen), seconds=15)
        assert len(given[0]) > 3_000_000
        await on.press("s")
        request = await asked(on)
        assert isinstance(request.action, actions.Replay)
        assert request.action.data == text.replace('"end":1', '"end":2')


@pytest.mark.parametrize("data", ["\udcff", "{", ""])
async def test_data_that_is_no_json(monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    async with stage({"payments": FakeQueue({JobState.WAITING: [job(1, data=data)]})}) as on:
        await fake_editor(on, monkeypatch)
        await on.press("enter", "e")
        await until(on.pilot, lambda: "The data of this job is no JSON" in on.text)


async def test_a_job_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    queues = shop()
    async with stage(queues) as on:
        await fake_editor(on, monkeypatch)
        await on.press("enter")
        del queues["payments"].jobs[JobState.FAILED][0]
        await on.press("e")
        await until(on.pilot, lambda: "This job is gone." in on.text)


async def test_without_a_terminal_to_lend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", sys.executable)
    async with stage(shop()) as on:
        await on.press("enter", "e")
        await until(on.pilot, lambda: "cannot be lent to an editor" in on.text)
