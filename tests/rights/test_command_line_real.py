"""Roles on the command line: one guard for all, exit code 5, and what may be done is done."""

import shlex
from collections.abc import Callable
from typing import Any

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.roles import ADMIN, OPERATOR, VIEWER
from tests.acting.test_real_undo import keyspace
from tests.cli.conftest import Ended
from tests.rights.scene import dumped, make_user, prepare
from tests.rights.test_roles_real import any_server, own
from tests.rights.test_viewer_real import call

__all__ = ["any_server", "call", "own"]

CHANGES = (
    "jobs retry pay f1",
    "jobs retry pay --all",
    "jobs add pay mail --data '{}'",
    "queues pause pay",
    "queues resume pay",
    "queues concurrency pay 3",
    "jobs add-log pay f2 --line seen",
    "jobs remove pay f3",
    "queues drain pay",
    "queues clean pay --state completed --older-than 1s",
    "queues obliterate pay --force",
)
LOSES = ("jobs remove", "queues drain", "queues clean", "queues obliterate")


def test_an_operator(any_server: EmbeddedServer, own: Any, call: Callable[..., Ended]) -> None:
    start = make_user(own, OPERATOR)
    for line in CHANGES:
        prepare(own, "resume" if "resume" in line else "")
        before = dumped(own)
        words = (*shlex.split(line), "--yes", "-u", f"{start}:{any_server.port}")
        ended = call(*words, "--role", "operator")
        if not line.startswith(LOSES):
            assert ended.code == 0, (line, ended)
            assert dumped(own) != before
            continue
        assert (ended.code, ended.out) == (5, ""), (line, ended)
        assert ended.err.startswith("bulltui: The role operator does not allow `")
        assert call(*words, "--role", "operator", "--dry-run").code == 5
        # Without the role Redis refuses it.
        unguarded = call(*words)
        assert unguarded.code == 5, (line, unguarded)
        assert "The Redis user may not do this" in unguarded.err
        assert dumped(own) == before, line


def test_a_viewer(any_server: EmbeddedServer, own: Any, call: Callable[..., Ended]) -> None:
    start = make_user(own, VIEWER)
    prepare(own, "")
    before = dumped(own)
    for line in CHANGES:
        ended = call(*shlex.split(line), "--yes", "-u", f"{start}:{any_server.port}", "--role", "viewer")
        assert (ended.code, ended.out) == (5, ""), (line, ended)
        assert "Nothing is changed here: the role viewer changes nothing." in ended.err
    assert dumped(own) == before
    assert own.acl_log() == []


def test_undo_within_the_role(any_server: EmbeddedServer, own: Any, call: Callable[..., Ended]) -> None:
    prepare(own, "")
    start = make_user(own, ADMIN)
    where = ("-u", f"{start}:{any_server.port}")
    before = keyspace(own)
    assert call("jobs", "remove", "pay", "f1", "--yes", *where).code == 0
    assert call("queues", "pause", "pay", "--yes", *where).code == 0
    refused = call("undo", "1", "--yes", *where, "--role", "operator")
    assert refused.code == 5
    assert refused.err.startswith("bulltui: Number 1 is not undone here: the role operator does not allow `remove`.")
    assert call("undo", "2", "--yes", *where, "--role", "operator").code == 0
    assert call("undo", "1", "--yes", *where).code == 0
    assert keyspace(own) == before
