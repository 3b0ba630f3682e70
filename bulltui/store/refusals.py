"""What servers refuse, told apart: one command of several, scripts as such, keys that are on their way."""

from dataclasses import dataclass

from redis.exceptions import NoPermissionError, ResponseError, TryAgainError

from bulltui.store.errors import about_rights


@dataclass(frozen=True, slots=True)
class Refused:
    """An error in place of one answer."""

    text: str

    @property
    def wrong_type(self) -> bool:
        """Whether the key has a foreign type."""
        return self.text.startswith("WRONGTYPE")

    @property
    def moving(self) -> bool:
        """Whether some of several keys are on their way to another node of a Cluster."""
        return self.text.startswith("TRYAGAIN")

    @property
    def forbidden(self) -> bool:
        """Whether the user's rights do not allow it. Within a script it reads differently, and by version."""
        return self.text.upper().startswith("NOPERM") or about_rights(self.text)


MOVING = "cluster-moving"
"""The code of errors about keys that are on their way from one node of a Cluster to another."""

WITHOUT_WORD: dict[type[ResponseError], str] = {NoPermissionError: "NOPERM", TryAgainError: "TRYAGAIN"}
"""From which answers redis-py takes the word in front."""


class ScriptsRefusedError(Exception):
    """The server or the user's rights do not allow scripts."""


UNDECLARED = b"undeclared key"
"""What Dragonfly says of keys that a script names by itself, unless it was told to allow them."""


def about_scripts(error: Exception) -> bool:
    """Whether `error` says that scripts are not allowed, rather than that one went wrong or may not do something."""
    text = str(error).lower()
    if UNDECLARED.decode() in text:
        return True
    if "in script" in text or "executing the script" in text:
        return False
    if isinstance(error, NoPermissionError) or about_rights(text):
        return "eval" in text or "@scripting" in text or "script" in text
    return "unknown command" in text or "unknown redis command" in text or ("script" in text and "disabled" in text)
