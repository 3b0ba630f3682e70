"""What the doctor is told of the rights of the connected user, on real servers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import BY_NAME
from bulltui.domain.reads import RoleRights
from bulltui.domain.roles import ADMIN, OPERATOR, VIEWER, Role
from bulltui.services.doctor_rights import check_role
from bulltui.store.acl import Wanted, grant
from bulltui.store.reader import RedisReader
from bulltui.store.rights import COURTESIES, needed
from bulltui.store.role_rights import _ONLY_ASKED, _WORDS, RedisRights
from tests.conftest import PASSWORD
from tests.rights.scene import USER, dumped, make_user
from tests.rights.test_roles_real import JANITOR, ROLES, any_server, own
from tests.store.support import reading

__all__ = ["any_server", "own"]

ALL_WELL = RoleRights(known=True)


@asynccontextmanager
async def asking(server: EmbeddedServer, start: str) -> AsyncIterator[RedisRights]:
    async with reading(f"{start}:{server.port}") as reader:
        assert isinstance(reader, RedisReader)
        yield RedisRights(reader.calls)


@pytest.mark.parametrize("globs", [(), ("mail*", "p[a-c]y")])
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_the_rights_that_are_printed_are_all_and_no_more(
    any_server: EmbeddedServer, own: Any, role: Role, globs: tuple[str, ...]
) -> None:
    own.flushall()
    start = make_user(own, role, globs)
    async with asking(any_server, start) as rights:
        assert await rights.role_rights(role, ("bull",), globs) == ALL_WELL
        check = await check_role(rights, role, ("bull",), globs)
    assert (check.level, check.details) == ("ok", ())
    assert check.message == f"The role {role.name}: the Redis user has all rights that it needs."
    assert own.acl_log() == []
    assert dumped(own) == {}


def allow(own: Any, *rules: str) -> str:
    """The user made by other rules."""
    own.execute_command("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *rules)
    return f"redis://{USER}:{PASSWORD}@127.0.0.1"


async def test_what_goes_beyond(any_server: EmbeddedServer, own: Any) -> None:
    start = allow(own, "~*", "+@all")
    async with asking(any_server, start) as rights:
        for role in (VIEWER, OPERATOR, JANITOR, ADMIN):
            found = await rights.role_rights(role, ("bull",), ())
            assert (found.known, found.missing, found.keys, found.elsewhere) == (True, (), True, True)
            assert {"FLUSHALL", "CONFIG SET", "KEYS", "SHUTDOWN"} <= set(found.commands)
            assert not set(found.actions) & set(role.sorted_verbs)
            assert ("obliterate" in found.actions) == (role in (VIEWER, OPERATOR))
            check = await check_role(rights, role, ("bull",), ())
            assert check.level == "ok"
        assert any("may also run FLUSHALL" in detail for detail in check.details)
    assert (await own_found(any_server, start, VIEWER)).actions == tuple(BY_NAME)


async def own_found(server: EmbeddedServer, start: str, role: Role, globs: tuple[str, ...] = ()) -> RoleRights:
    async with asking(server, start) as rights:
        return await rights.role_rights(role, ("bull",), globs)


async def test_what_is_missing(any_server: EmbeddedServer, own: Any) -> None:
    printed = [rule for rule in grant(Wanted(OPERATOR, ("bull",))).rules if rule not in ("on", ">PASSWORD")]
    start = allow(own, *printed, "-hset", "-client|list")
    found = await own_found(any_server, start, OPERATOR)
    assert (found.missing, found.keys) == (("CLIENT LIST", "HSET"), True)
    async with asking(any_server, start) as rights:
        check = await check_role(rights, OPERATOR, ("bull",), ("mail*",))
    assert check.level == "warn"
    assert check.message == "The role operator: the Redis user may not run CLIENT LIST, HSET."
    assert check.hint.startswith("ACL SETUSER USER +client|list +hset; ")
    assert "bulltui acl --role operator --queues 'mail*'" in check.hint


async def test_keys_that_are_not_reached(any_server: EmbeddedServer, own: Any) -> None:
    start = make_user(own, ADMIN, ("mail*",))
    found = await own_found(any_server, start, ADMIN, ("mail*", "pay"))
    assert (found.missing, found.keys, found.elsewhere) == ((), False, False)
    async with asking(any_server, start) as rights:
        check = await check_role(rights, ADMIN, ("bull",), ("mail*", "pay"))
    assert "may not reach all keys of the queues mail*, pay" in check.message
    start = make_user(own, ADMIN)
    assert (await own_found(any_server, start, ADMIN, ("mail*",))).elsewhere


async def test_a_server_that_no_script_can_ask(any_server: EmbeddedServer, own: Any) -> None:
    """As Redis 6: commands are tried on a key that is not there, and do nothing to it."""
    own.flushall()
    start = allow(own, "~bull:*", "+@all", "-@scripting", "-unlink")
    before = own.info("keyspace")
    found = await own_found(any_server, start, ADMIN)
    assert (found.known, found.missing, found.keys) == (False, ("EVAL", "EVALSHA", "UNLINK"), True)
    assert (found.actions, found.commands, found.elsewhere) == ((), (), False)
    assert own.info("keyspace") == before == {}
    start = allow(own, "~cow:*", "+@all", "-@scripting")
    assert not (await own_found(any_server, start, ADMIN)).keys


def test_there_are_words_for_every_command() -> None:
    assert needed(ADMIN) - COURTESIES <= set(_WORDS)
    assert set(_ONLY_ASKED) <= needed(ADMIN)
