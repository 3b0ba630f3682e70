"""Every action there is, on a server that has something for each, as users whose rights are those that are printed."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bulltui.__main__ import main
from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.roles import Role
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, NewJobs, Queues, Schedulers, Target
from bulltui.store.acl import Wanted, grant
from tests.acting.test_real_undo import PAY, SHOP, P, T, fill, job
from tests.conftest import PASSWORD

USER = "limited"

ACTIONS: Mapping[str, tuple[actions.Action, Target]] = {
    "retry": (actions.Retry(reset_attempts=True, reset_stalled=True), Jobs(PAY, ("f1", "c1"))),
    "retry all": (actions.Retry(), Every(PAY, JobState.FAILED)),
    "promote": (actions.Promote(), Jobs(PAY, ("d1",), JobState.DELAYED)),
    "promote all": (actions.Promote(), Every(PAY, JobState.DELAYED)),
    "duplicate": (actions.Duplicate(), Jobs(PAY, ("f1", "w2"))),
    "replay a copy": (actions.Replay(data='{"amount":9}', copy=True), Jobs(PAY, ("f1",))),
    "reprioritize": (actions.Reprioritize(2), Jobs(PAY, ("w3", "p1"))),
    "reschedule": (actions.Reschedule(60_000), Jobs(PAY, ("d1", "d2"))),
    "add-log": (actions.AddLog("seen"), Jobs(PAY, ("f1",))),
    "release": (actions.Release(), Jobs(PAY, ("stuck",))),
    "fail": (actions.Fail("by hand"), Jobs(PAY, ("stuck",))),
    "add": (actions.Add("mail", "{}", '{"delay":5,"priority":2,"deduplication":{"id":"n"}}'), Queues((PAY,))),
    "add many": (actions.AddAll(), NewJobs(PAY, (actions.Add("a"), actions.Add("b")), 2)),
    "pause": (actions.Pause(), Queues((PAY, SHOP))),
    "resume": (actions.Resume(), Queues((PAY,))),
    "concurrency": (actions.SetConcurrency(3), Queues((PAY,))),
    "limit": (actions.SetRateLimit(10, 1000), Queues((PAY,))),
    "clear-rate-limit": (actions.ClearRateLimit(), Queues((PAY,))),
    "trigger": (actions.Trigger(), Schedulers(PAY, ("day",))),
    "remove": (actions.Remove(), Jobs(PAY, ("f1", "w2", "d1"))),
    "remove a tree": (actions.Remove(children=True), Jobs(PAY, ("middle",))),
    "remove all": (actions.Remove(), Every(PAY, JobState.FAILED)),
    "replay": (actions.Replay(data='{"amount":6}'), Jobs(PAY, ("f2",))),
    "update-data": (actions.UpdateData('{"amount":7}'), Jobs(PAY, ("w3",))),
    "remove-children": (actions.RemoveChildren(), Jobs(PAY, ("middle",))),
    "drain": (actions.Drain(), Queues((PAY,))),
    "clean": (actions.Clean(JobState.COMPLETED), Queues((PAY,))),
    "obliterate": (actions.Obliterate(force=True), Queues((PAY,))),
    "remove-deduplication": (actions.RemoveDeduplication("other"), Queues((PAY,))),
    "trim-events": (actions.TrimEvents(0), Queues((PAY,))),
    "remove-scheduler": (actions.Unschedule(), Schedulers(PAY, ("night",))),
}
"""Each action but the undo, which needs one of these before."""


def prepare(raw: Any, name: str) -> None:
    """Two queues with something for an action."""
    raw.flushall()
    fill(raw, Layout.V5, paused=name == "resume")
    raw.lpush(f"{P}:active", job(raw, P, "stuck", Layout.V5, processedOn=T))
    raw.set(f"{P}:limiter", 5, px=60_000)
    raw.zadd(f"{P}:repeat", {"day": T + 1})
    raw.hset(f"{P}:repeat:day", mapping={"name": "day", "every": 5000, "ic": 1, "data": "{}", "opts": "{}"})
    for _ in range(300):
        raw.xadd(f"{P}:events", {"event": "added"})


def printed(role: Role, *options: str) -> list[str]:
    """The words of the command that `bulltui acl` prints for a role, as a prompt of Redis takes them."""
    wanted = Wanted(role, ("bull",), user=USER)
    return shlex.split(grant(wanted).line)


def make_user(raw: Any, role: Role, globs: tuple[str, ...] = ()) -> str:
    """Makes the user by exactly what is printed, with a password in its place; the start of its URL."""
    line = grant(Wanted(role, ("bull",), globs, user=USER)).line
    raw.execute_command("ACL", "DELUSER", USER)
    assert raw.execute_command(*shlex.split(line.replace(">PASSWORD", f">{PASSWORD}"))) in (b"OK", True)
    raw.acl_log_reset()
    return f"redis://{USER}:{PASSWORD}@127.0.0.1"


def settings(server: EmbeddedServer, start: str, folder: Path, role: Role) -> Settings:
    """Settings of a run as that user."""
    return Settings(url=f"{start}:{server.port}", state_folder=str(folder), role=role)


def dumped(raw: Any) -> dict[bytes, bytes]:
    """Every key as it is."""
    return {key: raw.dump(key) for key in raw.scan_iter()}


__all__ = ["ACTIONS", "USER", "dumped", "main", "make_user", "prepare", "printed", "settings"]
