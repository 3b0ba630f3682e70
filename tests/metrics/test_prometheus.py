"""What promtool and a Prometheus of its own make of us. Two minutes of it, with the simulator, are `python -m
tests.soak.prometheus`."""

import asyncio
import time
from pathlib import Path

from bulltui.config.watching import MetricsSettings
from bulltui.domain.alert_rules import BUILT_IN
from bulltui.domain.point import Flow
from scripts.prometheus_rules import name_of
from tests.metrics.prometheus import RULES, Prometheus, prometheus, promtool
from tests.metrics.scene import ALL, Scene, full, listening, row
from tests.servers.certificates import Certificates

SCRAPE_S = 0.25
WITHIN_S = 30.0


async def test_promtool_has_nothing_to_object_to() -> None:
    for settings in (MetricsSettings(), MetricsSettings(compat=ALL)):
        async with listening(full(), settings) as endpoint:
            await asyncio.sleep(0.05)
            await asyncio.to_thread(endpoint.get, "/healthz")
            got = await asyncio.to_thread(endpoint.get)
        assert await asyncio.to_thread(promtool, "check", "metrics", given=got.body) == ""
    # It would say so: of a name that breaks the conventions.
    assert promtool("check", "metrics", given=b"# TYPE x_count gauge\nx_count 1\n")


def test_promtool_takes_the_rules_and_the_example() -> None:
    assert promtool("check", "rules", str(RULES)) == ""
    assert promtool("check", "config", str(RULES.parent / "prometheus.yml")) == ""
    text = RULES.read_text(encoding="utf-8")
    assert all(f"alert: {name_of(rule)}\n" in text for rule in BUILT_IN)


async def _busy(scene: Scene) -> None:
    """Jobs move, a refresh comes, again and again."""
    times = 1
    while True:
        times += 1
        now = scene.clock.now_ms()
        refs = [one.ref for one in scene.bus.last.rows]
        scene.publish([row(ref, now) for ref in refs], times=times)
        for ref in refs:
            scene.watch.counted.moved(ref, Flow(6, 5, 3, 1, 1, 1))
            for result in ("completed", "failed"):
                scene.watch.counted.job_counts.add(ref, "welcome", result, 40.0, 700.0)
        await asyncio.sleep(0.2)


async def test_every_panel_has_data_and_an_alert_fires(tmp_path: Path) -> None:
    """Over TLS and with a token, as our example has it."""
    scene, made = full(), Certificates(tmp_path)
    settings = MetricsSettings(token="a-long-token", cert=str(made.server.cert), key=str(made.server.key))
    more = f"    scheme: https\n    tls_config: {{ca_file: '{made.ca}'}}\n"
    more += "    authorization: {credentials: a-long-token}\n"
    async with listening(scene, settings) as endpoint:
        moving = asyncio.create_task(_busy(scene))
        try:
            await asyncio.to_thread(_watched, tmp_path, f"127.0.0.1:{endpoint.port}", more)
        finally:
            moving.cancel()


def _watched(folder: Path, target: str, more: str) -> None:
    with prometheus(folder, target, scrape_s=SCRAPE_S, more=more) as server:
        deadline = time.monotonic() + WITHIN_S
        while lacking := _lacking(server):
            assert time.monotonic() < deadline, f"{lacking}; {server.problems()}"
            time.sleep(0.2)
        assert server.up()
        # Keys may be thrown away, and jobs stall: neither has a time to wait for. The rest holds for a while first.
        assert server.firing() <= {"BulltuiEvictionPolicy", "BulltuiStalled"}
        (share,) = {round(number, 3) for number in server.values("100 * bulltui_redis_memory_used_ratio")}
        assert share == 75


def _lacking(server: Prometheus) -> list[str]:
    found = server.lacking("1s")
    return found or ([] if server.firing() else ["no alert"])
