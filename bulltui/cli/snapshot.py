"""`bulltui snapshot`: one frame of the screen as text or as a picture."""

from typing import Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output, connection, screen

app = verb()


@command(
    app,
    "snapshot",
    groups=(screen, connection),
    examples="""
    bulltui snapshot
    bulltui snapshot --width 140 --height 40 --svg > queues.svg
    bulltui snapshot --keys 'enter ]'
    """,
)
def take_snapshot(
    call: Call,
    *,
    width: Annotated[
        int | None, typer.Option("--width", metavar="N", min=20, max=1000, help="Columns. Default: the terminal's.")
    ] = None,
    height: Annotated[
        int | None, typer.Option("--height", metavar="N", min=5, max=500, help="Lines. Default: the terminal's.")
    ] = None,
    svg: Annotated[bool, typer.Option("--svg", help="A picture in place of text.")] = False,
    keys: Annotated[str, typer.Option("--keys", metavar="KEYS", help="Keys to press first, with spaces between.")] = "",
) -> None:
    """Print one frame of the screen."""
    call.refuse(Output.JSON, Output.JSONL, Output.CSV)
    import shutil

    from bulltui.cli.loop import run
    from bulltui.tui.run import snapshot

    size = shutil.get_terminal_size((110, 32))
    frame = run(
        snapshot(
            call.settings, width=width or size.columns, height=height or size.lines, svg=svg, keys=tuple(keys.split())
        )
    )
    call.out.line(frame.rstrip("\n"))
