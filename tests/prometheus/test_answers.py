"""A Prometheus server that refuses, is slow, sends elsewhere or talks nonsense: each is a sentence, and no more."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from bulltui.config.watching import HistorySettings
from bulltui.domain.charting import Ask, Measure
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.history import prometheus_http
from bulltui.history.prometheus import PrometheusHistory
from bulltui.history.prometheus_words import Over, Servers, matchers_of, query_of
from bulltui.services.clock import SystemClock

Answer = tuple[int, dict[str, str], bytes]
ASK = Ask((Measure.COMPLETED, Measure.WAITING), 1_000_000, 1_060_000, 10_000)
MATRIX = {"resultType": "matrix", "result": []}


def success(data: object) -> Answer:
    return 200, {}, json.dumps({"status": "success", "data": data}).encode()


@dataclass
class Fake:
    """A server that answers as it is told to, and remembers what it was asked."""

    answer: Callable[[str, dict[str, str]], Answer] = lambda *_: success(MATRIX)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    url: str = ""
    drip_s: float = 0.0


@pytest.fixture
def fake() -> Iterator[Fake]:
    told = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            words = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            told.asked.append((self.path, words, dict(self.headers)))
            status, headers, content = told.answer(self.path, words)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for at in range(0, len(content), 65_536 if not told.drip_s else 1):
                    self.wfile.write(content[at : at + (65_536 if not told.drip_s else 1)])
                    time.sleep(told.drip_s)
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(0.02))
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def history(url: str, servers: Servers | None = None, **more: str) -> PrometheusHistory:
    settings = HistorySettings(source="prometheus", url=url, **more)  # type: ignore[arg-type]
    return PrometheusHistory(settings, servers or Servers(), SystemClock())


async def refused(fake: Fake, answer: Answer, **more: str) -> BulltuiError:
    fake.answer = lambda *_: answer
    with pytest.raises(BulltuiError) as error:
        await history(fake.url, None, **more).chart(ASK)
    return error.value


GARBAGE = [
    b"",
    b"<html>hello</html>",
    b"[]",
    b'{"status": "success"}',
    b'{"status": "error", "data": {}}',
    b'{"status": "success", "data": []}',
    b'{"status": "success", "data": {"resultType": "vector", "result": []}}',
    b'{"status": "success", "data": {"resultType": "matrix", "result": 5}}',
    b'{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1]]}]}}',
    b"[" * 100_000,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("content", GARBAGE, ids=range(len(GARBAGE)))
async def test_nonsense_is_told_as_such(fake: Fake, content: bytes) -> None:
    error = await refused(fake, (200, {}, content))
    assert "Prometheus" in error.message
    assert "\x1b" not in error.message


@pytest.mark.parametrize(
    "values", [[["x", "1"]], [[1010, None]], [[1010, "NaN"]], [[1e400, "1"]], "text", [[1010, {}]]]
)
async def test_values_that_are_none_are_gaps(fake: Fake, values: object) -> None:
    fake.answer = lambda *_: success({"resultType": "matrix", "result": [{"metric": {}, "values": values}, 7]})
    chart = await history(fake.url).chart(ASK)
    assert chart.lines[Measure.COMPLETED] == (None,) * 6


async def test_why_a_question_was_refused_is_told_and_cannot_harm_a_terminal(fake: Fake) -> None:
    said = json.dumps({"status": "error", "error": "too many \x1b[31m samples\nhere " + "x" * 5000}).encode()
    error = await refused(fake, (422, {}, said))
    assert "(422): too many" in error.message
    assert len(error.message) < 500
    assert "\x1b" not in error.message
    assert "\n" not in error.message
    assert "(500)." in (await refused(fake, (500, {}, b"\x00\x01"))).message


async def test_nobody_else_is_told_who_we_are(fake: Fake) -> None:
    elsewhere = f"{fake.url}/elsewhere"
    error = await refused(fake, (307, {"Location": elsewhere}, b""), token="canary-41")
    assert f"sends elsewhere, to {elsewhere}" in error.message
    assert [path for path, _, _ in fake.asked] == ["/api/v1/query"]
    for status in (401, 403):
        error = await refused(fake, (status, {}, b"no canary-41"), token="canary-41")
        assert f"does not let us read ({status})" in error.message
        assert "canary-41" not in error.message + error.hint


async def test_who_we_are_goes_in_a_header(fake: Fake) -> None:
    await history(fake.url, token="tok").chart(ASK)
    assert fake.asked[-1][2]["Authorization"] == "Bearer tok"
    await history(fake.url, username="u", password="p:w").chart(ASK)
    assert fake.asked[-1][2]["Authorization"] == f"Basic {base64.b64encode(b'u:p:w').decode()}"
    in_url = history(fake.url.replace("http://", "http://me:p%40w@") + "/prom/")
    await in_url.chart(ASK)
    path, _, headers = fake.asked[-1]
    assert (path, headers["Authorization"]) == (
        "/prom/api/v1/query_range", f"Basic {base64.b64encode(b'me:p@w').decode()}",
    )  # fmt: skip
    assert "me" not in (await in_url.state()).where.removeprefix("http://127.0.0.1")


async def test_an_answer_that_is_too_large_or_drips_is_given_up(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_http, "MOST_BYTES", 100_000)
    assert "answers with more than" in (await refused(fake, (200, {}, b" " * 500_000))).message
    monkeypatch.setattr(prometheus_http, "WHOLE_S", 0.2)
    fake.drip_s = 0.02
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="did not answer in time"):
        await refused_chart(fake, b" " * 5000)
    assert time.monotonic() - began < 2


async def refused_chart(fake: Fake, content: bytes) -> None:
    fake.answer = lambda *_: (200, {}, content)
    await history(fake.url).chart(ASK)


async def test_one_that_says_nothing_and_one_that_is_away(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_http, "CONNECT_S", 0.1)

    def late(*_: object) -> Answer:
        time.sleep(0.3)
        return success(MATRIX)

    fake.answer = late
    with pytest.raises(UnreachableError, match="did not answer in time"):
        await history(fake.url).chart(ASK)
    state = await history("http://127.0.0.1:1").state()
    assert "cannot be read from http://127.0.0.1:1: Connection refused" in state.problem
    assert state.hint


async def test_a_server_that_has_nothing_of_ours_is_no_quiet_queue(fake: Fake) -> None:
    chart = await history(fake.url).chart(ASK)
    assert "does it scrape `bulltui monitor`?" in chart.problem
    assert "does it scrape" in (await history(fake.url).state()).problem


async def test_no_more_values_are_asked_for_than_a_server_gives(fake: Fake) -> None:
    long = Ask((Measure.COMPLETED,), 0, 25_000 * 10_000, 10_000)
    chart = await history(fake.url).chart(long)
    assert len(chart.lines[Measure.COMPLETED]) == 25_000
    spans = [
        (float(words["end"]) - float(words["start"])) / float(words["step"]) + 1
        for path, words, _ in fake.asked
        if path.endswith("query_range")
    ]
    assert [round(span) for span in spans] == [10_000, 10_000, 5_000]


async def test_values_stand_in_the_step_that_ends_with_them(fake: Fake) -> None:
    values = [[1010, "1"], [1030.0004, "3"], [1060, "6"], [1070, "7"], [1000, "0"]]
    fake.answer = lambda *_: success({"resultType": "matrix", "result": [{"metric": {}, "values": values}]})
    chart = await history(fake.url).chart(ASK)
    assert chart.lines[Measure.WAITING] == (1.0, None, 3.0, None, None, 6.0)


# --- whose metrics are meant


def test_names_of_strangers_cannot_leave_their_quotes() -> None:
    refs = [QueueRef("bull", 'a"} or up{x="'), QueueRef("bull", "b.*\\"), QueueRef("my:app", "line\nbreak")]
    assert matchers_of(Servers(), refs) == [
        'queue=~"a\\"\\\\} or up\\\\{x=\\"|b\\\\.\\\\*\\\\\\\\",prefix="",server=""',
        'queue="line\\nbreak",prefix="my:app",server=""',
    ]


def test_servers_are_told_apart() -> None:
    assert matchers_of(Servers(match='job="b"'), []) == ['server="",job="b"']
    assert matchers_of(Servers(alone="eu"), []) == ['server=~"|eu"']
    both = Servers(("eu", "us.1"))
    assert matchers_of(both, []) == ['server=~"eu|us\\\\.1"']
    assert matchers_of(both, [QueueRef("bull", "mail", "us.1")]) == ['queue="mail",prefix="",server="us.1"']


def test_every_measure_has_a_question_whose_metrics_there_are() -> None:
    import re

    from bulltui.domain.metric_table import BY_NAME

    over = Over(tuple(matchers_of(Servers(), [])), 60_000, 15_000)
    for measure in Measure:
        for single in (True, False):
            query = query_of(measure, over, single=single)
            names = set(re.findall(r"\b(?:bulltui|bullmq)_\w+", query))
            assert names, query
            for name in names:
                assert name.removesuffix("_bucket") in BY_NAME, name
