"""Tells of alerts by a command: the message as JSON on its input, the main things in its environment."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence

from bulltui.children.keeper import why_not
from bulltui.domain.jsontext import dump
from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.notify.templates import filled
from bulltui.services.watch.messages import fields_of
from bulltui.services.watch.outlets import Message, NotSentError

_HOLD_SECRETS = ("BULLTUI_PASSWORD", "BULLTUI_PASSWORD_COMMAND")
_SAID = 200
_LONGEST = 8_000
"""So many characters of a text are put into the environment, which has little room; the input has all of it."""


def run_command(message: Message, argv: Sequence[str], timeout_s: float, *, title: str = "", body: str = "") -> None:
    """Runs `argv` without a shell and waits for its end. One that takes too long is killed with all that it started.
    Raises NotSentError unless it ends with 0."""
    if reason := why_not(argv[0]):
        raise NotSentError(f"{visible(argv[0])} cannot be run: {reason}.")
    with tempfile.TemporaryFile() as errors:
        try:
            child = subprocess.Popen(  # noqa: S603 - as the configuration has it, without a shell
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                env=_environment(message, title, body),
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise NotSentError(f"{visible(argv[0])} cannot be run: {visible(why)}.") from None
        try:
            child.communicate(dump(message.document).encode(), timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _kill(child)
            raise NotSentError(f"{visible(argv[0])} did not end within {timeout_s:g} s and was killed.") from None
        except BaseException:
            _kill(child)
            raise
        if child.returncode:
            raise NotSentError(f"{visible(argv[0])} ended with {child.returncode}{_last_line(errors.fileno())}.")


def _environment(message: Message, title: str, body: str) -> dict[str, str]:
    values = dict(fields_of(message))
    if title:
        values["title"] = filled(title, values)
    if body:
        values["text"] = filled(body, values)
    kept = {name: value for name, value in os.environ.items() if name not in _HOLD_SECRETS}
    return kept | {f"BULLTUI_ALERT_{name.upper()}": _line(value) for name, value in values.items()}


def _line(value: str) -> str:
    """A value as an environment takes it: no NUL, nothing that moves a terminal, lines kept."""
    text = "\n".join(map(visible, value.splitlines()))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """It and all that it started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    child.wait()


def _last_line(errors: int) -> str:
    size = os.lseek(errors, 0, os.SEEK_END)
    os.lseek(errors, max(0, size - 4096), os.SEEK_SET)
    lines = os.read(errors, 4096).decode("utf-8", "replace").strip().splitlines()
    return f": {visible(hidden(lines[-1].strip()))[:_SAID].rstrip('.')}" if lines else ""
