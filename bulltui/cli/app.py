"""The root of the command line: the screen when no command is given, and what every run has in common."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.main import get_command

from bulltui import __version__
from bulltui.cli.call import Call
from bulltui.cli.errors import from_parser, report, unexpected
from bulltui.cli.grammar import PlainGroup, with_options
from bulltui.cli.options import connection, history, metrics, screen
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.secrets import forget

# The common base of all that the parser raises; Typer exports only one class of that family.
_PARSER_ERRORS: type[Exception] = typer.BadParameter.__mro__[2]

_EXAMPLES = """
bulltui                                      the screen, on redis://127.0.0.1:6379
bulltui -u rediss://ops@redis.internal:6380  another server; BULLTUI_URL works as well
bulltui queues list --sort failed            all queues, the most failures first
bulltui jobs list payments --state failed    the failed jobs of a queue
bulltui jobs find 'error:ETIMEDOUT failed:<1h'  jobs by what is in them, in all queues
bulltui jobs errors                          failed jobs by their error
bulltui queues retry-all payments            run them again; `bulltui undo` takes back what can be
bulltui doctor                               checks of the server and the connection
bulltui monitor                              history, alerts and metrics as a service
bulltui demo                                 a shop full of jobs, without any server
"""

_COMMANDS = (
    "queues",
    "jobs",
    "workers",
    "schedulers",
    "events",
    "alerts",
    "history",
    "undo",
    "audit",
    "report",
    "monitor",
    "snapshot",
    "doctor",
    "redis",
    "acl",
    "config",
    "demo",
)
"""The commands in the order of their use. Each is a module of this package by that name, with its Typer in `app`."""


class _Commands(Mapping[str, Any]):
    """The commands by name, each made when it is asked for: a call loads only the modules of its own command."""

    def __getitem__(self, name: str) -> Any:
        if name not in _COMMANDS:
            raise KeyError(name)
        return get_command(import_module(f"bulltui.cli.{name}").app)

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Root(PlainGroup):
    """The root of all commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands = _Commands()  # type: ignore[assignment]


app = typer.Typer(name="bulltui", rich_markup_mode=None, cls=_Root, pretty_exceptions_enable=False)


def _root(
    call: Call,
    *,
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.", is_eager=True)] = False,
) -> int | None:
    """See, understand and fix BullMQ queues.

    Without a command this opens the screen.
    """
    if version:
        call.out.line(f"bulltui {__version__}")
        raise typer.Exit
    if call.context.invoked_subcommand is not None:
        return None
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The screen needs a terminal, and this is none.",
            hint="`bulltui queues list` and `bulltui snapshot` work everywhere; `bulltui --help` lists all commands.",
        )
    from bulltui.tui.run import run as run_screen

    settings = call.settings
    pick = bool(settings.known) and not call.given.names_a_server()
    return run_screen(settings, of=call.given.settings_for, pick=pick)


app.callback(invoke_without_command=True, epilog=_EXAMPLES)(with_options(_root, (screen, metrics, history, connection)))


def run(argv: Sequence[str]) -> int:
    """Runs a command line and gives its exit code. Nothing but the code comes out: no exception, no traceback."""
    _prepare_streams()
    forget()  # a run knows its own secrets only
    try:
        result = get_command(app).main(args=list(argv), prog_name="bulltui", standalone_mode=False)
    except BulltuiError as error:
        return _failed(error, argv)
    except _PARSER_ERRORS as error:
        return _failed(from_parser(error), argv)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except SystemExit as end:  # the parser ends the process by itself after a completion script or a closed pipe
        return end.code if isinstance(end.code, int) else 0
    except OSError as error:  # those of the network are explained where they come up: this is a full disk or the like
        return _failed(BulltuiError(f"The output cannot be written: {error.strerror or error}.", code="output"), argv)
    except Exception as error:
        return _failed(unexpected(error, argv), argv)
    return result if isinstance(result, int) else 0


def _failed(error: BulltuiError, argv: Sequence[str]) -> int:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    report(error, argv)
    return int(error.exit_code)


def _prepare_streams() -> None:
    """Programs get UTF-8 whatever the locale; a terminal that lacks a sign shows another one instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="replace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")
