"""One request: read within bounds of time and size, answered, and the connection closed."""

import io
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Any

_log = logging.getLogger(__name__)

READ_S = 5.0
"""How long a client may take to say what it wants, all of it."""
WRITE_S = 30.0
"""How long it may take to read the answer."""
HEAD_BYTES = 16 * 1024
"""How much it may say."""
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants: the path without its query, and the headers."""

    path: str
    headers: Message = field(default_factory=Message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What they get."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class _Head(io.RawIOBase):
    """What a client sends, until its time is up or it has said enough."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = time.monotonic() + READ_S
        self._left = HEAD_BYTES

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises TimeoutError and HTTPException where a client goes too far."""
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise HTTPException("too much")
        self._connection.settimeout(left_s)
        read = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= read
        return read


class Request(BaseHTTPRequestHandler):
    """Answers GET and HEAD by `server.answer` and refuses all else. It logs nothing: the terminal is a screen's."""

    server: "Answering"  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """See socketserver."""
        self.connection = self.request
        self.rfile = io.BufferedReader(_Head(self.connection))
        self.wfile = io.BytesIO()
        self.close_connection = True

    def finish(self) -> None:
        """See socketserver."""
        self.rfile.close()

    def handle(self) -> None:
        """One request, then the end: a scrape every few seconds has no use for a connection that stays, and those who
        only hold one have no chance to."""
        began = time.monotonic()
        self._status = 0
        try:
            self.handle_one_request()
        except HTTPException:
            self._refuse(431, "The request is too large.")
        if self._status:
            self.server.served(getattr(self, "command", "") or "", self._path, self._status, time.monotonic() - began)

    def do_GET(self) -> None:
        """An answer with its body."""
        self.server.reads_no_more(self.connection)
        try:
            answer = self.server.answer(Asked(self._path, getattr(self, "headers", Message())))  # HTTP/0.9 has none
        except Exception:
            _log.exception("A request cannot be answered")
            answer = Answer(500, b"Something went wrong here.\n")
        self._send(answer)

    def do_HEAD(self) -> None:
        """The same without."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class has to object to."""
        if code == 501:
            self._send(Answer(405, b"GET and HEAD only.\n", headers=(("Allow", "GET, HEAD"),)))
        else:
            self._refuse(code, "This is no request that is understood here.")

    def log_message(self, *_: object) -> None:
        """Nothing."""

    @property
    def _path(self) -> str:
        return (getattr(self, "path", "") or "").partition("?")[0].partition("#")[0]

    def _refuse(self, status: int, why: str) -> None:
        self._send(Answer(status, f"{why}\n".encode()))

    def _send(self, answer: Answer) -> None:
        self._status = answer.status
        phrase = self.responses.get(answer.status, ("Answer",))[0]
        headers = (
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
            *answer.headers,
        )
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        text = f"HTTP/1.1 {answer.status} {phrase}\r\n{head}\r\n".encode("latin-1")
        self._write(text if getattr(self, "command", "") == "HEAD" else text + answer.body)

    def _write(self, data: bytes) -> None:
        until = time.monotonic() + WRITE_S
        for start in range(0, len(data), _PIECE):
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self.connection.settimeout(left_s)
            self.connection.sendall(data[start : start + _PIECE])


class Answering:
    """What a request is given as its server."""

    answer: Callable[[Asked], Answer]

    def reads_no_more(self, connection: socket.socket) -> None:
        """The client of this connection has said what it wants."""

    def served(self, method: str, path: str, status: int, seconds: float) -> None:
        """A request was answered."""
