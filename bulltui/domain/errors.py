"""What can go wrong for a user: one plain sentence, the next step, and the exit code of the command line."""

from enum import IntEnum

from bulltui.domain.secrets import hidden


class ExitCode(IntEnum):
    """Exit codes of the contract (docs/architecture.md, section 3)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    NOT_FOUND = 4
    NOT_ALLOWED = 5
    UNREACHABLE = 6


class BulltuiError(Exception):
    """An error with a sentence for people.

    `code` is a stable lower-case word for scripts, `message` says what and why, `hint` says what to do next.
    Neither ever holds a password.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "", code: str = "failed") -> None:
        self.message = hidden(message)  # a server may quote what it was sent
        self.hint = hidden(hint)
        super().__init__(self.message)
        self.code = code


class UsageError(BulltuiError):
    """The call or the configuration is wrong."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str = "", code: str = "usage") -> None:
        super().__init__(message, hint=hint, code=code)


class NotFoundError(BulltuiError):
    """No such queue or job."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, message: str, *, hint: str = "", code: str = "not-found") -> None:
        super().__init__(message, hint=hint, code=code)


class NotAllowedError(BulltuiError):
    """Refused: read-only, a role, or the rights of the Redis user."""

    exit_code = ExitCode.NOT_ALLOWED

    def __init__(self, message: str, *, hint: str = "", code: str = "not-allowed") -> None:
        super().__init__(message, hint=hint, code=code)


class UnreachableError(BulltuiError):
    """The server does not answer, or is no Redis."""

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, message: str, *, hint: str = "", code: str = "unreachable") -> None:
        super().__init__(message, hint=hint, code=code)
