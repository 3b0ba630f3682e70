"""Each rule for Prometheus fires on what its built-in rule fires on, and on nothing less: by promtool's own engine."""

import json
from collections.abc import Mapping
from pathlib import Path

from bulltui.domain.alert_rules import BUILT_IN
from scripts.prometheus_rules import name_of
from tests.metrics.prometheus import RULES, promtool

Series = Mapping[str, str]
"""Values a minute by the names of metrics, as promtool writes them: `3x5` is 3 and five more of it, `0+2x5` grows."""

HOUR = 60

QUEUE: Series = {
    "bullmq_queue_waiting": f"4x{2 * HOUR}",
    "bullmq_queue_prioritized": f"0x{2 * HOUR}",
    "bullmq_queue_paused": f"0x{2 * HOUR}",
    "bullmq_queue_active": f"1x{2 * HOUR}",
    "bulltui_queue_workers": f"2x{2 * HOUR}",
    "bulltui_queue_paused": f"0x{2 * HOUR}",
    "bulltui_queue_scheduler_overdue_seconds": f"0x{2 * HOUR}",
    "bulltui_jobs_completed_total": f"0+10x{2 * HOUR}",
    "bulltui_jobs_failed_total": f"0+2x{2 * HOUR}",
    "bulltui_jobs_stalled_total": f"0x{2 * HOUR}",
}
"""A queue that is in order, for two hours."""
SERVER: Series = {
    "bulltui_redis_up": f"1x{2 * HOUR}",
    "bulltui_redis_memory_used_ratio": f"0.5x{2 * HOUR}",
    'bulltui_redis_info{eviction_policy="noeviction"}': f"1x{2 * HOUR}",
    "bulltui_snapshot_age_seconds": f"2x{2 * HOUR}",
    "process_start_time_seconds": f"-100x{2 * HOUR}",
    "up": f"1x{2 * HOUR}",
}

WRONG: Mapping[str, Series] = {
    "BulltuiUnreachable": {"bulltui_redis_up": f"0x{2 * HOUR}"},
    "BulltuiMemory": {"bulltui_redis_memory_used_ratio": f"0.91x{2 * HOUR}"},
    "BulltuiEvictionPolicy": {'bulltui_redis_info{eviction_policy="allkeys-lru"}': f"1x{2 * HOUR}"},
    "BulltuiNoWorkers": {"bulltui_queue_workers": f"0x{2 * HOUR}"},
    "BulltuiFailing": {"bulltui_jobs_failed_total": f"0+11x{2 * HOUR}"},
    "BulltuiStalled": {"bulltui_jobs_stalled_total": f"0x50 0+1x{2 * HOUR - 51}"},
    "BulltuiOverdueScheduler": {"bulltui_queue_scheduler_overdue_seconds": f"301x{2 * HOUR}"},
    "BulltuiNoCompletions": {
        "bulltui_jobs_completed_total": f"500x{2 * HOUR}",
        "bulltui_jobs_failed_total": f"500x{2 * HOUR}",
    },
    "BulltuiPaused": {"bulltui_queue_paused": f"1x{26 * HOUR}"},
    "BulltuiDown": {"up": f"0x{2 * HOUR}"},
    "BulltuiStale": {"bulltui_snapshot_age_seconds": f"61x{2 * HOUR}"},
}
"""What is wrong, and which alert that is."""

STILL_RIGHT: Mapping[str, Series] = {
    "a paused queue needs no workers": {"bulltui_queue_workers": "0x120", "bulltui_queue_paused": "1x120"},
    "an empty queue needs none either": {
        "bulltui_queue_workers": "0x120",
        "bullmq_queue_waiting": "0x120",
        "bullmq_queue_active": "0x120",
    },
    "a few jobs are too few for a share": {
        "bulltui_jobs_completed_total": "0x120",
        "bulltui_jobs_failed_total": "0+1x120",
    },
    "just begun nobody can have seen jobs end": {
        "bulltui_jobs_completed_total": "0x120",
        "bulltui_jobs_failed_total": "0x120",
        "process_start_time_seconds": "3000x120",
    },
    "a server that tells no policy": {'bulltui_redis_info{eviction_policy=""}': "1x120"},
    "schedulers of a paused queue": {
        "bulltui_queue_scheduler_overdue_seconds": "900x120",
        "bulltui_queue_paused": "1x120",
    },
    "an hour of a pause": {"bulltui_queue_paused": "1x120"},
}
"""What is no alert."""


def _test(wrong: Series, at: str, firing: set[str]) -> dict[str, object]:
    """A test of promtool: which alerts fire at a time, with this beside all that is in order."""
    series = {**QUEUE, **SERVER, **wrong}
    if any(name.startswith("bulltui_redis_info") for name in wrong):
        del series['bulltui_redis_info{eviction_policy="noeviction"}']
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)]
    return {
        "interval": "1m",
        "input_series": [{"series": _labelled(name), "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'max by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": at,
                "exp_samples": samples,
            }
        ],
    }


def _labelled(name: str) -> str:
    name, _, own = name.partition("{")
    labels = ['job="bulltui"', 'instance="x"', *([own.rstrip("}")] if own else [])]
    if name in QUEUE:
        labels.append('queue="mail"')
    return f"{name}{{{','.join(labels)}}}"


def _run(folder: Path, tests: list[dict[str, object]], every: str = "1m") -> str:
    path = folder / "rules.test.yml"
    path.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": every, "tests": tests}))
    return promtool("test", "rules", str(path))


def test_each_fires_on_what_is_wrong(tmp_path: Path) -> None:
    assert {name_of(rule) for rule in BUILT_IN} < set(WRONG)
    tests = [_test(series, "61m", {name}) for name, series in WRONG.items() if name != "BulltuiPaused"]
    assert _run(tmp_path, tests) == ""


def test_a_pause_is_told_after_a_day(tmp_path: Path) -> None:
    day = {name: f"{values.split('x')[0]}x{26 * HOUR}" for name, values in QUEUE.items()}
    tests = [
        _test({**day, **WRONG["BulltuiPaused"]}, at, firing)
        for at, firing in (("23h", set()), ("25h", {"BulltuiPaused"}))
    ]
    assert _run(tmp_path, tests, "30m") == ""


def test_none_fires_on_what_is_right(tmp_path: Path) -> None:
    tests = [_test(series, "61m", set()) for series in ({}, *STILL_RIGHT.values())]
    assert _run(tmp_path, tests) == ""


def test_the_test_can_fail(tmp_path: Path) -> None:
    assert "FAILED" in _run(tmp_path, [_test({}, "61m", {"BulltuiStale"})])
