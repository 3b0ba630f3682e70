"""Cases of fidelity: new jobs, and copies of those that are there."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bulltui.domain.actions import Duplicate, Trigger
from bulltui.domain.jsontext import Json
from bulltui.domain.new_job import new_job
from bulltui.domain.outcome import Reason
from tests.interop.fidelity import ALL, MODERN, NEWEST, Case, Differs, one, scheduler, whole
from tests.interop.fidelity_instead import LEAVES_PRIORITY

HOUR = 3_600_000
DATA = '{"to":"ann@example.com","list":[],"path":"a/b","n":0.1}'

_ADDED: tuple[dict[str, Any], ...] = (
    {},
    {"delay": HOUR},
    {"priority": 4},
    {"priority": 4, "lifo": True},
    {"priority": 4, "delay": HOUR},
    {"lifo": True},
    {"jobId": "mine"},
    {"jobId": "first"},
    {"jobId": "broken", "delay": HOUR},
    {"attempts": 3, "backoff": {"type": "exponential", "delay": 1000}, "removeOnComplete": {"age": 3600, "count": 10}},
    {
        "attempts": 3,
        "backoff": 500,
        "removeOnFail": True,
        "stackTraceLimit": 2,
        "keepLogs": 5,
        "timestamp": 1_700_000_000_000,
    },
)
_DEDUPLICATED = (
    ({"id": "owner"}, True),
    ({"id": "another"}, False),
    ({"id": "another", "ttl": HOUR}, False),
    ({"id": "failed"}, False),
    ({"id": "windowed", "ttl": HOUR, "extend": True}, True),
    ({"id": "busy", "keepLastIfActive": True}, True),
)
"""What a new job is deduplicated by, and whether there is one already."""


def _add() -> Iterator[Case]:
    for scene, some in (("states", _ADDED), ("idle", _ADDED), ("limits", _ADDED[:3])):
        for opts in some:
            old = opts.keys() <= {"jobId", "delay", "lifo", "attempts", "backoff", "removeOnComplete", "priority"}
            taken = opts.get("jobId") == "broken" or (opts.get("jobId") == "first" and scene == "states")
            differs = LEAVES_PRIORITY if "priority" in opts else {}
            yield _added(scene, opts, ALL if old else MODERN, Reason.EXISTS if taken else None, differs)
    for deduplication, kept in _DEDUPLICATED:
        yield _added("dedup", {"deduplication": deduplication}, NEWEST, Reason.ALREADY if kept else None)
    debounced = {"id": "debounced", "ttl": HOUR, "replace": True, "extend": True}
    yield _added("dedup", {"deduplication": debounced, "delay": HOUR}, NEWEST)


def _added(
    scene: str,
    opts: Mapping[str, Json],
    libraries: tuple[str, ...],
    skips: Reason | None = None,
    differs: Mapping[str, Differs] | None = None,
) -> Case:
    text = json.dumps(opts)
    at = {"name": "ok", "data": json.loads(DATA), "opts": opts}
    action = new_job("ok", DATA, opts)
    return Case(f"add {text}", scene, "add", action, whole("mail"), at, libraries, skips=skips, differs=differs or {})


_COPIED: dict[str, dict[str, Any]] = {
    "broken": {},
    "broken-urgent": {"priority": 3},
    "broken-lifo": {"lifo": True},
    "broken-again": {"attempts": 2},
    "done-urgent": {"priority": 3},
    "held": {},
    "urgent-5": {"priority": 5},
    "hour": {},
    "hour-urgent": {"priority": 4},
}
"""What a copy of a job of the scene `states` is added with: its delay and its id are its own."""
_TEMPLATES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "pulse": ("beat", {"n": 1}, {"attempts": 2, "removeOnComplete": True}),
    "nightly": ("night", {"list": []}, {}),
    "urgent": ("night", {}, {"priority": 5}),
}
"""Name, data and options of the schedulers of the scene."""


def _copies() -> Iterator[Case]:
    """For the library they are additions of the same."""
    for job_id, opts in _COPIED.items():
        data = {"of": job_id, "list": [], "path": "a/b"}
        at = {"name": "fails" if job_id == "broken-again" else "ok", "data": data, "opts": opts}
        differs = LEAVES_PRIORITY if "priority" in opts else {}
        target = one("mail", job_id)
        yield Case(f"duplicate {job_id}", "states", "add", Duplicate(), target, at, ALL, differs=differs)
    for scheduler_id, (name, data, opts) in _TEMPLATES.items():
        at = {"name": name, "data": data, "opts": opts}
        run = scheduler("mail", scheduler_id)
        yield Case(f"trigger {scheduler_id}", "schedulers", "add", Trigger(), run, at, NEWEST)


CASES = (*_add(), *_copies())
