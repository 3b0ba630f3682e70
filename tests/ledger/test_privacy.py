"""What is written down is for its owner alone, and what others could write is not taken for ours."""

import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Intent
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedQueue
from bulltui.domain.saved_search import SavedSearch
from bulltui.ledger.audit import FileAudit
from bulltui.ledger.journal import FileJournal
from bulltui.ledger.paths import UnsafeFileError, ensure_folder, open_private
from bulltui.ledger.remembered import Remembered
from bulltui.ledger.shell_history import ShellHistory

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")

INTENT = Intent("remove", "here:6379/0", ("bull:mail",))


async def audited(folder: Path) -> None:
    audit = FileAudit(folder)
    await audit.conclude(await audit.intend(INTENT, 1), Outcome("remove", done=1), 2)


async def journalled(folder: Path) -> None:
    journal = FileJournal(folder / "undo", limit=10_000, total=100_000)
    entry = await journal.open(INTENT, 1)
    await entry.add([SavedQueue(QueueRef("bull", "mail"))])
    await entry.close(Outcome("remove", done=1))


async def remembered(folder: Path) -> None:
    await Remembered(folder).save(SavedSearch("one", "x"))


async def typed(folder: Path) -> None:
    if not ShellHistory(folder).add("GET a"):
        raise BulltuiError("not kept", code="unsafe-file")


WRITERS = (audited, journalled, remembered, typed)
Write = Callable[[Path], Awaitable[None]]


@pytest.fixture(params=[0o000, 0o022, 0o002, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> object:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("write", WRITERS)
async def test_all_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path, write: Write) -> None:
    folder = tmp_path / "above" / "state"
    await write(folder)
    found = [folder.parent, folder, *folder.rglob("*")]
    assert len(found) > 2
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
async def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, write: Write, mode: int) -> None:
    folder = tmp_path / "state"
    await write(folder)
    inner = folder / "undo" if write is journalled else folder
    inner.chmod(mode)
    with pytest.raises(BulltuiError) as error:
        await write(folder)
    assert error.value.code == "unsafe-file"
    if write is not typed:
        assert "can be written by others" in error.value.message
        assert "chmod 700" in error.value.hint


async def test_what_lies_there_is_not_read_either(tmp_path: Path) -> None:
    for write in WRITERS:
        await write(tmp_path)
    (tmp_path / "undo").chmod(0o777)
    with pytest.raises(BulltuiError):
        await FileJournal(tmp_path / "undo", limit=1, total=1).entries()
    with pytest.raises(BulltuiError):
        _ = [one async for one in FileJournal(tmp_path / "undo", limit=1, total=1).records(1)]
    tmp_path.chmod(0o777)
    with pytest.raises(BulltuiError):
        await FileAudit(tmp_path).deeds(5)
    known = Remembered(tmp_path)
    await known.load()
    assert not known.saved
    assert "can be written by others" in known.problem


@pytest.mark.parametrize(
    ("write", "name"), [(audited, "audit.jsonl"), (audited, "audit.lock"), (typed, "redis-history")]
)
async def test_a_file_that_others_can_write_is_refused(tmp_path: Path, write: Write, name: str) -> None:
    await write(tmp_path)
    (tmp_path / name).chmod(0o666)
    with pytest.raises(BulltuiError) as error:
        await write(tmp_path)
    assert error.value.code == "unsafe-file"


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (audited, "audit.jsonl"),
        (audited, "audit.lock"),
        (remembered, "remembered.lock"),
        (typed, "redis-history"),
        (typed, "redis-history.lock"),
    ],
)
async def test_a_link_is_not_written_through(tmp_path: Path, write: Write, name: str) -> None:
    folder = tmp_path / "state"
    ensure_folder(folder)
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    (folder / name).symlink_to(victim)
    with pytest.raises(BulltuiError) as error:
        await write(folder)
    assert error.value.code == "unsafe-file"
    assert victim.read_text() == "mine\n"


async def test_a_link_in_the_place_of_what_is_replaced_is_replaced_itself(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    folder = ensure_folder(tmp_path / "state")
    (folder / "remembered.json").symlink_to(victim)
    await remembered(folder)
    assert victim.read_text() == "mine\n"
    assert not (folder / "remembered.json").is_symlink()


def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "audit.jsonl")
    with pytest.raises(UnsafeFileError, match="no file"):
        open_private(tmp_path / "audit.jsonl", os.O_RDWR)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_text("x")
    path.chmod(0o644)
    os.close(open_private(path, os.O_RDWR))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_above_that_everybody_can_write_is_refused_unless_what_is_in_it_stays_theirs(tmp_path: Path) -> None:
    above = tmp_path / "above"
    folder = ensure_folder(above / "state")
    above.chmod(0o777)
    with pytest.raises(UnsafeFileError, match="above it"):
        ensure_folder(folder)
    above.chmod(0o1777)
    ensure_folder(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ensure_folder(tmp_path / "state")
    os.chown(folder, 12345, -1)
    monkeypatch.delenv("SUDO_UID", raising=False)
    with pytest.raises(UnsafeFileError, match="somebody else"):
        ensure_folder(folder)
    monkeypatch.setenv("SUDO_UID", "12345")
    ensure_folder(folder)
