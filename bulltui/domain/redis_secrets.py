"""Passwords in what a server tells of itself: its settings, its users, the commands that were slow.

These are masked for everybody, whatever the role: a password on a screen is one in a window that is shared and in a
scrollback. By the kind of answer, not by the name of a command alone, since servers may have other names for theirs.
What lies in keys is no business of this, but of `redact`.
"""

import re
from collections.abc import Sequence

from bulltui.domain.redis_commands import READ_ONLY, part_of, verb_of
from bulltui.domain.redis_reply import Reply
from bulltui.domain.secrets import SIGN
from bulltui.domain.text import exact, to_bytes

_SIGN = SIGN.encode()
_SPEAKS = re.compile(
    rb"pass|pwd|secret|token|credential|auth2?$|(?:api|access|private|encryption)[-_.]?key$", re.IGNORECASE
)
"""Names of settings and words of commands behind which a password stands: `requirepass`, `masterauth`,
`tls-key-file-pass`; not `tls-auth-clients`, `tls-key-file`, `masteruser`."""

_IN_URL = re.compile(rb"(://[^:/@\s]*:)\S+@")
_IS_OF_USER = re.compile(rb"[#><!].")
_OF_USER = re.compile(rb"(?<=\s)([#><!])\S+")
_HIDDEN = (b"", b"(redacted)", _SIGN)
"""What hides nothing: none is set, or the server masked it."""

_TELLS_SETTINGS = ("GET", "GETUSER")
_ALL_OF_THEM_BEHIND = frozenset(("AUTH", "HELLO"))
_WITH_PASSWORDS = frozenset(("ACL", "CONFIG", "MIGRATE", "MODULE", "SENTINEL"))


def without_passwords(words: Sequence[bytes], reply: Reply) -> tuple[Reply, tuple[str, ...]]:
    """The answer to a command with its passwords masked, and what they are called. A hash of one is masked as well: it
    is tried offline until it gives in."""
    if verb_of(words) in READ_ONLY or len(words) < 2:
        return reply, ()
    part = part_of(words[1:] if part_of(words) == "CONFIG" else words)  # SENTINEL CONFIG GET
    mask = _Mask()
    if part in _TELLS_SETTINGS:
        reply = mask.settings(reply)
    elif part == "LIST":
        reply = mask.listed(reply)
    return reply, tuple(dict.fromkeys(mask.names))


class _Mask:
    def __init__(self) -> None:
        self.names: list[str] = []

    def settings(self, reply: Reply) -> Reply:
        """Names and values, entries of a slow log, or lists of either."""
        if isinstance(reply, dict):
            return {name: self._setting(name, value) for name, value in reply.items()}
        if not isinstance(reply, list):
            return reply
        if _is_slow_call(reply):
            return [*reply[:3], self.words(reply[3]), *reply[4:]]
        if len(reply) % 2 == 0 and all(isinstance(name, bytes) for name in reply[::2]):
            return [self._setting(reply[at - 1], value) if at % 2 else value for at, value in enumerate(reply)]
        return [self.settings(one) for one in reply]

    def listed(self, reply: Reply) -> Reply:
        """Lines about users, or modules with the words that they were loaded with."""
        if not isinstance(reply, list):
            return reply
        return [self._user(one) if isinstance(one, bytes) else self._module(one) for one in reply]

    def words(self, words: Sequence[Reply]) -> list[Reply]:
        """The words of a command. What is data of keys stays, since nobody knows what it is."""
        texts = [word if isinstance(word, bytes) else b"" for word in words]
        verb = verb_of(texts)
        if verb in _ALL_OF_THEM_BEHIND:
            upper = [word.upper() for word in texts]
            start = upper.index(b"AUTH") + 1 if b"AUTH" in upper else len(texts)
            return [*words[:start], *(self._hide(word, verb) for word in words[start:])]
        if verb == "ACL":
            return [self._hide(word, verb) if _IS_OF_USER.match(word) else word for word in texts]
        if verb in _WITH_PASSWORDS or "CONFIG" in verb or "CLUSTER" in verb:
            return self._behind_names(words, verb)
        return list(words)

    def _setting(self, name: Reply, value: Reply) -> Reply:
        shown = exact(name) if isinstance(name, bytes | str) else str(name)
        if _SPEAKS.search(to_bytes(shown)):
            return self._hide(value, shown)
        return self._without_urls(value, shown)

    def _behind_names(self, words: Sequence[Reply], name: str) -> list[Reply]:
        found: list[Reply] = []
        left = 0
        for word in words:
            found.append(self._hide(word, name) if left else self._without_urls(word, name))
            left = max(0, left - 1)
            if isinstance(word, bytes) and _SPEAKS.search(word):
                left = max(left, 2 if word.upper() == b"AUTH2" else 1)
        return found

    def _user(self, line: bytes) -> bytes:
        if not line.startswith(b"user "):
            return line
        name = exact(line.split()[1]) if len(line.split()) > 1 else ""
        return _OF_USER.sub(lambda found: self._of_user(found, f"password of {name}"), line)

    def _of_user(self, found: "re.Match[bytes]", name: str) -> bytes:
        self.names.append(name)
        return found[1] + _SIGN

    def _module(self, one: Reply) -> Reply:
        if isinstance(one, dict):
            return {name: self._args(name, value) for name, value in one.items()}
        if isinstance(one, list):
            return [self._args(one[at - 1], value) if at % 2 else value for at, value in enumerate(one)]
        return one

    def _args(self, name: Reply, value: Reply) -> Reply:
        return self._behind_names(value, "args") if name == b"args" and isinstance(value, list) else value

    def _without_urls(self, value: Reply, name: str) -> Reply:
        if not isinstance(value, bytes) or not _IN_URL.search(value):
            return value
        self.names.append(name)
        return _IN_URL.sub(rb"\1" + _SIGN + rb"@", value)

    def _hide(self, value: Reply, name: str) -> Reply:
        if isinstance(value, list | set | frozenset):
            return [self._hide(one, name) for one in value]
        if value is None or value in _HIDDEN:
            return value
        self.names.append(name)
        return _SIGN


def _is_slow_call(reply: list[Reply]) -> bool:
    return len(reply) > 3 and isinstance(reply[3], list) and all(isinstance(number, int) for number in reply[:3])
