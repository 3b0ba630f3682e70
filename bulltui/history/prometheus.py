"""The history as a Prometheus server has it that scrapes us; VictoriaMetrics, Thanos and Mimir answer to the same."""

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from bulltui.config.watching import HistorySettings
from bulltui.domain.charting import Ask, Chart, Measure, Value
from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import OfName, Point, after
from bulltui.domain.queue import DEFAULT_PREFIX, QueueRef
from bulltui.history.prometheus_http import ask as ask_server
from bulltui.history.prometheus_http import server_of
from bulltui.history.prometheus_spans import names_of, points_of
from bulltui.history.prometheus_words import Over, Servers, matchers_of, query_of
from bulltui.services.protocols import Clock
from bulltui.services.watch.protocols import HistoryState

AT_ONCE = 4
"""So many questions are asked side by side."""
STEPS = 10_000
"""A server gives 11,000 values of a line at most."""
USUAL_MS = 15_000
"""How often we are taken to be scraped where nothing tells."""
PROBE_S = 60.0
"""For how long it is known how often we are scraped."""
PROBED_MS = 300_000
DAY_MS = 86_400_000
_FIRST_DAYS = 400
_STATE_S = 30.0


@dataclass(frozen=True, slots=True)
class _Scraped:
    """How often we are scraped (ms), and when last (epoch ms); None where nothing tells."""

    every_ms: int = USUAL_MS
    last_ms: int | None = None


class PrometheusHistory:
    """See `protocols.HistorySource`."""

    def __init__(self, settings: HistorySettings, servers: Servers, clock: Clock) -> None:
        self._server = server_of(settings)
        self._servers = servers
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._probed: tuple[float, _Scraped] | None = None
        self._state: tuple[float, HistoryState] | None = None

    async def chart(self, ask: Ask) -> Chart:
        """See HistorySource."""
        if ask.steps == 0:
            return Chart(ask.start_ms, ask.step_ms, dict.fromkeys(ask.measures, ()))
        scraped = await self._scraped()
        over = self._over(ask.refs, ask.step_ms, scraped)
        lines = await asyncio.gather(*(self._line(measure, ask, over) for measure in ask.measures))
        known = any(value is not None for line in lines for value in line)
        problem = "" if known or scraped.last_ms is not None else self._nothing()
        return Chart(ask.start_ms, ask.step_ms, dict(zip(ask.measures, lines, strict=True)), problem=problem)

    async def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        """See HistorySource."""
        scraped = await self._scraped()
        parts: dict[QueueRef, list[Point]] = {}
        for start, end in _days(start_ms, end_ms):
            found = await points_of(self._instant(end), self._over((), end - start, scraped), start)
            for labels, point in found.items():
                parts.setdefault(self._ref(labels), []).append(point)
        return {ref: after(points, start_ms) for ref, points in parts.items()}

    async def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        """See HistorySource."""
        scraped = await self._scraped()
        whole: dict[tuple[QueueRef, str], OfName] = {}
        for start, end in _days(start_ms, end_ms):
            found = await names_of(self._instant(end), self._over((), end - start, scraped))
            for labels, one in found.items():
                key = self._ref(labels), labels[3]
                whole[key] = whole.get(key, OfName()) + one
        return whole

    async def state(self) -> HistoryState:
        """See HistorySource."""
        now = self._clock.monotonic()
        if self._state is None or now - self._state[0] > _STATE_S:
            self._state = now, await self._looked()
        return self._state[1]

    async def _looked(self) -> HistoryState:
        where = self._server.address
        try:
            scraped = await self._scraped()
            first_ms = await self._first_ms()
        except BulltuiError as error:
            return HistoryState(where, writer="Prometheus", problem=error.message, hint=error.hint)
        if scraped.last_ms is None:
            return HistoryState(where, writer="Prometheus", first_ms=first_ms, problem=self._nothing())
        return HistoryState(where, writer="Prometheus", first_ms=first_ms, last_ms=scraped.last_ms)

    def _nothing(self) -> str:
        minutes = PROBED_MS // 60_000
        return (
            f"{self._server.address} has had nothing of ours for {minutes} minutes: does it scrape `bulltui monitor`?"
        )

    # --- questions

    async def _ask(self, path: str, words: Mapping[str, str]) -> Any:
        async with self._turns:
            return await asyncio.to_thread(ask_server, self._server, path, words)

    async def _line(self, measure: Measure, ask: Ask, over: Over) -> tuple[Value, ...]:
        query = query_of(measure, over, single=len(ask.refs) == 1)
        line: list[Value] = []
        while (left := ask.steps - len(line)) > 0:
            part = min(left, STEPS)
            first_ms = ask.start_ms + (len(line) + 1) * ask.step_ms  # a value is of the step that ends there
            words = {
                "query": query,
                "start": _seconds(first_ms),
                "end": _seconds(first_ms + (part - 1) * ask.step_ms),
                "step": _seconds(ask.step_ms),
            }
            line += _values(await self._ask("query_range", words), first_ms, ask.step_ms, part)
        return tuple(line)

    def _instant(self, at_ms: int) -> Any:
        async def instant(query: str) -> list[tuple[Mapping[str, str], float]]:
            return _samples(await self._ask("query", {"query": query, "time": _seconds(at_ms)}))

        return instant

    async def _scraped(self) -> _Scraped:
        now = self._clock.monotonic()
        if self._probed is None or now - self._probed[0] > PROBE_S:
            query = f"bulltui_queues{{{self._servers.all()}}}[{PROBED_MS}ms]"
            found = _scraped(await self._ask("query", {"query": query}))
            self._probed = now, found
        return self._probed[1]

    async def _first_ms(self) -> int | None:
        """When the history begins, within a day."""
        now = self._clock.now_ms()
        first_ms = (now // DAY_MS - _FIRST_DAYS + 1) * DAY_MS
        query = f"count(count_over_time(bulltui_queues{{{self._servers.all()}}}[1d]))"
        words = {"query": query, "start": _seconds(first_ms), "end": _seconds(first_ms + _FIRST_DAYS * DAY_MS)}
        found = await self._ask("query_range", {**words, "step": "1d"})
        days = _values(found, first_ms, DAY_MS, _FIRST_DAYS + 1)
        return next((first_ms + (at - 1) * DAY_MS for at, value in enumerate(days) if value), None)

    def _over(self, refs: Sequence[QueueRef], range_ms: int, scraped: _Scraped) -> Over:
        """What is asked of a step: one that has too few samples in it looks further back."""
        least = int(2.5 * scraped.every_ms)
        return Over(tuple(matchers_of(self._servers, refs)), max(range_ms, least), scraped.every_ms)

    def _ref(self, labels: Sequence[str]) -> QueueRef:
        queue, prefix, server = labels[:3]
        return QueueRef(prefix or DEFAULT_PREFIX, queue, server if self._servers.labels else "")


def _days(start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """The span in parts of a day at most: what a server may load for one question is bounded."""
    while start_ms < end_ms:
        yield start_ms, min(end_ms, start_ms + DAY_MS)
        start_ms += DAY_MS


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}"


# --- answers, which may be anything


def _results(data: Any, kind: str) -> list[Any]:
    if not isinstance(data, dict) or data.get("resultType") != kind or not isinstance(data.get("result"), list):
        raise BulltuiError("The answer of the history's server is not one of Prometheus.", code="history")
    return [one for one in data["result"] if isinstance(one, dict)]


def _pair(pair: Any) -> tuple[float, Value]:
    """A moment (s) and the value then, None for one that is no number."""
    if not isinstance(pair, list) or len(pair) != 2:
        raise BulltuiError("The answer of the history's server is not one of Prometheus.", code="history")
    try:
        at, value = float(pair[0]), float(pair[1])
    except (TypeError, ValueError):
        return math.nan, None
    return at, value if math.isfinite(value) else None


def _pairs(one: Any) -> Iterator[tuple[float, Value]]:
    values = one.get("values")
    for pair in values if isinstance(values, list) else ():
        at, value = _pair(pair)
        if math.isfinite(at):
            yield at, value


def _values(data: Any, first_ms: int, step_ms: int, steps: int) -> list[Value]:
    """The line of an answer that has one."""
    line: list[Value] = [None] * steps
    for one in _results(data, "matrix")[:1]:
        for at, value in _pairs(one):
            place = round((at * 1000 - first_ms) / step_ms)
            if 0 <= place < steps:
                line[place] = value
    return line


def _samples(data: Any) -> list[tuple[Mapping[str, str], float]]:
    found: list[tuple[Mapping[str, str], float]] = []
    for one in _results(data, "vector"):
        metric = one.get("metric")
        _, value = _pair(one.get("value"))
        if isinstance(metric, dict) and value is not None:
            found.append(({str(name): str(text) for name, text in metric.items()}, value))
    return found


def _scraped(data: Any) -> _Scraped:
    times = [[at for at, _ in _pairs(one)] for one in _results(data, "matrix")]
    last = max((at for some in times for at in some), default=None)
    gaps = [then - at for some in times for at, then in pairwise(some) if then > at]
    every = int(median(gaps) * 1000) if gaps else USUAL_MS
    return _Scraped(max(1, every), None if last is None else int(last * 1000))


__all__ = ["PrometheusHistory"]
