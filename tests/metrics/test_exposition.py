"""What a scrape says, against what is known."""

import asyncio
from dataclasses import replace

import pytest

from bulltui.config.watching import MetricsSettings
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.metric import Kind
from bulltui.domain.metric_table import METRICS, told
from bulltui.domain.point import Flow
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.snapshot import Health, Link, QueueRow
from bulltui.metrics import gather
from bulltui.metrics.exposition import exposition
from bulltui.metrics.gather import Gatherer
from bulltui.services.watch.protocols import HistoryState
from tests.metrics.scene import (
    ALL,
    MAIL,
    OPENMETRICS,
    Scene,
    Values,
    full,
    listening,
    openmetrics_values,
    queue,
    row,
    value,
    values,
)
from tests.own_time import own_time

EVERYTHING = MetricsSettings(compat=ALL)


async def scraped(scene: Scene, accept: str = "", settings: MetricsSettings = EVERYTHING) -> str:
    """What the endpoint says once all is gathered."""
    async with listening(scene, settings) as endpoint:
        await asyncio.sleep(0.05)  # what the loop gathers is there after its first turn
        got = await asyncio.to_thread(endpoint.get, **({"Accept": accept} if accept else {}))
    assert got.status == 200
    return got.text


async def test_every_metric_of_the_table_is_told() -> None:
    found = values(await scraped(full()))
    names = {name for name, _ in found}
    for metric in METRICS:
        ends = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count"), Kind.SUMMARY: ("", "_sum")}.get(metric.kind, ("",))
        assert any(metric.name + end in names for end in ends) or metric.name.startswith("http_"), metric.name


async def test_values_are_those_of_the_domain() -> None:
    scene = full()
    found = values(await scraped(scene))

    def of(name: str, /, **labels: str) -> float:
        return value(found, name, queue="mail", **labels)

    assert [of("bullmq_job_count", state=state) for state in ("waiting", "paused", "waiting-children", "failed")] == [
        *(11, 8, 5, 7)
    ]
    assert of("bullmq_job_completed_total") == 100
    assert of("bullmq_job_failed_total") == 20
    assert of("bullmq_queue_stalled") == 1
    assert of("bulltui_queue_oldest_waiting_age_seconds") == 90
    assert of("bulltui_queue_scheduler_overdue_seconds") == 30
    assert of("bulltui_queue_workers") == 3
    assert of("bulltui_queue_paused") == 1
    assert of("bulltui_queue_global_concurrency") == 9
    assert of("bulltui_queue_rate_limit_max") == 10
    assert of("bulltui_queue_rate_limit_duration_seconds") == 2
    assert of("bulltui_queue_rate_limit_used") == 10
    assert of("bulltui_queue_rate_limit_ttl_seconds") == 1.5
    assert of("bulltui_queue_rate_limited") == 1
    assert of("bulltui_jobs_added_total") == 50
    assert of("bulltui_jobs_stalled_total") == 1
    assert of("bullmq_jobs_finished_total", name="welcome", result="completed") == 1
    assert of("bullmq_jobs_completed_last_minute") == 10
    assert of("bullmq_jobs_failed_last_minute") == 2

    assert value(found, "bulltui_redis_up") == 1
    assert value(found, "bulltui_redis_latency_seconds") == 0.0015
    assert value(found, "bulltui_refresh_duration_seconds") == 0.25
    assert value(found, "bulltui_redis_memory_used_ratio") == 0.75
    assert value(found, "bulltui_cache_hits_total") == 30
    assert value(found, "bulltui_breaker_state", state="closed") == 1
    assert value(found, "bulltui_breaker_state", state="open") == 0
    assert value(found, "bulltui_alerts_firing", rule="backlog", severity="warning") == 2
    assert value(found, "bulltui_alerts_firing", rule="memory", severity="critical") == 0
    assert value(found, "bulltui_alerts_muted") == 1
    assert value(found, "bulltui_history_writer") == 1
    assert 4 <= value(found, "bulltui_history_lag_seconds") < 60
    assert value(found, "bulltui_watch_problems") == 1
    assert value(found, "bulltui_actions_total", verb="retry", outcome="done") == 1
    assert value(found, "bulltui_actions_affected_total", verb="retry") == 3
    info = next(labels for name, labels in found if name == "bulltui_redis_info")
    assert ("eviction_policy", "allkeys-lru") in info


async def test_histograms_add_up() -> None:
    found = values(await scraped(full()))

    def buckets(name: str, /, **labels: str) -> dict[str, float]:
        wanted = {**labels, "queue": "mail"}.items()
        return {
            dict(own)["le"]: number
            for (one, own), number in found.items()
            if one == f"{name}_bucket" and wanted <= dict(own).items()
        }

    waits = buckets("bulltui_job_wait_seconds", name="welcome")  # 40 ms and 90 s
    assert (waits["0.025"], waits["0.1"], waits["60.0"], waits["120.0"], waits["+Inf"]) == (0, 1, 1, 2, 2)
    runs = buckets("bulltui_job_run_seconds", name="welcome")  # 0.7 s and 7,000 s
    assert (runs["0.5"], runs["1.0"], runs["3600.0"], runs["+Inf"]) == (0, 1, 1, 2)
    completed = buckets("bullmq_job_completion_duration_seconds", name="welcome", result="completed")
    assert (completed["0.5"], completed["0.75"], completed["+Inf"]) == (0, 1, 1)
    assert value(found, "bulltui_job_run_seconds_sum", queue="mail", name="welcome") == pytest.approx(7000.7)
    assert value(found, "bulltui_job_run_seconds_count", queue="mail", name="welcome") == 2
    for (name, labels), number in found.items():
        if name.endswith("_bucket") and ("le", "+Inf") in labels:
            rest = tuple(pair for pair in labels if pair[0] != "le")
            assert found[(name.removesuffix("_bucket") + "_count", rest)] == number
    called = [found[("bulltui_redis_call_duration_seconds_bucket", (("call", "counts"), ("le", end)))]
              for end in ("0.0005", "0.005", "2.5", "+Inf")]  # fmt: skip
    assert called == [2, 3, 3, 4]


async def test_quantiles_are_within_a_percent() -> None:
    found = values(await scraped(full()))
    for name, factor in (("wait", 1), ("run", 10)):
        for share, ms in (("0.5", 50), ("0.95", 95), ("0.99", 99)):
            told_s = value(found, f"bulltui_job_{name}_seconds_quantile", queue="mail", quantile=share)
            assert told_s == pytest.approx(ms * factor / 1000, rel=0.011)


async def test_names_of_others_have_the_same_values() -> None:
    found = values(await scraped(full()))
    assert value(found, "bull_queue_waiting", queue="mail", prefix="bull") == 11
    assert value(found, "jobs_failed_total", queue_name="mail", queue_prefix="bull") == 7
    assert value(found, "jobs_active", queue_name="mail", queue_prefix="bull") == 40
    duration = {"queue_name": "mail", "queue_prefix": "bull", "job_name": "welcome", "status": "completed"}
    assert value(found, "job_duration_sum", **duration) == 700
    assert value(found, "bull_queue_complete_duration_count", queue="mail", prefix="bull") == 2
    assert value(found, "bullmq_exporter_queues_discovered") == 2


async def test_openmetrics_says_the_same() -> None:
    scene = full()
    text, other = await scraped(scene), await scraped(scene, OPENMETRICS)
    assert other.endswith("# EOF\n")
    plain, found = values(text), openmetrics_values(other)
    moving = ("process_", "http_", "bulltui_snapshot_age", "bulltui_queue_read_age", "bulltui_history_lag", "jobs_")
    still: list[Values] = [
        {key: number for key, number in some.items() if not key[0].startswith(moving)} for some in (plain, found)
    ]
    assert still[0] == still[1]
    assert "# UNIT bulltui_job_run_seconds seconds\n" in other
    assert "# TYPE bulltui_jobs_added counter\n" in other
    assert "# TYPE bulltui_build info\n" in other


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0"),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3", "application/openm"),
        ("application/openmetrics-text;version=0.0.1,text/plain;q=0.5", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=one", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=9.9.9;escaping=<x>", "application/openmetrics-text; version=1.0.0"),
        ("," * 500, "text/plain; version=0.0.4"),
    ],
)
async def test_the_format_is_the_one_that_was_asked_for(accept: str, kind: str) -> None:
    async with listening(full()) as endpoint:
        got = await asyncio.to_thread(endpoint.get, Accept=accept)
    assert got.headers["Content-Type"].startswith(kind)


async def test_what_is_not_known_has_no_sample() -> None:
    scene = Scene()
    bare = Queue(MAIL, Counts(), LayoutVerdict(Layout.V6))
    scene.publish([QueueRow(bare)])
    found = values(await scraped(scene))
    names = {name for name, _ in found}
    assert not names & {
        "bulltui_queue_workers",
        "bulltui_queue_global_concurrency",
        "bulltui_queue_rate_limit_max",
        "bulltui_queue_scheduler_overdue_seconds",
        "bulltui_job_run_seconds_quantile",
        "bulltui_job_run_seconds_count",
    }
    assert value(found, "bulltui_queue_oldest_waiting_age_seconds", queue="mail") == 0
    assert value(found, "bullmq_job_failed_total", queue="mail") == 0
    assert value(found, "bulltui_jobs_failed_total", queue="mail") == 0
    states = {dict(labels)["state"] for name, labels in found if name == "bullmq_job_count"}
    assert states == {"active", "completed", "delayed", "failed", "prioritized", "waiting", "waiting-children"}


async def test_before_the_first_read_there_are_no_queues_and_no_server() -> None:
    found = values(await scraped(Scene()))
    assert value(found, "bulltui_redis_up") == 0
    assert value(found, "bulltui_queues") == 0
    assert not any(name == "bulltui_snapshot_age_seconds" or "queue_waiting" in name for name, _ in found)


async def test_an_old_snapshot_says_how_old_it_is() -> None:
    scene = Scene()
    scene.publish([row()], age_ms=42_000, health=Health(Link.OFFLINE))
    found = values(await scraped(scene))
    assert 42 <= value(found, "bulltui_snapshot_age_seconds") < 50
    assert value(found, "bulltui_redis_up") == 0
    assert value(found, "bullmq_queue_waiting", queue="mail") == 11


async def test_what_is_gone_is_told_no_more() -> None:
    scene = full()
    async with listening(scene, EVERYTHING) as endpoint:
        await asyncio.sleep(0.05)
        before = values((await asyncio.to_thread(endpoint.get)).text)
        assert any("images" in dict(labels).values() for _, labels in before)
        scene.publish([row(MAIL, scene.clock.now_ms())])
        after = values((await asyncio.to_thread(endpoint.get)).text)
    assert not any("images" in dict(labels).values() for _, labels in after)
    assert any(dict(labels).get("queue") == "mail" for _, labels in after)


async def test_queues_of_one_name_are_told_apart() -> None:
    scene = Scene(("eu", "us"))
    refs = [QueueRef(prefix, "mail", label) for prefix in ("bull", "shop") for label in ("eu", "us")]
    scene.publish([QueueRow(replace(queue(ref), counts=Counts(n))) for n, ref in enumerate(refs)])
    for ref in refs:
        scene.watch.counted.job_counts.add(ref, "x", "completed", 1.0, 1.0)
        scene.watch.counted.moved(ref, Flow(added=1))
    found = values(await scraped(scene))  # which fails for a sample that is there twice
    assert value(found, "bullmq_queue_waiting", queue="mail", server="us") == 1
    assert value(found, "bullmq_queue_waiting", queue="mail", prefix="shop", server="us") == 3
    assert value(found, "bulltui_redis_up", server="eu") == 1
    assert value(found, "bulltui_queues", server="eu") == 2


async def test_hostile_names_make_a_valid_exposition() -> None:
    from tests.metrics.test_labels import HOSTILE

    scene = Scene()
    names = [name for name in HOSTILE if name]
    refs = [QueueRef("bull", name) for name in names] + [QueueRef("a\udcff", name) for name in names[:3]]
    rows = [row(ref) for ref in refs]
    scene.publish(rows)
    for one in rows[-2:]:
        for name in HOSTILE:
            scene.watch.counted.job_counts.add(one.ref, name, "failed", 1.0, 2.0)
    for accept, read in (("", values), (OPENMETRICS, openmetrics_values)):
        found = read(await scraped(scene, accept, MetricsSettings()))
        counted = [labels for name, labels in found if name == "bullmq_queue_waiting"]
        assert len(counted) == len(rows)


async def test_a_part_that_fails_takes_nothing_else_away() -> None:
    scene = full()
    scene.alerts.error = RuntimeError("broken")
    found = values(await scraped(scene))
    assert value(found, "bullmq_queue_waiting", queue="mail") == 11


def test_a_thousand_queues_are_told_in_a_quarter_of_a_second() -> None:
    scene = Scene()
    refs = [QueueRef("bull", f"team-{number % 20}.service-{number}") for number in range(1000)]
    scene.publish([row(ref) for ref in refs])
    for ref in refs:
        scene.watch.counted.moved(ref, Flow(1, 2, 3, 4, 5, 6))
        for result in ("completed", "failed"):
            for ms in (3.0, 30.0, 300.0):
                scene.watch.counted.job_counts.add(ref, "charge", result, ms, ms)
    gatherer = Gatherer(scene.source)
    times: list[float] = []
    while not times or (times[-1] >= 0.25 and len(times) < 4):  # the processor is not always as fast
        began = own_time()
        text, _ = exposition(told(()), gatherer.view())
        times.append(own_time() - began)
    assert text.count(b"\n") > 100_000
    assert text.count(b"bulltui_job_run_seconds_count") == 1000
    assert min(times) < 0.25


async def test_a_history_that_hangs_takes_nothing_else_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "PATIENCE_S", 0.05)
    scene = full()

    async def hangs() -> HistoryState:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(scene.history, "state", hangs)
    async with listening(scene) as endpoint, asyncio.timeout(5):
        while "bulltui_job_run_seconds_quantile" not in (text := (await asyncio.to_thread(endpoint.get)).text):
            await asyncio.sleep(0.05)
    assert "bulltui_history_writer" not in text
    assert 'bulltui_alerts_firing{rule="backlog",severity="warning"} 2\n' in text
