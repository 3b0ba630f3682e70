"""A runner on a store in memory, with an audit and a journal on the disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulltui.domain.queue import QueueRef
from bulltui.ledger.audit import FileAudit
from bulltui.ledger.journal import FileJournal
from bulltui.services.runner import ActionRunner, Rules
from tests.acting.fakes import FakeActor, FakeClock, FakeQueue, Q

MakeRunner = Callable[..., ActionRunner]


@pytest.fixture(autouse=True)
def chunks_of_250(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests count calls, whatever size of a chunk serves best."""
    monkeypatch.setattr("bulltui.services.chunks.CHUNK", 250)


@pytest.fixture
def actor() -> FakeActor:
    return FakeActor({Q: FakeQueue()})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path / "undo", limit=10_000_000, total=100_000_000)


@pytest.fixture
def changed() -> list[tuple[QueueRef, ...]]:
    """What the runner told of queues that it touched."""
    return []


@pytest.fixture
def make_runner(
    actor: FakeActor, clock: FakeClock, journal: FileJournal, tmp_path: Path, changed: list[tuple[QueueRef, ...]]
) -> MakeRunner:
    """Makes a runner with other rules."""

    def make(**rules: Any) -> ActionRunner:
        given = Rules(**({"server": "here:6379/0"} | rules))
        return ActionRunner(actor, FileAudit(tmp_path), journal, clock, given, changed=changed.append)

    return make


@pytest.fixture
def runner(make_runner: MakeRunner) -> ActionRunner:
    return make_runner()
