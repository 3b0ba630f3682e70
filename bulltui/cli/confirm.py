"""What a change would do, told before it happens, and whether it shall."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bulltui.cli.options import Given
from bulltui.cli.output import Out
from bulltui.cli.table import Tone
from bulltui.config.settings import Settings
from bulltui.domain.errors import UsageError
from bulltui.domain.outcome import Preview
from bulltui.domain.text import visible


def can_ask() -> bool:
    """Whether a person sits there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def check_given(given: Given) -> None:
    """Raises UsageError where nobody can be asked and nobody said yes."""
    if not (given.yes or given.dry_run or can_ask()):
        raise UsageError(
            "This changes something, and there is no terminal to ask on.",
            hint="Say --yes to do it, or --dry-run to see what would be done.",
            code="not-confirmed",
        )


def preview_lines(out: Out, preview: Preview, settings: Settings) -> Iterator[str]:
    """A preview for people."""
    if settings.production:
        profile = f"  profile {visible(settings.profile)}" if settings.profile else ""
        yield out.paint(f" PRODUCTION {profile}", Tone.ALARM)
    yield out.paint(visible(preview.title), Tone.TITLE)
    for line in preview.lines:
        yield f"  {visible(line)}"
    for warning in preview.warnings:
        yield "  " + out.paint(f"! {visible(warning)}", Tone.WARN)
    if preview.samples:
        yield "  " + out.paint(f"such as {', '.join(map(visible, preview.samples))}", Tone.DIM)
    if not preview.undoable:
        yield "  " + out.paint("This cannot be undone.", Tone.WARN)


def confirmed(out: Out, preview: Preview, settings: Settings) -> bool:
    """Asks, the default being no. Ctrl+C and the end of the input are a no as well."""
    for line in preview_lines(out, preview, settings):
        out.line(line)
    if not preview.type_name:
        return answer(out, "Do it? [y/N] ").strip().lower() in ("y", "yes")
    return answer(out, f"Type {visible(preview.type_name)} to do it: ") == preview.type_name


def answer(out: Out, question: str) -> str:
    """What a person types, empty at the end of the input."""
    with _ctrl_c_at_once():
        out.stream.write(question)
        out.flush()
        return sys.stdin.readline().rstrip("\r\n")


@contextmanager
def _ctrl_c_at_once() -> Iterator[None]:
    """The event loop would only take note of Ctrl+C; somebody who is asked means the whole command."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
