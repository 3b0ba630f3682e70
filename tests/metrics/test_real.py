"""The endpoint of a runtime on a real server."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from redis import Redis
from textual.app import App

from bulltui.cli.app import run
from bulltui.config.settings import Settings
from bulltui.config.watching import MetricsSettings, Watching
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError
from bulltui.tui.app import BulltuiApp
from bulltui.tui.run import Session
from bulltui.tui.switch import Switch
from bulltui.wiring import Runtime, open_runtime, serve_metrics
from tests.metrics.scene import Endpoint, Values, value, values
from tests.store.monitor import Monitor

REFRESH_S = 0.5


@dataclass
class Live:
    """A runtime that polls while it is to, and its endpoint."""

    runtime: Runtime
    endpoint: Endpoint
    polling: "asyncio.Task[None]"

    async def status(self, path: str = "/readyz") -> int:
        return (await asyncio.to_thread(self.endpoint.get, path)).status

    async def values(self) -> Values:
        return values((await asyncio.to_thread(self.endpoint.get)).text)

    async def until(self, status: int, within_s: float) -> float:
        """Seconds until `/readyz` answers so."""
        began = time.monotonic()
        while await self.status() != status:
            assert time.monotonic() - began < within_s, f"not {status} within {within_s} s"
            await asyncio.sleep(0.02)
        return time.monotonic() - began


@asynccontextmanager
async def live(folder: Path, *servers: EmbeddedServer) -> AsyncIterator[Live]:
    labels = ("eu", "us") if len(servers) > 1 else ("",)
    each = [
        Settings(
            url=f"redis://127.0.0.1:{server.port}",
            refresh_s=REFRESH_S,
            refresh_timeout_s=REFRESH_S,
            state_folder=str(folder),
            watching=Watching(metrics=MetricsSettings(port=0)),
            label=label,
        )
        for label, server in zip(labels, servers, strict=True)
    ]
    settings = replace(each[0], label="", fleet=tuple(each)) if len(each) > 1 else each[0]
    async with open_runtime(settings) as runtime, serve_metrics(runtime) as listening:
        host, _, port = listening.address.removeprefix("http://").partition(":")
        polling = asyncio.create_task(runtime.poller.run())
        try:
            yield Live(runtime, Endpoint(host, int(port)), polling)
        finally:
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling


def _fill(server: EmbeddedServer, queues: int = 1) -> None:
    with Redis(host="127.0.0.1", port=server.port) as raw:
        for number in range(queues):
            raw.hset(f"bull:mail-{number}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": "10000"})
            raw.rpush(f"bull:mail-{number}:wait", "1", "2")


async def test_ready_turns_with_redis(tmp_path: Path) -> None:
    """Within two refreshes of a stopped server, and back; whether it hangs or is gone."""
    with EmbeddedServer() as server:
        _fill(server)
        async with live(tmp_path, server) as one:
            assert await one.status("/healthz") == 200
            await one.until(200, 5)
            stops: list[tuple[Callable[[], object], Callable[[], object]]] = [
                (server.pause, server.resume),
                (server.kill, server.restart),
            ]
            for stop, start in stops:
                stop()
                passed = await one.until(503, 5)
                assert passed < 2 * REFRESH_S + 0.4
                assert await one.status("/healthz") == 200
                assert await one.status("/metrics") == 200
                start()
                _fill(server)
                await one.until(200, 10)
            assert (await asyncio.to_thread(one.endpoint.get, "/readyz")).text == "Ready.\n"


async def test_a_scrape_sends_nothing_to_redis_and_holds_up_no_loop(tmp_path: Path) -> None:
    with EmbeddedServer() as server:
        _fill(server, 200)
        async with live(tmp_path, server) as one:
            await one.until(200, 5)
            while len(one.runtime.bus.last.rows) < 200:
                await asyncio.sleep(0.02)
            one.polling.cancel()
            with suppress(asyncio.CancelledError):
                await one.polling
            with Monitor(server) as commands:
                before = commands.copy()
                scrapes = [asyncio.to_thread(one.endpoint.get) for _ in range(10)]
                got = await asyncio.gather(*scrapes)
                # The loop stands still, and still there is an answer.
                found: list[int] = []
                thread = threading.Thread(target=lambda: found.append(one.endpoint.get().status))
                thread.start()
                thread.join(5)
            assert found == [200]
            assert not commands - before - {("HELLO", "3"), ("PING", "OVER")}  # of the one that ends the look
    told = values(got[0].text)
    assert value(told, "bullmq_queue_waiting", queue="mail-199") == 2
    assert value(told, "bulltui_queues") == 200
    assert value(told, "bulltui_redis_up") == 1


async def test_of_several_servers_any_that_is_away_is_named(tmp_path: Path) -> None:
    with EmbeddedServer() as first, EmbeddedServer() as second:
        _fill(first)
        _fill(second, 2)
        async with live(tmp_path, first, second) as one:
            await one.until(200, 10)
            second.pause()
            await one.until(503, 5)
            said = (await asyncio.to_thread(one.endpoint.get, "/readyz")).text
            assert said.startswith("us: ")
            assert said.count("\n") == 1
            async with asyncio.timeout(5):
                told = await one.values()
                while value(told, "bulltui_redis_up", server="us"):
                    await asyncio.sleep(0.05)
                    told = await one.values()
            assert value(told, "bulltui_redis_up", server="eu") == 1
            assert value(told, "bulltui_queues", server="us") == 2
            assert value(told, "bullmq_queue_waiting", queue="mail-0", server="us") == 2
            assert value(told, "bullmq_queue_waiting", queue="mail-0", server="eu") == 2
            second.resume()
            await one.until(200, 10)


@pytest.mark.parametrize(
    ("words", "environment", "code", "said"),
    [
        (["--metrics-port", "0"], {"BULLTUI_METRICS_USERNAME": "x"}, 2, "a username and no password"),
        (["--metrics-port", "0"], {"BULLTUI_METRICS_CERT": "x.pem"}, 2, "a cert and no key"),
        (["--metrics-port", "70000"], {}, 2, "--metrics-port"),
        (["--metrics-port", "0", "--metrics-compat", "nagios"], {}, 2, "bull_exporter, bull_monitor"),
        (["--metrics-port", "{taken}"], {}, 1, "Address already in use"),
    ],
)
def test_a_monitor_that_cannot_listen_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    environment: dict[str, str],
    code: int,
    said: str,
) -> None:
    for name, text in {"BULLTUI_STATE_DIR": str(tmp_path), **environment}.items():
        monkeypatch.setenv(name, text)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        argv = [word.format(taken=taken.getsockname()[1]) for word in words]
        assert run(["monitor", "-u", "redis://127.0.0.1:1", *argv]) == code
    error = capsys.readouterr().err
    assert said in " ".join(error.split())
    assert "Traceback" not in error


async def test_a_screen_opens_where_the_monitor_listens_already() -> None:
    """Both may have the same configuration. A port of the command line is wanted, and an error where it is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        metrics = MetricsSettings(port=taken.getsockname()[1])
        for named, beside in ((False, True), (True, True), (False, False)):
            settings = Settings(watching=Watching(metrics=replace(metrics, named=named)))
            async with open_runtime(settings) as runtime, AsyncExitStack() as stack:
                if named or not beside:
                    with pytest.raises(BulltuiError, match="Address already in use"):
                        await stack.enter_async_context(serve_metrics(runtime, beside=beside))
                else:
                    listening = await stack.enter_async_context(serve_metrics(runtime, beside=True))
                    assert (listening.address, runtime.listening) == ("", listening)
                    assert "Address already in use" in listening.warning


async def test_a_screen_answers_while_it_is_open(tmp_path: Path) -> None:
    with EmbeddedServer() as server:
        _fill(server)
        metrics = Watching(metrics=MetricsSettings(port=0, named=True))
        settings = Settings(url=f"redis://127.0.0.1:{server.port}", state_folder=str(tmp_path), watching=metrics)
        seen: list[Endpoint] = []

        async def show(app: App[Switch | None]) -> Switch | None:
            assert isinstance(app, BulltuiApp)
            async with app.run_test(size=(100, 30)) as pilot:
                host, _, port = app._runtime.listening.address.removeprefix("http://").partition(":")
                seen.append(Endpoint(host, int(port)))
                deadline = time.monotonic() + 10
                while (await asyncio.to_thread(seen[0].get, "/readyz")).status != 200:
                    assert time.monotonic() < deadline
                    await pilot.pause(0.05)
                told = values((await asyncio.to_thread(seen[0].get)).text)
            assert value(told, "bullmq_queue_waiting", queue="mail-0") == 2
            return None

        assert await Session(settings, lambda _: settings).run(show) == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(seen[0].get)
