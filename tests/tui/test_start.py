"""What the first counts do not need is not loaded before them."""

import subprocess
import sys

import pytest

LATER = (
    "redis",
    "typer",
    "textual.pilot",
    "textual.widgets._data_table",
    "bulltui.tui.widgets.json_view",
    "bulltui.tui.widgets.text_view",
    "bulltui.tui.screens.help",
    "bulltui.tui.screens.palette",
    "bulltui.tui.screens.workers",
    "bulltui.tui.screens.schedulers",
    "bulltui.tui.screens.about",
    "bulltui.tui.screens.audit",
    "bulltui.tui.screens.confirm",
    "bulltui.tui.screens.form",
    "bulltui.tui.screens.undo",
    "bulltui.tui.acts.editing",
    "bulltui.domain.new_job",
    "bulltui.domain.telling",
    "bulltui.services.acting",
    "bulltui.tui.whole",
    "bulltui.demo",
    "bulltui.wiring",
)


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    code = "import sys, bulltui.tui.app; print('\\n'.join(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize("module", LATER)
def test_comes_later(module: str, loaded: set[str]) -> None:
    assert module not in loaded


def test_the_runner_itself_is_light() -> None:
    code = "import sys, bulltui.tui.run; print('textual' in sys.modules, 'redis' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
