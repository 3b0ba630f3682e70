"""`bulltui jobs replay --edit`: a job in somebody's editor."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bulltui.domain.actions import Replay
from bulltui.domain.errors import NotAllowedError
from tests.cli.acting_fakes import FakeRunner
from tests.cli.conftest import Run

WORDS = ("jobs", "replay", "payments", "5", "--edit")


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Makes an editor that replaces texts, one after the other each time it is opened. Gives where it writes what it
    saw."""

    def make(*changes: tuple[str, str], code: int = 0) -> Path:
        script = tmp_path / "my editor.py"
        script.write_text(
            "import os, sys, pathlib\n"
            f"seen = pathlib.Path({str(tmp_path)!r}) / 'seen'\n"
            "path = pathlib.Path(sys.argv[-1])\n"
            "times = len(list(seen.parent.glob('seen*')))\n"
            "mode = oct(os.stat(path).st_mode)\n"
            "(seen.parent / f'seen{times}').write_text(f'{mode} {path}\\n' + path.read_text())\n"
            f"old, new = {changes!r}[times] if times < {len(changes)} else ('', '')\n"
            "path.write_text(path.read_text().replace(old, new))\n"
            f"sys.exit({code})\n"
        )
        monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}' --wait")
        monkeypatch.delenv("VISUAL", raising=False)
        return tmp_path

    return make


def test_edited_and_run_under_the_same_id(
    run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]
) -> None:
    folder = editor(('"order": 5', '"order": 17'))
    typed("s\ny\n")
    ended = run(*WORDS)
    assert (ended.code, ended.out) == (0, "1 job replayed.\n")
    assert runner.asked.action == Replay(data='{"order":17}')
    assert '-    "order": 5\n+    "order": 17\n' in ended.err
    assert "Run it under the [s]ame id, as a [c]opy, or [N]ot at all?" in ended.err
    about, _, seen = (folder / "seen0").read_text().partition("\n")
    mode, path = about.split()
    assert stat.S_IMODE(int(mode, 8)) == 0o600
    assert not os.path.exists(path)  # noqa: PTH110
    assert '"keepLogs": 100' in seen


@pytest.mark.parametrize(("answers", "copy"), [("c\ny\n", True), ("\n", None), ("s\nn\n", None), ("", None)])
def test_as_a_copy_or_not_at_all(
    run: Run,
    runner: FakeRunner,
    editor: Callable[..., Path],
    typed: Callable[[str], None],
    answers: str,
    copy: bool | None,
) -> None:
    editor(('"order": 5', '"order": 17'))
    typed(answers)
    ended = run(*WORDS)
    if copy is None:
        assert (ended.code, runner.ran) == (1, [])
        assert "Nothing was changed." in ended.err
    else:
        assert runner.asked.action == Replay(data='{"order":17}', copy=copy)


def test_what_cannot_be_taken_goes_back_into_the_editor(
    run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]
) -> None:
    folder = editor(('"attempts": 3', '"attemps": 3'), ('"attemps": 3', '"attempts": 4'))
    typed("\ns\ny\n")
    ended = run(*WORDS)
    assert "BullMQ has no option 'attemps'. Did you mean attempts?\nEdit it again? [Y/n] " in ended.err
    assert runner.asked.action == Replay(opts='{"attempts":4,"kl":100}')
    assert '"attemps": 3' in (folder / "seen1").read_text()


def test_given_up(run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]) -> None:
    editor(("{", ""))
    typed("n\n")
    ended = run(*WORDS)
    assert (ended.code, runner.ran) == (2, [])
    assert "bulltui: What was edited is not JSON" in ended.err


def test_nothing_edited(
    run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]
) -> None:
    editor()
    typed("")
    ended = run(*WORDS)
    assert (ended.code, ended.err) == (1, "bulltui: Nothing was edited, so nothing was done.\n")
    assert not runner.ran


def test_what_the_command_line_says_is_in_the_editor(
    run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]
) -> None:
    folder = editor()
    typed("y\n")
    run(*WORDS, "--name", "refund", "--data", "[1]", "--opts", '{"attempts":9}', "--copy")
    assert '"name": "refund"' in (folder / "seen0").read_text()
    assert runner.asked.action == Replay("refund", "[1]", '{"attempts":9}', copy=True)


def test_an_editor_that_fails(
    run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]
) -> None:
    editor(("5", "6"), code=1)
    typed("")
    ended = run(*WORDS)
    assert (ended.code, runner.ran) == (1, [])
    assert ended.err.endswith(" ended with 1; nothing was changed.\n")


@pytest.mark.parametrize(("command", "said"), [("/nowhere/vi", "cannot be started"), ("'", "is no command")])
def test_no_editor(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: Callable[[str], None], command: str, said: str
) -> None:
    monkeypatch.setenv("VISUAL", command)
    typed("")
    ended = run(*WORDS)
    assert ended.code in (1, 2)
    assert said in ended.err


def test_what_is_refused_is_refused_before_the_editor(
    run: Run, runner: FakeRunner, editor: Callable[..., Path], typed: Callable[[str], None]
) -> None:
    folder = editor(("5", "6"))
    runner.error = NotAllowedError("Nothing is changed here: read-only.")
    typed("s\ny\n")
    assert run(*WORDS).code == 5
    assert not list(folder.glob("seen*"))
