"""The running shop: the real package adds and works, and the process behaves as a good one does."""

import contextlib
import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from simulator.jobs import FlowDraft, arrivals, fate
from simulator.producer import Producer
from simulator.running import connected
from simulator.shop import SHOP, flows, queues
from simulator.workers import Setting
from tests.own_time import own_time

LOCK_MS = 30_000
"""How long a worker of the library locks a job, from picking it up on."""
JUST_NOW_MS = 1_500


def simulate(*args: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-m", "simulator", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@contextlib.contextmanager
def running(*args: str) -> Iterator["subprocess.Popen[str]"]:
    """A simulator that has to end well when told to, without a word on stderr."""
    command = [sys.executable, "-W", "error", "-m", "simulator", *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        if process.poll() is None:
            process.terminate()
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1].startswith("closed: ")


def failed(client: Any) -> list[dict[str, str]]:
    """The failed jobs of the shop, but for parents that a child failed."""
    jobs = [client.hgetall(f"bull:{q.name}:{i}") for q in SHOP for i in client.zrange(f"bull:{q.name}:failed", 0, -1)]
    return [job for job in jobs if not job["failedReason"].startswith("child ")]


def in_use(client: Any, suffix: str) -> bool:
    return any(client.exists(f"bull:{spec.name}:{suffix}") for spec in SHOP)


def waits_for_retry(client: Any) -> bool:
    delayed = [f"bull:{q.name}:{i}" for q in SHOP for i in client.zrange(f"bull:{q.name}:delayed", 0, -1)]
    return any(client.hget(key, "failedReason") for key in delayed)


def test_a_few_seconds_of_business(server: EmbeddedServer, client: Any) -> None:
    with running("--url", server.url, "--rate", "150", "--empty"):
        until(lambda: client.exists("bull:reports:repeat"))
        for suffix in ("wait", "active", "prioritized", "delayed", "waiting-children", "completed", "failed"):
            until(partial(in_use, client, suffix))
        until(lambda: len(failed(client)) >= 3)
        until(lambda: waits_for_retry(client))
        until(lambda: list(client.scan_iter("bull:orders:*:processed", 1000)))
        until(lambda: list(client.scan_iter("bull:payments:*:logs", 1000)))
        until(lambda: client.hget("bull:search-index:metrics:completed", "count"))
        assert "bull:images:w:gpu-a" in {connection["name"] for connection in client.client_list()}
    stacks = [json.loads(job["stacktrace"])[-1] for job in failed(client)]
    assert all("\n    at " in stack and "Traceback" not in stack for stack in stacks)
    assert {job["pb"] for job in failed(client)} <= {worker for spec in SHOP for worker in spec.workers}
    assert client.hmget("bull:newsletter:meta", "paused", "version") == ["1", "bullmq:6.7.0"]
    assert client.hmget("bull:notifications.sms:meta", "max", "duration") == ["1", "2000"]
    assert client.zrange("bull:reports:repeat", 0, -1) == ["nightly-sales"]
    # The library may take one more job while it closes, and leaves that to the check for stalled ones.
    in_hand = [key for key in client.scan_iter("bull:*:lock", 1000) if client.pttl(key) < LOCK_MS - JUST_NOW_MS]
    assert not in_hand, "jobs in hand were dropped"


def test_the_same_seed_brings_the_same_jobs() -> None:
    def some(seed: int) -> list[object]:
        return list(itertools.islice(arrivals(seed, SHOP, flows(SHOP)), 400))

    assert some(1) == some(1)
    assert some(1) != some(2)
    assert any(isinstance(arrival, FlowDraft) for arrival in some(1))
    spec = SHOP[1]
    assert fate(1, spec, spec.kinds[0], "17", 3) == fate(1, spec, spec.kinds[0], "17", 3)


async def test_the_same_seed_adds_the_same_jobs_under_the_same_ids(server: EmbeddedServer, client: Any) -> None:
    async def added(prefix: str) -> dict[str, list[str]]:
        async with connected(server.url) as shared:
            setting = Setting(shared, lambda _: shared, prefix, seed=5)
            batch = list(itertools.islice(arrivals(5, SHOP, flows(SHOP)), 150))
            await Producer(setting, SHOP, flows(SHOP), rate=1).add(batch)
        keys = [key for key in client.scan_iter(f"{prefix}:*", 1000, _type="hash") if client.hexists(key, "data")]
        return {key.removeprefix(prefix): client.hmget(key, "name", "data", "opts", "priority") for key in keys}

    first, second = await added("one"), await added("two")
    assert len(first) > 150
    assert {key: values[1] for key, values in first.items()} == {key: values[1] for key, values in second.items()}
    assert first.keys() == second.keys()


def test_many_queues_need_few_connections(server: EmbeddedServer, client: Any) -> None:
    with running("--url", server.url, "--queues", "300", "--rate", "40"):
        until(lambda: len({connection["name"] for connection in client.client_list()}) > 20)
        until(lambda: sum(client.zcard(f"bull:{spec.name}:completed") for spec in queues(300)[-100:]) > 0)
        assert len(client.client_list()) < 45
        assert len(list(client.scan_iter("bull:*:meta", 1000))) == 300


def test_a_backlog_goes_where_it_is_wanted(server: EmbeddedServer, client: Any) -> None:
    args = ("--still", "--backlog", "3000", "--backlog-queue", "images", "--now", "1790000000000")
    assert simulate("--url", server.url, *args).returncode == 0
    assert client.llen("bull:images:wait") > 3000
    newest, *_ = client.lrange("bull:images:wait", 0, 0)
    assert int(client.hget(f"bull:images:{newest}", "timestamp") or 0) <= 1_790_000_000_000
    spread = simulate("--url", server.url, "--prefix", "two", "--empty", "--backlog", "2000", "--duration", "0.1")
    assert "2,000 waiting jobs" in spread.stdout
    assert sum(client.llen(f"two:{spec.name}:wait") for spec in queues()) > 1500
    unknown = simulate("--url", server.url, "--prefix", "three", "--backlog", "1", "--backlog-queue", "nope")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_shop_at_once(number: signal.Signals, server: EmbeddedServer, client: Any) -> None:
    with running("--url", server.url) as process:
        until(lambda: client.llen("bull:images:active") > 0)
        process.send_signal(number)
        begun = own_time()
        process.wait(10)
    assert own_time() - begun < 3
    assert client.llen("bull:images:active") == 0


def test_a_restarted_server_finds_the_shop_again() -> None:
    with (
        EmbeddedServer() as own,
        Redis.from_url(own.url, decode_responses=True) as again,
        running("--url", own.url, "--rate", "40"),
    ):
        until(lambda: again.llen("bull:images:active"))
        own.restart()
        until(lambda: any(again.zcard(f"bull:{spec.name}:completed") for spec in SHOP))


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("redis://127.0.0.1:1", 6, "cannot reach a Redis at redis://127.0.0.1:1"),
        ("unix:///nowhere/redis.sock", 6, "cannot reach"),
        ("redis://no-such-host.invalid:6379", 6, "cannot reach"),
        ("http://127.0.0.1", 2, "not a Redis URL"),
    ],
)
def test_a_bad_address_is_one_sentence(url: str, code: int, words: str) -> None:
    begun = own_time()
    run = simulate("--url", url)
    assert run.returncode == code
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""
    assert own_time() - begun < 5


def test_a_wrong_password_is_told_without_showing_it() -> None:
    with EmbeddedServer(password="right") as own:
        run = simulate("--url", own.url.replace("right", "hunter2"))
    assert run.returncode == 5
    assert "hunter2" not in run.stderr
    assert run.stderr.count("\n") == 1
