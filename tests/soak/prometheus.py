"""Two minutes of a real Prometheus that scrapes `bulltui monitor` beside a shop that works on a server of its own.

    python -m tests.soak.prometheus [--minutes 2] [--queues N] [--keep]

It holds that every scrape went well, that each panel of the dashboard has data, that the rules are evaluated without an
error and an alert of ours fires, and that promtool has nothing to object to; and says what was measured. `--queues` are
so many more in which nothing moves. `--keep` goes on until Ctrl+C, to look at it at Prometheus' own address.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.metrics.prometheus import Prometheus, prometheus, promtool

SCRAPE_S, MANY_S = 1.0, 5.0
"""How often it scrapes: few queues, and many, which take a while where everything runs on one machine."""
_WINDOW = "30s"
_STARTED_S = 30.0
NEAR = 0.02
"""How far apart numbers of one thing may be that are read at two moments."""


def main() -> int:
    """The exit code: 0 where all of it held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--queues", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(config=["maxmemory-policy allkeys-lru"]) as redis:
        url = f"redis://127.0.0.1:{redis.port}"
        _fill(redis, asked.queues)
        environment = {**os.environ, "BULLTUI_STATE_DIR": f"{folder}/state", "BULLTUI_CONFIG": "", "REDIS_URL": ""}
        shop = [sys.executable, "-m", "simulator", "--url", url, "--seed", "7"]
        monitor = [sys.executable, "-m", "bulltui", "monitor", "-u", url, "--metrics-port", "0"]
        with (
            (Path(folder) / "log").open("wb") as log,
            subprocess.Popen(shop, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as shopping,
            subprocess.Popen(monitor, stdout=log, stderr=log, env=environment) as watching,
        ):
            try:
                target = _target(Path(folder) / "log")
                every = MANY_S if asked.queues > 100 else SCRAPE_S
                with prometheus(Path(folder), target, scrape_s=every) as server:
                    return _look(server, target, redis, asked)
            finally:
                for one in (watching, shopping):
                    one.terminate()


def _fill(redis: EmbeddedServer, queues: int) -> None:
    with Redis(host="127.0.0.1", port=redis.port) as raw:
        for number in range(queues):
            raw.hset(f"bull:still-{number}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": "10000"})
            raw.rpush(f"bull:still-{number}:wait", "1", "2")


def _target(log: Path) -> str:
    """Where the monitor listens, as it says."""
    deadline = time.monotonic() + _STARTED_S
    while time.monotonic() < deadline:
        for word in log.read_text(errors="replace").split():
            if word.startswith("http://127.0.0.1:"):
                return word.removeprefix("http://").rstrip(".,/").partition("/")[0]
        time.sleep(0.2)
    raise SystemExit(f"The monitor does not listen:\n{log.read_text(errors='replace')}")


def _look(server: Prometheus, target: str, redis: EmbeddedServer, asked: argparse.Namespace) -> int:
    seconds = asked.minutes * 60
    print(f"Prometheus {server.url}, metrics http://{target}/metrics, {seconds:.0f} s")
    time.sleep(seconds)
    wrong = []
    (ups,), (scrapes,) = (server.values(f"{what}_over_time(up[{seconds:.0f}s])") for what in ("sum", "count"))
    if ups != scrapes:
        wrong.append(f"{scrapes - ups:.0f} of {scrapes:.0f} scrapes failed: {server.problems()}")
    if lacking := server.lacking(_WINDOW):
        wrong.append(f"no data: {', '.join(lacking)}")
    rules = [rule for group in server.api("rules")["groups"] for rule in group["rules"]]
    wrong += [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule.get("lastError")]
    if not (firing := server.firing()):
        wrong.append("no alert fires")
    with urllib.request.urlopen(f"http://{target}/metrics", timeout=10) as answer:
        body = answer.read()
    if said := promtool("check", "metrics", given=body):
        wrong.append(f"promtool: {said}")
    if not asked.queues:  # of many, those that nobody looks at are read every half a minute
        wrong += _differences(server, redis) + _counted(server, seconds)
    took = {
        share: server.values(f"quantile_over_time({share}, scrape_duration_seconds[{seconds:.0f}s])")[0]
        for share in ("0.5", "0.99")
    }
    (samples,) = server.values("scrape_samples_scraped")
    (queues,) = server.values("bulltui_queues")
    (processor,) = server.values(f"rate(process_cpu_seconds_total[{seconds:.0f}s])")
    (completed,) = server.values("sum(bulltui_jobs_completed_total)")
    print(
        f"{scrapes:.0f} scrapes, {ups:.0f} went well; {queues:.0f} queues, {samples:.0f} samples, {len(body):,} bytes"
    )
    print(f"a scrape takes {1000 * took['0.5']:.1f} ms (median), {1000 * took['0.99']:.1f} ms (p99)")
    own = 'http_request_duration_seconds_{what}{path="/metrics",method="GET"}'
    (sum_s,), (count,) = (server.values(own.replace("{what}", what)) for what in ("sum", "count"))
    print(f"of these we take {1000 * sum_s / count:.1f} ms (mean)")
    print(f"{completed:.0f} jobs completed meanwhile; the monitor uses {100 * processor:.1f} % of a processor")
    print(f"firing: {', '.join(sorted(firing))}")
    print("\n".join(wrong) or "all of it held")
    while asked.keep:
        time.sleep(1)
    return 1 if wrong else 0


def _counted(server: Prometheus, seconds: float) -> list[str]:
    """Whether we count as many jobs as BullMQ's metrics, where workers keep these."""
    # At first the shop fills in its past, which is no work of these minutes.
    window = f"[{seconds * 0.4:.0f}s]"
    ours, theirs = (
        sum(server.values(f"sum(increase({name}{window}) and on (queue) bullmq_job_completed_total > 0)"))
        for name in ("bulltui_jobs_completed_total", "bullmq_job_completed_total")
    )
    said = f"completed of late: {ours:.0f} by us, {theirs:.0f} by BullMQ's metrics"
    print(said)
    return [] if theirs and abs(ours / theirs - 1) <= NEAR else [said]


def _differences(server: Prometheus, redis: EmbeddedServer) -> list[str]:
    """Queues that have no work now, of which Prometheus has other numbers than Redis."""
    found = []
    with Redis(host="127.0.0.1", port=redis.port, decode_responses=True) as raw:
        for one in server.api("query", query="bullmq_queue_failed")["result"]:
            key = f"bull:{one['metric']['queue']}:failed"
            before, told = raw.zcard(key), float(one["value"][1])
            now = server.api("query", query=f'bullmq_queue_failed{{queue="{one["metric"]["queue"]}"}}')["result"]
            after = raw.zcard(key)
            if before == after and now and float(now[0]["value"][1]) != before and told != before:
                found.append(f"{key}: {told:.0f} and {before}")
    # What failed within the last refresh and scrape is not told yet.
    return found if len(found) > 2 else []


if __name__ == "__main__":
    sys.exit(main())
