"""Who may ask: nobody is kept out, or those with a password, or those with a token."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import sha256

from bulltui.config.watching import MetricsSettings


@dataclass(frozen=True, slots=True)
class Door:
    """Whom a request has to be from. `scheme` is what a client is told to use, empty where anybody may ask."""

    scheme: str = ""
    _wanted: bytes = b""

    @classmethod
    def of(cls, settings: MetricsSettings) -> "Door":
        """The door that the settings want."""
        if settings.token:
            return cls("Bearer", _digest(settings.token.encode()))
        if settings.password:
            return cls("Basic", _digest(f"{settings.username}:{settings.password}".encode()))
        return cls()

    def opens(self, header: str | None) -> bool:
        """Whether this `Authorization` lets somebody in. How long it takes says nothing about how much of it was right:
        digests are compared, all of each."""
        if not self.scheme:
            return True
        scheme, _, rest = (header or "").strip().partition(" ")
        given = rest.strip().encode("latin-1", "replace")
        if scheme.lower() != self.scheme.lower():
            given = b""
        elif self.scheme == "Basic":
            try:
                given = base64.b64decode(given, validate=True)
            except (binascii.Error, ValueError):
                given = b""
        return hmac.compare_digest(_digest(given), self._wanted)


def _digest(text: bytes) -> bytes:
    return sha256(text).digest()
