"""As a user of some queues only: the others are hidden, with a sentence, and Redis refuses them."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.roles import ADMIN, Role
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Queues, Target
from bulltui.services.request import Request
from bulltui.wiring import open_runtime
from tests.acting.test_real_undo import PAY, SHOP
from tests.cli.conftest import Ended
from tests.rights.scene import ACTIONS, dumped, make_user, prepare, settings
from tests.rights.test_roles_real import any_server, done, is_refused_by_redis, own
from tests.rights.test_viewer_real import call

__all__ = ["any_server", "call", "own"]

GLOBS = ("pa*",)
HERE = Role("here", None, GLOBS)
# Their parent is in the other queue.
OVER_THE_BORDER = ("remove a tree", "remove-children")


async def test_all_actions_on_a_queue_inside(any_server: EmbeddedServer, own: Any, tmp_path: Path) -> None:
    start = make_user(own, ADMIN, GLOBS)
    async with open_runtime(settings(any_server, start, tmp_path, HERE), live=False) as runtime:
        for name, (action, target) in ACTIONS.items():
            if SHOP in getattr(target, "refs", ()) or name in OVER_THE_BORDER or name == "obliterate":
                continue
            prepare(own, name)
            shop = {key: value for key, value in dumped(own).items() if key.startswith(b"bull:shop")}
            ended = await done(runtime, Request(action, target))
            assert isinstance(ended, Outcome), (name, ended)
            assert ended.done, (name, ended)
            assert {key: value for key, value in dumped(own).items() if key.startswith(b"bull:shop")} == shop


OUTSIDE: tuple[tuple[actions.Action, Target], ...] = (
    (actions.Pause(), Queues((SHOP,))),
    (actions.Retry(), Every(SHOP, JobState.FAILED)),
    (actions.AddLog("x"), Jobs(SHOP, ("root",))),
    (actions.Obliterate(force=True), Queues((SHOP,))),
    (actions.Add("a"), Queues((SHOP,))),
)


async def test_a_queue_outside_is_refused_by_the_role_and_by_redis(
    any_server: EmbeddedServer, own: Any, tmp_path: Path
) -> None:
    start = make_user(own, ADMIN, GLOBS)
    prepare(own, "")
    before = dumped(own)
    for role, code in ((HERE, "role"), (ADMIN, "")):
        async with open_runtime(settings(any_server, start, tmp_path, role), live=False) as runtime:
            for action, target in OUTSIDE:
                ended = await done(runtime, Request(action, target))
                assert isinstance(ended, NotAllowedError), (action, ended)
                assert ended.code == code if code else is_refused_by_redis(ended), (action, ended)
    assert dumped(own) == before


async def test_a_parent_outside_is_left_alone(any_server: EmbeddedServer, own: Any, tmp_path: Path) -> None:
    start = make_user(own, ADMIN, GLOBS)
    prepare(own, "")
    before = dumped(own)
    async with open_runtime(settings(any_server, start, tmp_path, HERE), live=False) as runtime:
        ended = await done(runtime, Request(actions.Remove(), Jobs(PAY, ("child",))))
    assert isinstance(ended, Outcome)
    assert (ended.done, ended.kind) == (0, Kind.REFUSED)
    assert dumped(own) == before


READS = (
    "queues list",
    "queues show pay",
    "jobs list pay --state failed",
    "jobs show pay child",
    "jobs why pay child",
    "jobs flow pay child",
    "jobs flow pay leaf",
    "jobs find boom",
    "jobs errors",
    "events --since 1h --no-follow",
    "doctor -q 'pa*'",
    "snapshot --width 100 --height 30",
)


def test_commands_that_read_hide_what_is_outside(
    any_server: EmbeddedServer, own: Any, call: Callable[..., Ended]
) -> None:
    prepare(own, "")
    start = make_user(own, ADMIN, GLOBS)
    told = {}
    for line in READS:
        ended = call(*shlex.split(line), "-u", f"{start}:{any_server.port}")
        assert ended.code == 0, (line, ended)
        assert ended.out, (line, ended)
        told[line] = ended
    assert "shop" not in told["queues list"].out
    assert "may not" in told["queues list"].err
    assert "may not be read by this user" in told["jobs flow pay child"].out
    assert "bad" not in told["doctor -q 'pa*'"].out
