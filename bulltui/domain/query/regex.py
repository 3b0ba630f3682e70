"""Regular expressions."""

import re
from functools import lru_cache


class RegexError(ValueError):
    """A pattern that is not understood, at an index of it."""

    def __init__(self, message: str, at: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


class Regex:
    """A pattern."""

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        try:
            self._compiled = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
        except (re.error, RecursionError, OverflowError) as error:
            raise RegexError(f"The pattern is wrong: {error}.", getattr(error, "pos", 0) or 0) from error

    @staticmethod
    @lru_cache(maxsize=64)
    def of(pattern: str, *, ignore_case: bool = False) -> "Regex":
        return Regex(pattern, ignore_case=ignore_case)

    def found(self, text: str) -> bool:
        """Whether it is somewhere in the text."""
        return self._compiled.search(text) is not None
