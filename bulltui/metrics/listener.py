"""Listens in threads of its own: the event loop has no part in it, and nobody who connects can hold up anybody."""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable

from bulltui.domain.errors import BulltuiError
from bulltui.domain.text import visible
from bulltui.metrics.request import READ_S, Answer, Answering, Asked, Request

_log = logging.getLogger(__name__)

MOST = 32
"""So many connections are served at once. One more takes the place of the one that has been silent for longest."""
MOST_AT_ALL = 2 * MOST
_BACKLOG = 64
_FULL_S = 0.1

Served = Callable[[str, str, int, float], None]


class Listener(Answering):
    """An endpoint: `start` it, `close` it. Requests are answered by `answer`, in a thread each."""

    def __init__(self, host: str, port: int, answer: Callable[[Asked], Answer], served: Served) -> None:
        """Begins to listen. Raises BulltuiError where that cannot be."""
        self.answer = answer
        self._served = served
        self._socket = _listening(host, port)
        self._tls: ssl.SSLContext | None = None
        self._waking, self._woken = socket.socketpair()
        self._lock = threading.Lock()
        self._silent: dict[socket.socket, float] = {}
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """The port, also where any was asked for."""
        return int(self._socket.getsockname()[1])

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Answers from now on."""
        self._tls = tls
        self._thread.start()

    def close(self) -> None:
        """Ends; may take as long as a thread needs to see it. What is being answered is cut off."""
        self._waking.send(b"x")
        if self._thread.is_alive():
            self._thread.join(READ_S)
        with self._lock:
            left = tuple(self._open)
        for connection in left:
            _end(connection)
        for one in (self._socket, self._waking, self._woken):
            one.close()

    def reads_no_more(self, connection: socket.socket) -> None:
        """See Answering."""
        with self._lock:
            self._silent.pop(connection, None)

    def served(self, method: str, path: str, status: int, seconds: float) -> None:
        """See Answering."""
        self._served(method, path, status, seconds)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                if any(key.fileobj is self._woken for key, _ in selector.select()):
                    return
                try:
                    self._admit(*self._socket.accept())
                except BlockingIOError:  # it has gone again
                    continue
                except OSError:  # no descriptor left: others may give one back
                    time.sleep(_FULL_S)

    def _admit(self, connection: socket.socket, address: object) -> None:
        connection.setblocking(True)
        with self._lock:
            count = len(self._open)
            oldest = min(self._silent, key=self._silent.__getitem__, default=None) if count >= MOST else None
            if oldest is not None:
                del self._silent[oldest]
        if oldest is not None:
            _end(oldest)
        if count >= MOST_AT_ALL or (count >= MOST and oldest is None):
            connection.close()
            return
        self._enter(connection)
        try:
            threading.Thread(
                target=self._serve, args=(connection, address), name="metrics-request", daemon=True
            ).start()
        except RuntimeError:  # no thread left
            self._leave(connection)

    def _serve(self, connection: socket.socket, address: object) -> None:
        try:
            if self._tls is not None:
                connection = self._secured(connection, self._tls)
            Request(connection, address, self)  # type: ignore[arg-type]
        except (OSError, ValueError) as error:  # it went away, or is slow, or speaks something else
            _log.debug("A connection ended: %s", error)
        except Exception:
            _log.exception("A request was not answered")
        finally:
            self._leave(connection)

    def _secured(self, plain: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        plain.settimeout(READ_S)
        secured = tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.discard(plain)
            self._open.add(secured)
            if plain in self._silent:
                self._silent[secured] = self._silent.pop(plain)
        try:
            secured.do_handshake()
        except (OSError, ValueError):
            self._leave(secured)
            raise
        return secured

    def _enter(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
            self._silent[connection] = time.monotonic()

    def _leave(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
            self._silent.pop(connection, None)
        if connection.fileno() >= 0:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.close()


def _listening(host: str, port: int) -> socket.socket:
    where = f"{visible(host)}:{port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        made = socket.socket(family, kind)
    except (OSError, UnicodeError) as error:
        raise BulltuiError(
            f"The metrics cannot be served at {where}: there is no such address.",
            hint="`--metrics-host 127.0.0.1` is this machine alone, 0.0.0.0 all of its addresses.",
            code="metrics-host",
        ) from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
        made.setblocking(False)
    except (OSError, OverflowError) as error:
        made.close()
        raise BulltuiError(
            f"The metrics cannot be served at {where}: {getattr(error, 'strerror', None) or error}.",
            hint="Choose another port with `--metrics-port`, 0 for any that is free; two that watch need one each.",
            code="metrics-port",
        ) from error
    return made


def _end(connection: socket.socket) -> None:
    """Wakes whoever reads or writes it. By the plain method: that of TLS would change what another thread is using."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
