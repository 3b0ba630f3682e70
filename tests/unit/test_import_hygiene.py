"""What each command may load. Times on shared machines lie; what is loaded does not (see scripts/cold_start.py)."""

import json
import subprocess
import sys
from pathlib import Path

from bulltui.domain.errors import ExitCode

ROOT = Path(__file__).parents[2]

HEAVY = {"textual", "rich", "prometheus_client", "bullmq", "pydantic", "pygments"}
"""What a command that answers and ends has no use for."""

WATCHING = {"sqlite3", "http.server", "urllib.request", "apprise", "fpdf"}
"""What only watching, its history and its reports have a use for."""

# A port that refuses: the command loads all it needs to connect, and ends.
NOWHERE = ("-u", "redis://127.0.0.1:1")

_PROBE = """
import json, sys
from bulltui.__main__ import main
before = set()
for argv in json.loads(sys.argv[1]):
    code = main(argv)
    now = {name.partition(".")[0] for name in sys.modules} | {"http.server", "urllib.request"} & set(sys.modules)
    print("\\nloaded " + json.dumps([code, sorted(now - before)]))
    before = now
"""


def loaded(*commands: tuple[str, ...]) -> list[tuple[int, set[str]]]:
    """How each of some commands ended in a process of their own, and the top-level packages that it loaded there:
    the first of them all of its own, the others what those before had not."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(commands)], capture_output=True, check=True, cwd=ROOT, text=True
    )
    told = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("loaded ")]
    assert len(told) == len(commands)
    return [(code, set(packages)) for code, packages in told]


def test_the_version_loads_nothing() -> None:
    ((code, packages),) = loaded(("--version",))
    assert code == 0
    assert not packages & (HEAVY | {"typer", "redis", "asyncio", "dataclasses", "inspect"})


def test_help_loads_no_client() -> None:
    commands = (
        ("--help",),
        ("jobs", "list", "--help"),
        ("jobs", "find", "--help"),
        ("jobs", "index", "--help"),
        ("events", "--help"),
        ("queues", "lst"),
    )
    told = loaded(*commands)
    assert "typer" in told[0][1]
    for words, (code, packages) in zip(commands, told, strict=True):
        assert code == (2 if "lst" in words else 0)
        assert not packages & (HEAVY | {"redis", "asyncio", "tantivy"}), words


def test_commands_load_no_screen() -> None:
    commands = (
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
    )
    told = loaded(*((*words, *NOWHERE) for words in commands))
    assert "redis" in told[0][1]
    for words, (code, packages) in zip(commands, told, strict=True):
        assert code == ExitCode.UNREACHABLE, words
        assert not packages & (HEAVY | WATCHING), words


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
