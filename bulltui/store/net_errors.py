"""What goes wrong on the way to a server, as sentences for people: names, routes, sockets, TLS, time."""

import asyncio
import errno
import re
import socket
import ssl

from redis import exceptions as redis_errors

from bulltui.domain.errors import UnreachableError
from bulltui.domain.text import visible

_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL)

_CERTIFICATE_HAS_EXPIRED, _NOT_YET_VALID, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
"""Codes of OpenSSL."""


def network_error(cause: BaseException, address: str, *, tls: bool) -> UnreachableError | None:
    """The sentence for one error of the network; None where it is none."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, address)
    if isinstance(cause, ssl.SSLError):
        return _not_agreed(cause, address)
    if isinstance(cause, socket.gaierror):
        return UnreachableError(
            f"The host of {address} is not known: {cause.strerror}.",
            hint="Check the name in the URL, and DNS or the VPN.",
            code="unknown-host",
        )
    if isinstance(cause, ConnectionRefusedError) or (
        # All addresses of a host, told in one error.
        isinstance(cause, OSError) and cause.errno is None and "Connect call failed" in str(cause)
    ):
        return UnreachableError(
            f"Nothing listens at {address}: connection refused.",
            hint="Check host and port of the URL, and that the server runs.",
            code="refused",
        )
    if isinstance(cause, OSError) and cause.errno in _NO_ROUTE:
        return UnreachableError(
            f"There is no way to the host of {address}: {cause.strerror}.",
            hint="Check the address, the network and the VPN.",
            code="no-route",
        )
    if isinstance(cause, FileNotFoundError) and address.startswith("unix"):
        return UnreachableError(
            f"There is no socket at {address}.", hint="Check the path of the unix:// URL.", code="refused"
        )
    if isinstance(cause, PermissionError) and address.startswith("unix"):
        return UnreachableError(
            f"The socket at {address} may not be opened: permission denied.",
            hint="Check the socket's mode and group.",
            code="refused",
        )
    if isinstance(cause, redis_errors.TimeoutError | TimeoutError | asyncio.TimeoutError):
        hint = (
            "If the server has no TLS, use redis:// in place of rediss://."
            if tls
            else "It may be busy, paused or behind a firewall that drops packets."
        )
        return UnreachableError(f"{address} did not answer in time.", hint=hint, code="timeout")
    return None


def _untrusted(cause: ssl.SSLCertVerificationError, address: str) -> UnreachableError:
    number = getattr(cause, "verify_code", 0)
    why = visible(cause.verify_message or cause.reason or "it cannot be checked").rstrip(".")
    if number in (_CERTIFICATE_HAS_EXPIRED, _NOT_YET_VALID):
        return UnreachableError(
            f"The certificate of {address} has expired or is not valid yet: {why}.",
            hint="It has to be renewed, unless the clock of this machine is wrong.",
            code="tls-expired",
        )
    if number in (_OTHER_NAME, _OTHER_ADDRESS) or "match" in why.lower():
        return UnreachableError(
            f"The certificate of {address} is for another host: {why}.",
            hint="Write the host as the certificate names it, or name that: --server-name, in a profile `server_name`.",
            code="tls-name",
        )
    return UnreachableError(
        f"The certificate of {address} is not trusted: {why}.",
        hint="For a private CA name its certificate: `--ca FILE`, in a profile `ca`.",
        code="tls-untrusted",
    )


_CLIENT_CERTIFICATE = re.compile(
    r"ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|"
    r"CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|ACCESS_DENIED)"
)
_VERSIONS = re.compile(r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|ALERT_HANDSHAKE_FAILURE|ALERT_INSUFFICIENT_SECURITY")


def _not_agreed(cause: ssl.SSLError, address: str) -> UnreachableError:
    reason = visible(cause.reason or str(cause)).strip()
    if _CLIENT_CERTIFICATE.search(reason):
        return UnreachableError(
            f"{address} did not accept our certificate, or wants one: {reason}.",
            hint="Name one that its CA signed: `--cert FILE --key FILE`, in a profile `cert` and `key`.",
            code="tls-client-certificate",
        )
    if _VERSIONS.search(reason):
        return UnreachableError(
            f"{address} speaks TLS, but no version or cipher that this machine does, or it wants our certificate: "
            f"{reason}.",
            hint="`?ssl_min_version=` and `ssl_ciphers=` behind the URL choose others; its own are in tls-protocols.",
            code="tls-version",
        )
    return no_tls(address, reason)


def no_tls(address: str, reason: str) -> UnreachableError:
    """It was spoken to in TLS."""
    return UnreachableError(
        f"{address} does not speak TLS: {reason}.",
        hint="Use redis:// in place of rediss:// for a server without TLS.",
        code="no-tls",
    )
