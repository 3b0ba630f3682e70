"""What is shown and asked through a tunnel: opened with the first look, lost in the middle, back by itself."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer, ServerError
from bulltui.domain.connection import Tls
from bulltui.domain.errors import BulltuiError
from bulltui.domain.snapshot import Link
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.servers.addresses import free_port
from tests.servers.certificates import Certificates
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


async def test_a_certificate_has_to_be_the_servers_not_that_of_this_machine(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    port = free_port()
    try:
        server = EmbeddedServer(config=certificates.server_config(port)).start()
    except ServerError as error:
        pytest.skip(f"this server was built without TLS: {error}")
    # The forwarder is told where to go by itself: nobody knows the names of the certificate here.
    words = (*FORWARDER[:3], "127.0.0.1", str(port))
    tls = Tls(str(certificates.ca), str(certificates.client.cert), str(certificates.client.key))
    try:
        for host, fits in (("redis.test", True), ("elsewhere.test", False)):
            settings = Settings(url=f"rediss://{host}", tunnel=words, tls=tls)
            async with open_runtime(settings, live=False) as runtime:
                assert runtime.reader.address == f"rediss://{host}"
                if fits:
                    assert await runtime.reader.latency(1)
                else:
                    with pytest.raises(BulltuiError, match="certificate"):
                        await runtime.reader.latency(1)
    finally:
        server.stop()


async def test_several_servers_each_through_a_tunnel(server: EmbeddedServer, raw: Redis) -> None:
    raw.hset("bull:mail:meta", "version", "bullmq:5.81.5")
    good = Settings(url=url_for(server), tunnel=FORWARDER, refresh_s=0.2, label="good")
    broken = Settings(url=url_for(server), tunnel=("no-such-program", "{port}"), refresh_s=0.2, label="broken")
    async with open_runtime(replace(good, label="", fleet=(good, broken))) as runtime:
        polling = asyncio.create_task(runtime.poller.run())
        try:
            await until(lambda: len(runtime.bus.last.rows) == 1, 15)
            await until(
                lambda: any("there is no such command" in one.health.message for one in runtime.bus.last.servers), 15
            )
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
    assert not running(FORWARD)
