"""What each command may load. Times on shared machines lie; what is loaded does not (see scripts/cold_start.py)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HEAVY = {"textual", "rich", "prometheus_client", "bullmq", "pydantic", "pygments"}
"""What a command that answers and ends has no use for."""

# A port that refuses: the command loads all it needs to connect, and ends.
NOWHERE = ("-u", "redis://127.0.0.1:1")

_PROBE = """
import json, sys
from bulltui.__main__ import main
code = main(json.loads(sys.argv[1]))
print("\\n" + json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def loaded(*argv: str) -> set[str]:
    """The top-level packages in a process that ran a command line."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(argv)], capture_output=True, check=True, cwd=ROOT, text=True
    )
    _, packages = json.loads(done.stdout.splitlines()[-1])
    return set(packages)


def test_the_version_loads_nothing() -> None:
    assert not loaded("--version") & (HEAVY | {"typer", "redis", "asyncio", "dataclasses", "inspect"})


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("jobs", "list", "--help"),
        ("jobs", "find", "--help"),
        ("jobs", "index", "--help"),
        ("events", "--help"),
        ("queues", "lst"),
    ],
    ids=str,
)
def test_help_loads_no_client(words: tuple[str, ...]) -> None:
    assert not loaded(*words) & (HEAVY | {"redis", "asyncio", "tantivy"})


@pytest.mark.parametrize(
    "words",
    [
        ("queues", "list"),
        ("queues", "list", "--sort", "failed", "-o", "json", "-q", "x"),
        ("queues", "show", "q"),
        ("jobs", "list", "q", "-s", "failed", "--limit", "5"),
        ("jobs", "show", "q", "1"),
        ("jobs", "logs", "q", "1", "--tail", "3"),
        ("workers", "list"),
        ("schedulers", "list", "q"),
        ("jobs", "retry", "q", "1", "--yes"),
        ("jobs", "add", "q", "name", "--dry-run"),
        ("jobs", "find", "error:x -data.n>1 /a+/", "--then", "remove", "--yes"),
        ("jobs", "errors", "q", "--sort", "trend"),
        ("jobs", "why", "q", "1"),
        ("jobs", "flow", "q", "1"),
        ("jobs", "export", "q", "--format", "csv"),
        ("events", "q", "--no-follow"),
        ("queues", "pause", "q", "--yes"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_commands_load_no_screen(words: tuple[str, ...]) -> None:
    packages = loaded(*words, *NOWHERE)
    assert "redis" in packages
    assert not packages & HEAVY


def test_the_simulators_library_is_nobody_elses() -> None:
    """Nothing in the package imports `bullmq`, whatever is loaded."""
    code = (
        "import pkgutil, importlib, sys, bulltui\n"
        "for module in pkgutil.walk_packages(bulltui.__path__, 'bulltui.'):\n"
        "    if '_simulator' not in module.name and not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
        "assert 'bullmq' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
