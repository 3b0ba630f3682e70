"""Tells a person or a program what went wrong, in one line and without secrets."""

import os
import re
import shutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from bulltui.domain.address import secrets_of, without_secrets
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.jsontext import dump
from bulltui.domain.query.query import QueryError, pointer
from bulltui.domain.secrets import hidden, know
from bulltui.domain.text import visible, visible_lines

DEBUG = "BULLTUI_DEBUG"
SECRET_VARIABLES = ("BULLTUI_PASSWORD", "REDISCLI_AUTH")
"""Variables of the environment that hold a password and nothing else."""


def wants_json(argv: Sequence[str]) -> bool:
    """Whether errors are to be JSON. Read from the plain words, since the parsing itself may be what fails."""
    chosen = ""
    for index, word in enumerate(argv):
        if word in ("-o", "--output"):
            chosen = argv[index + 1] if index + 1 < len(argv) else ""
        elif word.startswith("--output="):
            chosen = word.partition("=")[2]
        elif word.startswith("-o") and not word.startswith("--"):
            chosen = word[2:].removeprefix("=")
    return chosen.lower() in ("json", "jsonl")


def redacted(text: str, argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> str:
    """`text` without any secret of this run: those that were read somewhere (`domain.secrets`), and the passwords of
    any URL that the command line or the environment names, also before these were read."""
    know(*(environment.get(name, "") for name in SECRET_VARIABLES))
    text = hidden(text)
    urls = [word.partition("=")[2] if word.startswith("--url=") else word for word in argv if "@" in word]
    urls += [environment.get(name, "") for name in ("BULLTUI_URL", "REDIS_URL")]
    for url in filter(None, (url.removeprefix("-u") if url.startswith("-u") else url for url in urls)):
        text = without_secrets(text, url)
        # A password with signs that divide a URL may be quoted in part, by who could not read it.
        for piece in (piece for secret in secrets_of(url) for piece in re.split("[/?#@:]", secret)):
            text = text.replace(piece, "***") if len(piece) > 2 else text
    return text


def report(error: BulltuiError, argv: Sequence[str]) -> None:
    """Writes `error` to standard error: a line, or with `-o json` an object."""
    message, hint = (" ".join(redacted(text, argv).split()) for text in (error.message, error.hint))
    if wants_json(argv):
        place = {"at": error.at} if isinstance(error, QueryError) else {}
        text = dump({"error": {"code": error.code, "message": message, "hint": hint} | place})
    else:
        text = f"bulltui: {visible(message)}"
        if hint:
            text += f"{'' if message.endswith(('.', '?', '!', ':')) else '.'} {visible(hint)}"
    print(text, file=sys.stderr)  # noqa: T201
    if isinstance(error, QueryError) and not wants_json(argv):
        for line in pointer(error, _width()):
            print(f"  {redacted(line, argv)}", file=sys.stderr)  # noqa: T201


def _width() -> int:
    """Columns for a query that is pointed into."""
    return shutil.get_terminal_size().columns - 2


def from_parser(error: Any) -> UsageError:
    """What the parser of the command line says, on one line and with where to read on."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "bulltui"
    commands = getattr(context.command, "commands", None) if context is not None else None
    message = " ".join(error.format_message().split())
    if commands and message.startswith(("Missing command", "Usage:")):
        message = f"`{path}` needs a command: {', '.join(commands)}."
    return UsageError(message, hint=f"`{path} --help` tells more.")


def unexpected(error: BaseException, argv: Sequence[str]) -> BulltuiError:
    """A sentence for an error that nobody foresaw; with BULLTUI_DEBUG set its traceback is written first."""
    if os.environ.get(DEBUG):
        print(visible_lines(redacted("".join(traceback.format_exception(error)), argv)), file=sys.stderr)  # noqa: T201
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return BulltuiError(
        f"Something unexpected went wrong: {what[:300]}",
        hint=f"Run it again with {DEBUG}=1 for the details, and please report them.",
        code="unexpected",
    )
