"""Asks a Prometheus server over HTTP, in a thread: bounded in time and size, and what it answers is untrusted."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from bulltui.config.watching import HistorySettings
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.text import visible

if TYPE_CHECKING:
    import http.client
    import ssl

CONNECT_S = 10.0
"""How long a server may say nothing."""
WHOLE_S = 30.0
"""How long an answer may take altogether."""
MOST_BYTES = 64 * 1024 * 1024
_PART = 256 * 1024
_QUOTED = 300


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is and who we are there. `address` is the URL without secrets."""

    url: str
    address: str
    headers: Mapping[str, str]
    ca: str = ""


def server_of(settings: HistorySettings) -> Server:
    """The server of these settings."""
    parts = urlsplit(settings.url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    netloc = parts.netloc.rpartition("@")[2]
    plain = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
    user, password = (settings.username, settings.password) if settings.username else (user, password)
    headers = {"Accept": "application/json", "User-Agent": "bulltui"}
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token}"
    elif user:
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {encoded}"
    return Server(plain, visible(plain), headers, settings.ca)


def ask(server: Server, path: str, words: Mapping[str, str]) -> Any:
    """What it answers to a call of its API, the part `data`. Blocks.

    Raises UnreachableError where nobody answers in time, and BulltuiError for what it refuses, for an answer that is
    too large and one that is none of Prometheus.
    """
    import urllib.error  # noqa: PLC0415 - slow to load, and only for those who read from there
    import urllib.request  # noqa: PLC0415

    class Stay(urllib.request.HTTPRedirectHandler):
        """Who we are is said to nobody that an answer names."""

        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    handlers: list[urllib.request.BaseHandler] = [Stay()]
    if server.url.startswith("https"):
        handlers.append(urllib.request.HTTPSHandler(context=_context(server)))
    request = urllib.request.Request(  # noqa: S310 - http and https alone, as the configuration checks
        f"{server.url}/api/v1/{path}", urlencode(words).encode(), dict(server.headers), method="POST"
    )
    until = time.monotonic() + WHOLE_S
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=CONNECT_S) as answer:
            return _data(_content(server, answer, until), server)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(server, error, until) from None
    except urllib.error.URLError as error:
        raise _away(server, error.reason) from None
    except (OSError, _http_error()) as error:
        raise _away(server, error) from None


def _http_error() -> type[Exception]:
    import http.client  # noqa: PLC0415

    return http.client.HTTPException


def _context(server: Server) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415

    try:
        return ssl.create_default_context(cafile=server.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise BulltuiError(
            f"The certificates of the history's server cannot be read from {visible(server.ca)}: {_why(error)}.",
            hint="`ca` of `[history]` is a file of PEM certificates.",
            code="history",
        ) from None


def _content(server: Server, answer: "http.client.HTTPResponse", until: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_PART):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise BulltuiError(
                f"{server.address} answers with more than {MOST_BYTES // 1_048_576} MB.",
                hint="Look at fewer queues, or at a shorter time.",
                code="history-size",
            )
        if time.monotonic() > until:
            raise TimeoutError
    return b"".join(parts)


def _data(content: bytes, server: Server) -> Any:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise _no_prometheus(server) from None
    if not isinstance(document, dict) or document.get("status") != "success" or "data" not in document:
        raise _no_prometheus(server)
    return document["data"]


def _no_prometheus(server: Server) -> BulltuiError:
    return BulltuiError(
        f"What {server.address} answers is not the API of Prometheus.",
        hint="`url` of `[history]` is the place below which /api/v1/query lies.",
        code="history",
    )


def _refused(server: Server, error: Any, until: float) -> BulltuiError:
    status = int(error.code)
    if 300 <= status < 400:
        where = visible(_without_user(str(error.headers.get("Location", ""))))[:_QUOTED]
        return BulltuiError(
            f"{server.address} sends elsewhere{f', to {where}' if where else ''}.",
            hint="Nobody but the server of `[history]` is told who we are: write the right place in `url`.",
            code="history",
        )
    if status in (401, 403):
        return BulltuiError(
            f"{server.address} does not let us read ({status}).",
            hint="`username` and `password`, or `token`, of `[history]` say who we are.",
            code="history-auth",
        )
    try:
        document = json.loads(_content(server, error, until))
        said = str(document.get("error", "")) if isinstance(document, dict) else ""
    except (ValueError, RecursionError, OSError, BulltuiError, _http_error()):
        said = ""
    why = f": {' '.join(visible(said).split())[:_QUOTED]}" if said else ""
    return BulltuiError(f"{server.address} answers with an error ({status}){why}.", code="history")


def _without_user(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _away(server: Server, reason: object) -> UnreachableError:
    return UnreachableError(
        f"The history cannot be read from {server.address}: {_why(reason)}.",
        hint="`url` of `[history]` says where its Prometheus server is.",
        code="history",
    )


def _why(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    if isinstance(reason, OSError):
        verify = getattr(reason, "verify_message", "")
        return visible(f"its certificate is not trusted ({verify})" if verify else reason.strerror or str(reason))
    return visible(str(reason)) or type(reason).__name__
