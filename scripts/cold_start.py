"""How long commands take to start, and how much they load: `python -m scripts.cold_start`.

Prints the best and the median of several runs in ms, and how many modules were loaded. The tests do not look at times,
since those of a shared machine say little; tests/unit/test_import_hygiene.py looks at what is loaded.
"""

import statistics
import subprocess
import sys
import time

RUNS = 7
NOWHERE = ("-u", "redis://127.0.0.1:1")
CALLS: tuple[tuple[str, ...], ...] = (
    ("--version",),
    ("--help",),
    ("queues", "list", *NOWHERE),
    ("jobs", "list", "q", "-s", "failed", *NOWHERE),
    ("doctor", *NOWHERE),
)
IMPORTS = (
    "typer",
    "asyncio",
    "redis.asyncio",
    "bulltui.cli.app",
    "bulltui.wiring, bulltui.store.reader",
    "textual.app",
)

_COUNT = "import sys; from bulltui.__main__ import main; main(sys.argv[1:]); print(len(sys.modules), file=sys.stderr)"


def _times(words: list[str]) -> list[float]:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(words, capture_output=True, check=False)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _modules(code: str, *argv: str) -> int:
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, check=False, text=True)
    return int(done.stderr.split()[-1])


def _line(label: str, times: list[float], modules: int) -> None:
    print(f"{label:52} {min(times):6.0f} ms best {statistics.median(times):6.0f} ms median {modules:6} modules")


def main() -> None:
    """Prints the table."""
    _line(
        "python -c pass",
        _times([sys.executable, "-c", "pass"]),
        _modules("import sys; print(len(sys.modules), file=sys.stderr)"),
    )
    for names in IMPORTS:
        code = f"import sys, {names}"
        _line(code, _times([sys.executable, "-c", code]), _modules(f"{code}; print(len(sys.modules), file=sys.stderr)"))
    for words in CALLS:
        _line(f"bulltui {' '.join(words)}", _times([sys.executable, "-m", "bulltui", *words]), _modules(_COUNT, *words))


if __name__ == "__main__":
    main()
