"""The scenarios hold what they claim, and the libraries say so: what the tests of our own reader stand on."""

from itertools import product
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from tests.interop.support import PYTHON, Oracle, Scenario, ask_oracle, node_ready, require_node
from tests.thorough import tried

pytestmark = pytest.mark.interop

STATES = ("waiting", "active", "prioritized", "delayed", "completed", "failed", "waiting-children")


@pytest.fixture(scope="module")
def document(scenario: Scenario) -> Oracle:
    """All that the library says of its scenario."""
    return scenario.oracle()


def _jobs(document: Oracle) -> list[dict[str, Any]]:
    return [job for queue in document["queues"].values() for job in queue["jobs"].values()]


def _counts(queue: dict[str, Any]) -> dict[str, int]:
    """The library's counts in the scenario's terms: the jobs of a paused queue wait."""
    counts = {state: queue["counts"].get(state, 0) for state in STATES}
    return counts | {"waiting": counts["waiting"] + queue["counts"].get("paused", 0)}


def test_library_counts_what_the_scenario_made(scenario: Scenario, document: Oracle) -> None:
    assert sorted(document["queues"]) == scenario.queues
    assert {name: _counts(queue) for name, queue in document["queues"].items()} == scenario.expected


def test_nothing_moves_once_ready(scenario: Scenario, document: Oracle) -> None:
    later = scenario.oracle()
    for name, queue in document["queues"].items():
        lasting = queue.keys() - {"workers", "rateLimitTtl"}  # ages, and what is left of a time
        assert {key: queue[key] for key in lasting} == {key: later["queues"][name][key] for key in lasting}


def test_every_state_is_there(scenario: Scenario, document: Oracle) -> None:
    wanted = set(STATES) - ({"prioritized"} if scenario.lib in ("3", "bull4") else set())
    wanted -= {"waiting-children"} if scenario.lib == "bull4" else set()
    assert {state for counts in scenario.expected.values() for state, count in counts.items() if count} == wanted
    assert wanted <= {job["state"] for job in _jobs(document)}
    assert all(queue["missing"] == [] for queue in document["queues"].values())
    orders = document["queues"]["orders"]["counts"]
    assert all(orders[state] for state in ("waiting", "active", "delayed", "completed", "failed"))


def test_both_directions_hold_the_same_jobs(document: Oracle) -> None:
    for queue in document["queues"].values():
        for order in queue["order"].values():
            assert sorted(order["asc"]) == sorted(order["desc"])
    bulk = document["queues"]["bulk"]["order"]
    for state in ("waiting", "delayed", "completed", "failed"):
        assert len(bulk[state]["asc"]) > 100
        assert bulk[state]["asc"] == bulk[state]["desc"][::-1]


def test_failures_of_every_kind(document: Oracle) -> None:
    jobs = [job["json"] for job in document["queues"]["orders"]["jobs"].values()]
    failed = [job for job in jobs if job.get("failedReason") is not None]
    assert {3, 4} <= {job["attemptsMade"] for job in failed}
    assert max(len(job["stacktrace"]) for job in failed) == 3
    assert any(job["stacktrace"] == [] for job in failed)  # thrown, but no Error
    assert any("🚫\nsecond line" in job["failedReason"] for job in failed)
    assert sum(not job.get("finishedOn") for job in failed) == 2  # waiting for a retry


def test_pauses_limits_and_metrics(scenario: Scenario, document: Oracle) -> None:
    queues = document["queues"]
    assert {name for name, queue in queues.items() if queue["paused"]} == {"mail", "reports", "ids"}
    completed = queues["cleanup"]["metrics"]["completed"]
    assert completed["meta"]["count"] == 17
    assert sum(map(int, completed["data"])) == 15  # the minute that runs is in no data point
    if scenario.lib in ("5", "6"):
        assert queues["images"]["globalConcurrency"] == 2
        assert queues["images"]["globalRateLimit"] == {"max": 100, "duration": 600_000}
        assert queues["payments"]["rateLimitTtl"] > 60_000


def test_schedulers(scenario: Scenario, document: Oracle) -> None:
    queue = document["queues"]["schedules"]
    found = queue["schedulers"] if scenario.lib in ("5", "6") else queue["repeatables"]
    assert {"heartbeat", "nightly", "yearly"} <= {each["key"].partition(":")[0] for each in found}


def test_workers(scenario: Scenario, document: Oracle) -> None:
    workers = document["queues"]["fleet"]["workers"]
    names = [worker.get("rawname", "").partition(":w:")[2] for worker in workers]
    if scenario.lib in ("5", "6"):
        assert sorted(names) == ["", "", "alpha", "beta:1"]
    else:
        assert len(workers) == (2 if scenario.lib == "bull4" else 4)


@pytest.mark.parametrize("scenario", ["3", "4", "5", "6"], indirect=True)
def test_parents_and_children(scenario: Scenario, document: Oracle) -> None:
    jobs = document["queues"]["flows"]["jobs"]
    assert jobs["half"]["dependenciesCount"] | {"processed": 2, "unprocessed": 1} == jobs["half"]["dependenciesCount"]
    assert jobs["done"]["state"] == "completed"
    assert len(jobs["done"]["childrenValues"]) == 2
    assert jobs["fails-with-child"]["state"] == "failed"
    if scenario.lib in ("5", "6"):
        assert jobs["ignores"]["dependenciesCount"] == {"processed": 1, "unprocessed": 1, "ignored": 1, "failed": 0}
        assert list(jobs["continues"]["failedChildren"].values()) == ["connect ETIMEDOUT 10.0.0.7:443"]


def test_payloads_logs_and_progress(document: Oracle) -> None:
    jobs = list(document["queues"]["payloads"]["jobs"].values())
    data = [job["json"]["data"] for job in jobs]
    for value in ("a plain string", 0.1 + 0.2, 1e21, True):
        assert value in data
    assert any(isinstance(value, dict) and len(value.get("big", "")) == 300_000 for value in data)
    progress = [job["json"].get("progress") for job in jobs]
    assert all(value in progress for value in (42, 33.333, "halfway", {"step": "resize", "done": 3, "of": 8}))
    assert max(job["logs"]["count"] for job in jobs) == 30


def test_oracle_of_one_queue_and_without_jobs(scenario: Scenario, document: Oracle) -> None:
    short = scenario.oracle("bulk", ids_only=True)["queues"]
    assert list(short) == ["bulk"]
    whole = document["queues"]["bulk"]
    assert {**short["bulk"], "jobs": whole["jobs"], "missing": whole["missing"]} == whole


@pytest.mark.parametrize("scenario", ["5"], indirect=True)
def test_oracle_leaves_the_version_alone(scenario: Scenario) -> None:
    before = scenario.oracle("mail", "empty", ids_only=True)
    assert before["queues"]["empty"]["meta"]["version"] == f"bullmq:{scenario.version}"
    for other in ("4", "6"):
        ask_oracle(other, scenario.url, "mail", "empty", ids_only=True)
    assert scenario.oracle("mail", "empty", ids_only=True) == before


PREFIXES = tried(
    [*product(("5", "bull4"), ("{bull}", "app:prod:bull", "a*b?[c]"))],
    [("5", "{bull}"), ("bull4", "app:prod:bull"), ("5", "a*b?[c]")],
)


@pytest.mark.parametrize(("lib", "prefix"), PREFIXES)
def test_prefixes(lib: str, prefix: str) -> None:
    require_node()
    with EmbeddedServer(unix=True) as server, Scenario(lib, server.url, prefix=prefix) as scenario:
        document = scenario.oracle(ids_only=True)
        assert {name: _counts(queue) for name, queue in document["queues"].items()} == scenario.expected


def test_a_machine_without_node_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert node_ready.__wrapped__() == "node is not on PATH"


@pytest.mark.parametrize("scenario", [PYTHON], indirect=True)
def test_queues_of_the_python_package(scenario: Scenario, document: Oracle) -> None:
    assert {name: _counts(queue) for name, queue in document["queues"].items()} == scenario.expected
    assert {job["state"] for job in _jobs(document)} == set(STATES)
    assert document["queues"]["py-paused"]["paused"] is True
    assert [each["key"] for each in document["queues"]["py-schedules"]["schedulers"]] == ["every-hour", "nightly"]
