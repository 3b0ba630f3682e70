"""As a viewer made by the printed line: everything that reads works without a complaint, and nothing is written."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulltui.__main__ import main
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.roles import VIEWER
from tests.cli.conftest import Ended
from tests.rights.scene import dumped, make_user, prepare
from tests.rights.test_roles_real import any_server, own
from tests.store.monitor import Monitor
from tests.store.support import reading
from tests.store.test_session import OF_CONNECTIONS, WITH_PARTS, fill, session

__all__ = ["any_server", "own"]

READS = (
    "queues list",
    "queues show pay",
    "jobs list pay --state failed",
    "jobs list pay --state waiting --order oldest",
    "jobs show pay f1",
    "jobs logs pay f1",
    "jobs find boom",
    "jobs find 'attempts:>0'",
    "jobs errors",
    "jobs errors pay",
    "jobs why pay w1",
    "jobs flow pay leaf",
    "jobs export pay --state failed",
    "schedulers list pay",
    "workers list",
    "events pay --since 1h --no-follow",
    "snapshot --width 100 --height 30",
    "doctor",
)


async def test_a_session_without_a_complaint(any_server: EmbeddedServer, own: Any) -> None:
    own.flushall()
    fill(own)
    async with reading(f"redis://127.0.0.1:{any_server.port}") as reader:
        expected = await session(reader)
    start = make_user(own, VIEWER)
    own.script_flush()
    with Monitor(any_server) as commands:
        async with reading(f"{start}:{any_server.port}") as reader:
            assert await session(reader) == expected
            assert reader.scripts_allowed
    assert_only_reads(own, commands)
    assert own.acl_log() == []


def assert_only_reads(own: Any, commands: set[tuple[str, ...]]) -> None:
    """Whatever reached the server was a read by the server's own word."""
    known = own.command()
    assert len(commands) > 10
    for words in commands:
        name = words[0]
        reads = "readonly" in known.get(name.lower(), {"flags": []})["flags"]
        assert (
            reads or name in OF_CONNECTIONS or words in WITH_PARTS or name == "ACL" or words == ("MEMORY", "USAGE")
        ), words


@pytest.fixture
def call(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ended]:
    """Runs a command line in this process."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    monkeypatch.setenv("BULLTUI_STATE_DIR", str(tmp_path / "state"))

    def run(*words: str) -> Ended:
        code = main(words)
        out, err = capfdbinary.readouterr()
        return Ended(code, out.decode(), err.decode())

    return run


def test_every_command_that_reads(any_server: EmbeddedServer, own: Any, call: Callable[..., Ended]) -> None:
    prepare(own, "")
    start = make_user(own, VIEWER)
    before = dumped(own)
    own.script_flush()
    with Monitor(any_server) as commands:
        for line in READS:
            ended = call(*shlex.split(line), "-u", f"{start}:{any_server.port}")
            assert ended.code == 0, (line, ended)
            assert ended.out or "No worker" in ended.err, line
            assert "may not" not in ended.err, (line, ended.err)
    assert_only_reads(own, commands)
    assert dumped(own) == before
    # What the doctor asks for beside the rights that reading needs it asks without trying it.
    assert own.acl_log() == []
