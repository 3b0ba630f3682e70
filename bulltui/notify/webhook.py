"""Tells of alerts by a POST: JSON, signed, with an id by which repeats can be told.

`X-Bulltui-Signature: t=SECONDS,v1=HEX` has the HMAC-SHA256 of `SECONDS.BODY` with the secret. `Idempotency-Key` is the
id of the message, the same each time that it is sent.
"""

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from bulltui import __version__
from bulltui.domain.jsontext import dump
from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.notify.templates import filled, is_json
from bulltui.services.watch.messages import fields_of
from bulltui.services.watch.outlets import Message, NotSentError

_SAME_AGAIN = (307, 308)
_PASSES = (408, 425, 429)
_LONGEST_WAIT_S = 3600.0


def post(message: Message, url: str, timeout_s: float, *, secret: str = "", body: str = "") -> None:
    """Sends a message. Raises NotSentError unless the answer is a success. No sentence has the URL in it: of the URLs
    of webhooks the path is the secret."""
    try:
        request = _request(message, url, secret, body)
    except ValueError:
        raise NotSentError("The webhook's URL cannot be understood.", refused=True) from None
    opened: list[http.client.HTTPConnection] = []
    opener = urllib.request.build_opener(_Http(opened), _Https(opened), _SameHostOnly())
    end = threading.Timer(timeout_s, _cut, (opened,))
    end.daemon = True
    began = time.monotonic()
    end.start()
    try:
        with opener.open(request, timeout=timeout_s):
            return  # what it says beside is not read
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error.code, error.headers) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() - began >= timeout_s * 0.99 or isinstance(error, TimeoutError):
            raise NotSentError(f"The webhook did not answer within {timeout_s:g} s.") from None
        raise NotSentError(f"The webhook cannot be reached: {_why(error)}.") from None
    finally:
        end.cancel()


def signature(secret: str, payload: bytes, at_s: int) -> str:
    """What a receiver compares with what it computes itself."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def _request(message: Message, url: str, secret: str, body: str) -> urllib.request.Request:
    payload, kind = _payload(message, body)
    place, who = _without_user(url)
    headers = _headers(message, payload, kind, secret) | who
    return urllib.request.Request(place, data=payload, method="POST", headers=headers)  # noqa: S310 - http or https


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """The URL without user and password, which go into a header."""
    parts = urlsplit(url)
    user, mark, host = parts.netloc.rpartition("@")
    if not mark:
        return url, {}
    coded = base64.b64encode(unquote(user).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {coded}"}


def _payload(message: Message, body: str) -> tuple[bytes, str]:
    if not body:
        return dump(message.document).encode(), "application/json"
    text = filled(body, fields_of(message))
    return text.encode("utf-8", "replace"), "application/json" if is_json(body) else "text/plain; charset=utf-8"


def _headers(message: Message, payload: bytes, kind: str, secret: str) -> dict[str, str]:
    found = {
        "Content-Type": kind,
        "User-Agent": f"bulltui/{__version__}",
        "Idempotency-Key": message.id,
        "X-Bulltui-Id": message.id,
    }
    if secret:
        found["X-Bulltui-Signature"] = signature(secret, payload, int(time.time()))
    return found


def _refused(code: int, headers: Any) -> NotSentError:
    phrase = http.client.responses.get(code, "")
    said = f"{code} {phrase}".strip()
    if 300 <= code < 400:
        return NotSentError(f"The webhook answered {said}: it sends us elsewhere, where we do not go.", refused=True)
    problem = f"The webhook answered {said}."
    if 400 <= code < 500 and code not in _PASSES:
        return NotSentError(problem, refused=True)
    return NotSentError(problem, after_s=_retry_after(headers))


def _retry_after(headers: Any) -> float:
    text = str(headers.get("Retry-After", "") if headers is not None else "").strip()
    return min(float(text), _LONGEST_WAIT_S) if text.isascii() and text.isdigit() else 0.0


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {visible(reason.verify_message)}"
    if isinstance(reason, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(reason, socket.gaierror):
        return "its host has no address"
    if isinstance(reason, http.client.RemoteDisconnected | ConnectionError):
        return "it closed the connection before it answered"
    if isinstance(reason, ValueError):
        return "its URL or its answer cannot be understood"  # whose text would quote it
    said = getattr(reason, "strerror", None) or type(reason).__name__
    return visible(hidden(str(said)))[:200]


def _cut(opened: list[http.client.HTTPConnection]) -> None:
    """Ends connections that take too long in all, however often they say something."""
    for connection in opened:
        sock = getattr(connection, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Http(urllib.request.HTTPHandler):
    def __init__(self, opened: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self._opened = opened

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        def connection(host: str, **given: Any) -> http.client.HTTPConnection:
            self._opened.append(http.client.HTTPConnection(host, **given))
            return self._opened[-1]

        return self.do_open(connection, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, opened: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self._opened = opened

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        def connection(host: str, **given: Any) -> http.client.HTTPConnection:
            made = http.client.HTTPSConnection(host, context=ssl.create_default_context(), **given)
            self._opened.append(made)
            return made

        return self.do_open(connection, req)


class _SameHostOnly(urllib.request.HTTPRedirectHandler):
    """Follows what says that the same is to be sent again to the same server, and nothing else."""

    def redirect_request(  # noqa: PLR0917 - as urllib calls it
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if code not in _SAME_AGAIN or (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)
        return urllib.request.Request(newurl, data=req.data, method="POST", headers=dict(req.header_items()))  # noqa: S310
