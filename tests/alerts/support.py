"""Queues as rules see them, a clock that a test sets, and somebody who is told."""

import asyncio
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bulltui.domain.alert import Rule, Watched
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.point import Flow, Point
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, QueueRow, ServerState, Snapshot
from bulltui.services.watch.outlets import Message, NotSentError, Outlet
from tests.fake_watch import FakeRecent

PAYMENTS = QueueRef("bull", "payments")
MAIL = QueueRef("bull", "mail")
NOW = 1_750_000_000_000
SURE = LayoutVerdict(Layout.V5, ())
MANY_FAIL = Rule("many-fail", Watched.FAILED, 100, for_s=0, clear_s=0)


def row(ref: QueueRef = PAYMENTS, *, workers: int | None = 1, read_at: int = 0, **given: Any) -> QueueRow:
    """A queue; counts by their names, other fields of a queue by theirs."""
    names = Counts.__dataclass_fields__
    counts = Counts(**{name: value for name, value in given.items() if name in names})
    rest = {name: value for name, value in given.items() if name not in names}
    return QueueRow(Queue(ref, counts, SURE, **rest), workers=workers, read_at=read_at)


def paused(one: QueueRow) -> QueueRow:
    """The same queue, paused."""
    return replace(one, queue=replace(one.queue, paused=True))


def snapshot(
    *rows: QueueRow, at: int, link: Link = Link.ONLINE, server: ServerInfo | None = None, message: str = ""
) -> Snapshot:
    """A refresh at a time in epoch ms."""
    health = Health(link, message=message)
    found = Discovery(finished_at=at)
    state = ServerState("", "127.0.0.1:6379", at, server, health, found, server_at=at)
    return Snapshot(1, at, tuple(rows), server, health, found, servers=(state,))


def recent(known_s: float = 3600.0, **flow: int) -> FakeRecent:
    """The recent past of all queues."""
    return FakeRecent(dict.fromkeys((PAYMENTS, MAIL), Point(0, flow=Flow(**flow))), known_s)


@dataclass
class Clock:
    """Time that a test sets; it waits in earnest, but shortly."""

    now: int = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.005))


class Running(Clock):
    """A clock that goes, from where a test sets it."""

    def __init__(self, now: int = NOW) -> None:
        super().__init__(now)
        self._began = self.monotonic()

    def now_ms(self) -> int:
        return self.now + int((self.monotonic() - self._began) * 1000)


@dataclass
class Ear:
    """Somebody who is told. `answers` are what becomes of the next messages, then all are taken."""

    heard: list[Message] = field(default_factory=list)
    answers: list[NotSentError | None] = field(default_factory=list)

    def send(self, message: Message) -> None:
        self.heard.append(message)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    def outlet(self, name: str = "ear", **given: Any) -> Outlet:
        return Outlet(name, "webhook", self.send, **{"per_minute": 1000, **given})

    @property
    def told(self) -> list[str]:
        """The ids of the transitions in the order in which they came."""
        return [one.id for message in self.heard for one in message.transitions]

    @property
    def phases(self) -> list[str]:
        return [f"{one.alert.rule} {one.alert.phase.value}" for message in self.heard for one in message.transitions]


async def until(true: Callable[[], Any], within_s: float = 8.0) -> None:
    """Waits until it is so."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(0.005)


@dataclass
class Received:
    """A request that a receiver got to its end."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """The ids of its transitions."""
        return [one["id"] for one in self.json["alerts"]]

    def signed_by(self, secret: str) -> bool:
        """Whether the signature is right, computed as the documentation has it."""
        stamp, _, digest = self.headers["X-Bulltui-Signature"].partition(",")
        text = stamp.removeprefix("t=").encode() + b"." + self.body
        return digest == "v1=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


@dataclass
class Receiver:
    """A webhook receiver. `plan` is what it does with the next requests: a status, `drop` (takes it and hangs up),
    `slow` (takes it and answers when the other one has gone), or headers to redirect with."""

    plan: list[Any] = field(default_factory=list)
    got: list[Received] = field(default_factory=list)
    port: int = 0
    slow_s: float = 1.5

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/T0P5ECRETpath"

    def once_each(self) -> list[str]:
        """The ids of all transitions, as somebody has them who heeds `Idempotency-Key`."""
        seen: dict[str, list[str]] = {}
        for one in self.got:
            before = seen.setdefault(one.headers["Idempotency-Key"], one.ids)
            assert before == one.ids, "another message by the same id"
        return [number for ids in seen.values() for number in ids]


@contextmanager
def receiving(receiver: Receiver, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Listens on the receiver's port, or on any."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Received(self.path, dict(self.headers), body))
            step = receiver.plan.pop(0) if receiver.plan else 204
            if step == "slow":
                time.sleep(receiver.slow_s)
                step = 204
            if step == "drop":
                self.close_connection = True
                return
            if isinstance(step, tuple):
                status, headers = step
            else:
                status, headers = step, {}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            return

    server = Server(("127.0.0.1", receiver.port), Handler)
    receiver.port = server.server_address[1]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
