"""Starts bulltui: `python -m bulltui` and the script `bulltui`."""

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line, that of the process without `argv`, and gives the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words in (["--version"], ["-V"]):  # answered before anything else is imported
        from bulltui import __version__

        print(f"bulltui {__version__}")
        return 0
    try:
        from bulltui.cli.app import run

        code = run(words)
    except KeyboardInterrupt:  # while modules load
        code = 130
    if argv is None:
        _leave_stuck_threads(code)
    return code


def _leave_stuck_threads(code: int) -> None:
    """Ends the process where threads still hang, in a look-up of a host name that the network never answers: Python
    would wait for them, a person would not."""
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        return
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
