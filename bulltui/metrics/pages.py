"""What is answered on each path."""

import threading
from bisect import bisect_left
from dataclasses import replace

from bulltui.domain.metric import Metric
from bulltui.domain.metric_table import BY_NAME
from bulltui.metrics.door import Door
from bulltui.metrics.exposition import content_type, exposition
from bulltui.metrics.gather import Gatherer
from bulltui.metrics.readiness import dead, unready
from bulltui.metrics.request import Answer, Asked
from bulltui.metrics.view import Requests, View

METRICS, HEALTH, READY = "/metrics", "/healthz", "/readyz"
PATHS = frozenset(("/", METRICS, HEALTH, READY))
SAME_S = 1.0
"""Who asks again within this time, and before the next refresh, is answered with the same: many scrapers cost as much
as one."""

_HOME = b"""<!doctype html>
<html lang="en"><head><title>bulltui</title></head><body><h1>bulltui</h1><ul>
<li><a href="/metrics">/metrics</a> for Prometheus</li>
<li><a href="/healthz">/healthz</a> whether the process lives</li>
<li><a href="/readyz">/readyz</a> whether its numbers can be relied on</li>
</ul></body></html>
"""


class Pages:
    """Answers requests, from any thread."""

    def __init__(self, gatherer: Gatherer, metrics: tuple[Metric, ...], door: Door) -> None:
        self._gatherer = gatherer
        self._metrics = metrics
        self._door = door
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, int, bytes]] = {}
        self._requests: dict[tuple[str, str, str], Requests] = {}
        self._noting = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        """What a request gets. Probes need no password: they say nothing but how this process is, and what asks for
        them mostly has none to give."""
        if asked.path == HEALTH:
            return _said([why] if (why := dead(self._gatherer)) else [], "It lives.")
        if asked.path == READY:
            return _said(unready(self._gatherer), "Ready.")
        if not self._door.opens(asked.headers.get("Authorization")):
            wanted = ("WWW-Authenticate", f'{self._door.scheme} realm="bulltui"')
            return Answer(401, b"Who are you?\n", headers=(wanted,))
        if asked.path == METRICS:
            return self._scrape(", ".join(asked.headers.get_all("Accept", ())))
        if asked.path == "/":
            return Answer(200, _HOME, "text/html; charset=utf-8")
        return Answer(404, b"There are /metrics, /healthz and /readyz.\n")

    def served(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request. What strangers make up is one kind of it."""
        key = (
            method if method in ("GET", "HEAD") else "other",
            path if path in PATHS else "other",
            str(status),
        )
        bounds = BY_NAME["http_request_duration_seconds"].bounds
        at = bisect_left(bounds, seconds)
        with self._noting:
            before = self._requests.get(key) or Requests(0, 0.0, (0,) * (len(bounds) + 1))
            buckets = tuple(number + (index == at) for index, number in enumerate(before.buckets))
            self._requests[key] = Requests(before.count + 1, before.sum_s + seconds, buckets)

    def view(self) -> View:
        """All that there is to tell."""
        with self._noting:
            requests = dict(self._requests)
        return replace(self._gatherer.view(), requests=requests)

    def _scrape(self, accept: str) -> Answer:
        kind = content_type(accept)
        source = self._gatherer.source
        with self._lock:  # one at a time: side by side they would take no less of the processor
            at, seq, body = self._kept.get(kind, (0.0, -1, b""))
            now = source.clock.monotonic()
            if not body or seq != source.bus.last.seq or now - at > SAME_S:
                seq = source.bus.last.seq
                body, _ = exposition(self._metrics, self.view(), accept)
                self._kept[kind] = (now, seq, body)
        return Answer(200, body, kind)


def _said(problems: list[str], well: str) -> Answer:
    if problems:
        return Answer(503, "".join(f"{one}\n" for one in problems).encode("utf-8", "backslashreplace"))
    return Answer(200, f"{well}\n".encode())
