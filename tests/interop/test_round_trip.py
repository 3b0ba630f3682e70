"""Jobs of the real libraries, exported and added again: each library finds its own name, data and options in them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bulltui.domain.jsontext import harmless
from bulltui.domain.text import exact
from tests.cli.conftest import Ended, bulltui
from tests.interop.stand import OURS, Stand

pytestmark = pytest.mark.interop

LIBRARIES = ("3", "4", "5", "6")
DATA: tuple[Any, ...] = (
    {"to": "ann@example.com", "n": 1.5, "large": 12345678901234567890, "tiny": 1e-7, "list": [None, True, {"a": []}]},
    {"unicode": "日本語 🎉 \u202e", "lone": "\ud800", "escapes": '\\"\n\t\x00', "": "=1+1"},
    [],
    "text",
    0,
    None,
)
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"attempts": 3, "backoff": {"type": "exponential", "delay": 500}, "removeOnComplete": {"age": 3600, "count": 9}},
    {"jobId": "order-1", "removeOnFail": 5, "keepLogs": 7, "stackTraceLimit": 2},
    {"jobId": "a:b:c", "lifo": True, "removeOnComplete": True},
    {"delay": 3_600_000, "jobId": "late", "timestamp": 1_700_000_000_000},
    {"delay": 600_000, "attempts": 2, "backoff": 1000},
)
PRIORITIES: tuple[dict[str, Any], ...] = ({"priority": 7, "jobId": "first"}, {"priority": 9})


def jobs_for(library: str) -> list[dict[str, Any]]:
    """Every data with every options; priorities lie elsewhere in version 3, where none is added from here."""
    options = OPTIONS if library == "3" else (*OPTIONS, *PRIORITIES)
    found = []
    for at, data in enumerate(DATA):
        for one in options:
            opts = dict(one)
            if "jobId" in opts:
                opts["jobId"] = f"{at}x{opts['jobId']}"
            found.append({"name": f"job {at}", "data": data, "opts": opts})
    return found


def call(stand: Stand, *words: str) -> Ended:
    ended = bulltui(*words, env={"BULLTUI_URL": f"{stand.server.url}/{OURS}", "XDG_CONFIG_HOME": "/nowhere"})
    assert ended.code == 0, ended
    return ended


def stored(stand: Stand, queue: str) -> dict[str, dict[str, Any]]:
    """The jobs of a queue by a name of their own: what each library writes of name, data and options, and the place."""
    client: Any = stand.clients[OURS]
    found: dict[str, dict[str, Any]] = {}
    for key in client.scan_iter(f"bull:{queue}:*"):
        if client.type(key) != b"hash" or not client.hexists(key, "data"):
            continue
        fields = {exact(name): exact(value) for name, value in client.hgetall(key).items()}
        opts = json.loads(fields["opts"])
        job_id = exact(key).removeprefix(f"bull:{queue}:")
        place = next(
            (
                name
                for name in ("delayed", "prioritized", "wait")
                if (
                    client.lpos(f"bull:{queue}:{name}", job_id) is not None
                    if name == "wait"
                    else client.zscore(f"bull:{queue}:{name}", job_id) is not None
                )
            ),
            "",
        )
        name = job_id if "jobId" in opts else f"{fields['name']} {json.dumps(opts, sort_keys=True)}"
        found[name] = {
            **{field: fields[field] for field in ("name", "delay", "priority") if field in fields},
            # To the letter, save for signs that act on a terminal: these come back as escapes that mean the same.
            "data": harmless(fields["data"]),
            "opts": opts,
            "place": place,
        }
    return found


@pytest.mark.parametrize(("library", "form"), [*((library, "jsonl") for library in LIBRARIES), ("6", "json")])
def test_each_library_finds_its_own_jobs(stand: Stand, tmp_path: Path, library: str, form: str) -> None:
    client: Any = stand.clients[OURS]
    client.flushdb()
    lib = stand.library(library)
    jobs = jobs_for(library)
    lib.act(OURS, "addMany", "from", jobs=jobs)
    lib("open", OURS, queue="to")
    path = tmp_path / f"jobs.{form}"
    call(stand, "jobs", "export", "from", "-f", str(path))
    words = ("jobs", "add", "to", "--from", str(path), "--keep-ids", "--layout", f"v{library}", "--yes", "-o", "json")
    assert call(stand, *words).json["done"] == len(jobs)
    before, after = stored(stand, "from"), stored(stand, "to")
    assert len(before) == len(jobs)
    assert after == before


@pytest.mark.parametrize("library", LIBRARIES)
def test_workers_run_what_was_added_again(stand: Stand, tmp_path: Path, library: str) -> None:
    client: Any = stand.clients[OURS]
    client.flushdb()
    lib = stand.library(library)
    lib.act(OURS, "addMany", "from", jobs=[{"name": "ok", "data": {"n": n}, "opts": {}} for n in range(30)])
    path = tmp_path / "jobs.jsonl"
    call(stand, "jobs", "export", "from", "-f", str(path))
    lib("open", OURS, queue="to")
    lib("work", OURS, queue="to")
    try:
        words = ("jobs", "add", "to", "--from", str(path), "--layout", f"v{library}", "--yes", "-o", "json")
        made = call(stand, *words).json["ids"]
        lib("quiet", OURS, queues=["to"])
    finally:
        runs = lib("stop", OURS)
    assert sorted(runs) == sorted(["to", job_id] for job_id in made)
    assert len(made) == 30
