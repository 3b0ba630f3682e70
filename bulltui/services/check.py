"""What a check of the server finds."""

from dataclasses import dataclass
from typing import Literal

from bulltui.domain.errors import BulltuiError, ExitCode

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: a sentence, what to do about it, and the cases it is about. `exit_code` is that of a bad one."""

    name: str
    level: Level
    message: str
    hint: str = ""
    details: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.FAILED


def failed(name: str, error: BulltuiError) -> Check:
    """A check that an error stopped."""
    return Check(name, "bad", error.message, error.hint, exit_code=error.exit_code)
