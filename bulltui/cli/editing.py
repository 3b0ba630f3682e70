"""A job in the editor of a person: opened, checked, and shown as what has changed."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path

from bulltui.cli.confirm import answer, can_ask
from bulltui.cli.output import Out
from bulltui.cli.table import Tone
from bulltui.domain.edited_job import Editable, Edited, edited_job
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.text import visible, visible_lines


def check_terminal() -> None:
    """Raises UsageError where no editor can be shown."""
    if not can_ask():
        raise UsageError("An editor needs a terminal, and this is none.", hint="Use --data, --name and --opts here.")


def edit_job(out: Out, start: Editable, before: Editable) -> tuple[Edited, str]:
    """What has become of a job in the editor, and its text there. What cannot be taken goes back into the editor, if
    the person wants that. Raises BulltuiError."""
    text = start.text
    while True:
        text = _edited(text)
        try:
            return edited_job(before, text), text
        except UsageError as error:
            out.line(out.paint(visible(f"{error.message} {error.hint}".strip()), Tone.BAD))
            if answer(out, "Edit it again? [Y/n] ").strip().lower() not in ("", "y", "yes"):
                raise


def show_difference(out: Out, before: str, after: str) -> None:
    """What has changed, line by line."""
    tones = {"+": Tone.OK, "-": Tone.BAD, "@": Tone.DIM}
    for line in unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=2):
        out.line(out.paint(visible_lines(line), tones.get(line[:1], Tone.PLAIN)))


def choose_copy(out: Out) -> bool | None:
    """Whether it is to be a copy, None for neither."""
    word = answer(out, "Run it under the [s]ame id, as a [c]opy, or [N]ot at all? ").strip().lower()
    return {"s": False, "same": False, "c": True, "copy": True}.get(word)


def _edited(text: str) -> str:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise UsageError(f"$VISUAL or $EDITOR is no command: {visible(command)}.")
    descriptor, name = tempfile.mkstemp(prefix="bulltui-", suffix=".json")  # for nobody else's eyes: mode 0600
    path = Path(name)
    stdout = None if sys.stdout.isatty() else sys.stderr
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        with _ctrl_c_is_the_editors():
            code = subprocess.run([*words, name], check=False, stdout=stdout).returncode  # noqa: S603
        if code:
            raise BulltuiError(f"The editor {visible(words[0])} ended with {code}; nothing was changed.", code="editor")
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError("What was edited is not UTF-8.", hint="Let the editor save UTF-8.", code="json") from None
    except OSError as error:
        raise BulltuiError(
            f"The editor {visible(words[0])} cannot be started: {error.strerror or error}.",
            hint="Set $VISUAL or $EDITOR.",
            code="editor",
        ) from None
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _ctrl_c_is_the_editors() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
