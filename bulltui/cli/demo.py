"""`bulltui demo`: a server of our own with a shop full of jobs on it, and the screen on that."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output, connection, screen
from bulltui.domain.errors import BulltuiError, UsageError

if TYPE_CHECKING:
    from bulltui.demo.shop import Demo

_LOOK_S = 0.5
NOTE = "demo"
_TAKEN = ("BULLTUI_CONFIG", "BULLTUI_HISTORY", "BULLTUI_READ_ONLY", "BULLTUI_ROLE", "BULLTUI_THEME")


app = verb()


@command(
    app,
    "demo",
    groups=(screen, connection),
    examples="""
    bulltui demo
    bulltui demo --queues 1000 --backlog 100000
    bulltui demo --headless &   then: bulltui -u THE-URL queues list
    """,
)
def run_demo(
    call: Call,
    *,
    headless: Annotated[
        bool, typer.Option("--headless", help="Print the URL and keep running, without the screen.")
    ] = False,
    queues: Annotated[int | None, typer.Option("--queues", metavar="N", min=1, help="How many queues.")] = None,
    backlog: Annotated[
        int | None, typer.Option("--backlog", metavar="N", min=1, help="Waiting jobs to add at the start.")
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", metavar="N", min=0.1, help="New jobs a second.")] = None,
) -> int:
    """Try bulltui without any server.

    Starts a private Redis and a simulated shop on BullMQ, and removes both at the end. Needs `pip install
    'bulltui[demo]'`.
    """
    call.refuse(Output.CSV)
    for name, word in (("--url", call.given.url), ("--profile", call.given.profiles)):
        if word:
            raise UsageError(f"The demo brings its own server and takes no {name}.", hint="Leave it out.")
    from bulltui.demo.shop import Demo

    given = (("--queues", queues), ("--backlog", backlog), ("--rate", rate))
    options = [word for name, value in given if value is not None for word in (name, str(value))]
    with _ends_on_sigterm(), Demo(options) as demo:
        if headless:
            return _keep_running(call, demo)
        from bulltui.tui.run import run

        # What the environment or the configuration say of another server is not said of this one.
        ours = {name: os.environ[name] for name in _TAKEN if name in os.environ}
        settings = replace(call.given, url=demo.url).settings(ours)
        return run(replace(settings, state_folder=str(demo.state_folder), known=()), demo_note=NOTE)


def _keep_running(call: Call, demo: "Demo") -> int:
    if call.output is Output.TABLE:
        call.out.line(demo.url)
    else:
        call.out.document({"url": demo.url}, short=True)
    call.out.flush()
    while (problem := demo.problem()) is None:
        time.sleep(_LOOK_S)
    raise BulltuiError(problem, hint="Start it again; the demo keeps nothing.")


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """Lets SIGTERM end the demo as Ctrl+C does, so that it can clean up."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
