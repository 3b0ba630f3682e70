"""What is shown and asked through a tunnel: opened with the first look, lost in the middle, back by itself."""

import asyncio
import os
import signal
import sys

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.snapshot import Link
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.tunnel.conftest import FORWARD, FORWARDER, running, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


async def test_the_screen_recovers_when_its_tunnel_does(server: EmbeddedServer, raw: Redis) -> None:
    raw.hset("bull:mail:meta", "version", "bullmq:5.81.5")
    settings = Settings(url=url_for(server), tunnel=FORWARDER, refresh_s=0.2)
    async with open_runtime(settings) as runtime:
        assert not running(FORWARD)
        assert runtime.reader.address == f"redis://127.0.0.1:{server.port}/0"
        polling = asyncio.create_task(runtime.poller.run())
        try:
            await until(lambda: len(runtime.bus.last.rows) == 1, 15)
            for _ in range(2):
                (pid,) = running(FORWARD)
                os.kill(pid, signal.SIGSTOP)
                await until(lambda: runtime.bus.last.health.link is Link.OFFLINE, 15)
                os.kill(pid, signal.SIGKILL)
                await until(lambda: runtime.bus.last.health.link is not Link.OFFLINE, 20)
            assert len(runtime.bus.last.rows) == 1
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
    assert not running(FORWARD)
