"""Starts bulltui: `python -m bulltui` and the script `bulltui`."""

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line and gives the exit code. Without `argv` it is the process's own, which then ends here."""
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
        _end(code)
    return code


def _end(code: int) -> None:
    """Ends the process without taking the interpreter apart.

    That takes longer than many a command; and it waits for every thread, also for one that hangs in a look-up of a
    host name which the network never answers.
    """
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # whoever read it has gone
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
