"""The journal on the disk: what it keeps, what survives a process that dies, and its bounds."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.history import Intent, JournalFullError
from bulltui.domain.outcome import Kind, Outcome, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Change, Over, Record, SavedJob, SavedKey, SavedQueue
from bulltui.domain.text import exact
from bulltui.ledger.codec import pack, unpack
from bulltui.ledger.journal import FileJournal
from bulltui.ledger.who import Who

Q = QueueRef("bull", "pay")
INTENT = Intent("remove", "here:6379/0", ("bull:pay",), {"layouts": {"bull:pay": "v5"}}, "failed", 3, ("1", "2"), "why")
DONE = Outcome("remove", done=3)
MB = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "undo"


@pytest.fixture
def journal(folder: Path) -> FileJournal:
    return FileJournal(folder, limit=MB, total=10 * MB, by=Who("anna", host="desk"))


def jobs(*ids: str, data: str = "{}") -> list[SavedJob]:
    return [SavedJob(Q, job_id, "failed", "5", keys=(SavedKey("k", "hash", (("data", data),)),)) for job_id in ids]


async def chunks(journal: FileJournal, number: int) -> list[tuple[Record, ...]]:
    return [chunk async for chunk in journal.records(number)]


def noise(length: int) -> str:
    return os.urandom(length // 2).hex()


# --- what it keeps


async def test_records_come_back_the_last_chunk_first(journal: FileJournal) -> None:
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1", "2"))
    await entry.add([Over(Q, "1", "")])
    await entry.add(jobs("3"))
    await entry.close(DONE)
    assert await chunks(journal, entry.number) == [tuple(jobs("3")), (Over(Q, "1", ""),), tuple(jobs("1", "2"))]


_texts = some.binary(max_size=30).map(exact)
_values = some.one_of(
    _texts,
    some.lists(_texts, max_size=4).map(tuple),
    some.lists(some.tuples(_texts, _texts), max_size=4).map(tuple),
)
_keys = some.builds(SavedKey, _texts, some.sampled_from(["hash", "list"]), _values, some.none() | some.integers(0))
_refs = some.builds(QueueRef, _texts, _texts)
_records: some.SearchStrategy[Record] = some.one_of(
    some.builds(
        SavedJob, _refs, _texts, _texts, _texts, _texts, some.lists(_keys, max_size=3).map(tuple), _texts, _texts,
        some.lists(_keys, max_size=2).map(tuple), _texts,
    ),
    some.builds(SavedQueue, _refs, some.lists(_keys, max_size=3).map(tuple)),
    some.builds(Change, _refs, _texts, some.dictionaries(_texts, _texts), some.dictionaries(_texts, _texts)),
    some.builds(Over, _refs, _texts, _texts),
)  # fmt: skip


@given(some.lists(_records, max_size=5))
def test_any_bytes_come_back_exactly(records: list[Record]) -> None:
    assert list(unpack(pack(records))) == records


def test_what_is_no_record_is_refused() -> None:
    for content in (b"", b"rubbish", pack([])[:-3]):
        with pytest.raises(ValueError):  # noqa: PT011
            assert unpack(content) is None


async def test_an_entry_tells_what_it_was_for(journal: FileJournal, folder: Path) -> None:
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1"))
    (running,) = await journal.entries()
    assert (running.running, running.kind, running.done) == (True, "", None)
    await entry.close(DONE)
    (past,) = await journal.entries()
    assert (past.number, past.intent, past.at_ms, past.user) == (entry.number, INTENT, 1000, "anna")
    assert (past.running, past.kind, past.done, past.undone) == (False, "done", 3, False)
    assert past.size == next(folder.iterdir()).stat().st_size
    await journal.mark_undone(entry.number)
    (past,) = await journal.entries()
    assert (past.undone, past.kind, past.done) == (True, "done", 3)
    assert await chunks(journal, entry.number) == [tuple(jobs("1"))]


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (DONE, True),
        (Outcome("remove", done=1, left=5, error=BulltuiError("x")), True),
        (Outcome("remove", unsure=1, error=BulltuiError("x")), True),
        (Outcome("remove", left=5, error=BulltuiError("x")), False),
        (Outcome("remove", skipped={Reason.LOCKED: 1}), False),
        (Outcome("drain", skipped={Reason.SCHEDULER: 1}, spared=frozenset({Reason.SCHEDULER})), False),
    ],
)
async def test_what_changed_nothing_is_not_kept(
    journal: FileJournal, folder: Path, outcome: Outcome, kept: bool
) -> None:
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1"))
    await entry.close(outcome)
    assert len(list(folder.iterdir())) == kept
    empty = await journal.open(INTENT, 1000)
    await empty.close(DONE)
    assert len(list(folder.iterdir())) == kept


async def test_a_number_that_is_not_there(journal: FileJournal) -> None:
    assert await journal.entries() == []
    with pytest.raises(NotFoundError):
        await journal.mark_undone(3)
    with pytest.raises(NotFoundError):
        await chunks(journal, 3)


async def test_only_the_owner_may_read(journal: FileJournal, folder: Path) -> None:
    await journal.open(INTENT, 1000)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_rubbish_in_the_folder_is_passed_over(journal: FileJournal, folder: Path) -> None:
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1"))
    await entry.close(DONE)
    (folder / "notes.txt").write_text("mine")
    (folder / "000009.undo").write_bytes(b"rubbish")
    (folder / "000010.undo").write_bytes(b"")
    assert [past.number for past in await journal.entries()] == [entry.number]
    assert (await journal.open(INTENT, 1)).number == 11


# --- a process that died

_WRITER = """
import asyncio, sys, time
from pathlib import Path
from tests.ledger.test_journal import INTENT, jobs, FileJournal

async def main():
    journal = FileJournal(Path(sys.argv[1]), limit=10**6, total=10**7)
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1", "2"))
    print(entry.number, flush=True)
    time.sleep(60)

asyncio.run(main())
"""


async def test_what_a_killed_process_wrote_is_there(journal: FileJournal, folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        other = await journal.open(INTENT, 2000)
        assert other.number != number
        assert {past.number: past.running for past in await journal.entries()} == {number: True, other.number: True}
        process.send_signal(signal.SIGKILL)
        process.wait()
    (past,) = [past for past in await journal.entries() if past.number == number]
    assert (past.running, past.kind, past.done) == (False, "", None)
    assert await chunks(journal, number) == [tuple(jobs("1", "2"))]


async def test_a_torn_end_is_passed_over_at_every_length(journal: FileJournal, folder: Path) -> None:
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1"))
    await entry.add(jobs("2", "3"))
    await entry.close(DONE)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    seen: set[int] = set()
    for length in range(len(whole), 0, -1):
        path.write_bytes(whole[:length])
        entries = await journal.entries()
        if not entries:
            break  # not even the header is whole
        found = await chunks(journal, entry.number)
        assert found in ([tuple(jobs("2", "3")), tuple(jobs("1"))], [tuple(jobs("1"))], [])
        seen.add(len(found))
    assert seen == {0, 1, 2}


async def test_a_torn_entry_can_be_marked(journal: FileJournal, folder: Path) -> None:
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1"))
    await entry.close(DONE)
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    await journal.mark_undone(entry.number)
    (past,) = await journal.entries()
    assert past.undone
    assert await chunks(journal, entry.number) == [tuple(jobs("1"))]


# --- bounds


async def test_an_entry_has_its_limit(folder: Path) -> None:
    journal = FileJournal(folder, limit=20_000, total=100_000)
    entry = await journal.open(INTENT, 1000)
    await entry.add(jobs("1", data=noise(15_000)))
    size = next(folder.iterdir()).stat().st_size
    with pytest.raises(JournalFullError) as caught:
        await entry.add(jobs("2", data=noise(30_000)))
    assert caught.value.limit == 20_000
    assert next(folder.iterdir()).stat().st_size == size
    await entry.add(jobs("3"))
    await entry.close(DONE)
    assert await chunks(journal, entry.number) == [tuple(jobs("3")), (await chunks(journal, entry.number))[1]]


async def test_a_whole_that_would_be_too_much_is_foreseen(folder: Path) -> None:
    journal = FileJournal(folder, limit=100_000, total=1_000_000)
    entry = await journal.open(INTENT, 1000)
    await entry.expect(10**9)  # of nothing nothing is known
    await entry.add([job for number in range(10) for job in jobs(str(number), data=noise(1_000))])
    await entry.expect(100)
    with pytest.raises(JournalFullError) as caught:
        await entry.expect(1_000)
    assert 500_000 < caught.value.needed < 1_500_000


async def test_the_oldest_make_room_and_the_running_one_never(folder: Path) -> None:
    journal = FileJournal(folder, limit=50_000, total=100_000)
    running = await journal.open(INTENT, 1000)
    await running.add(jobs("1", data=noise(30_000)))
    numbers = []
    for _ in range(5):
        entry = await journal.open(INTENT, 1000)
        await entry.add(jobs("1", data=noise(60_000)))
        await entry.close(DONE)
        numbers.append(entry.number)
    kept = [past.number for past in await journal.entries()]
    assert running.number in kept
    assert kept == [*reversed(numbers[-len(kept) + 1 :]), running.number]
    assert 2 <= len(kept) < 5
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 100_000


async def test_so_many_entries_are_kept(journal: FileJournal, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulltui.ledger.journal.ENTRIES", 3)
    running = await journal.open(INTENT, 0)
    for at_ms in range(1, 6):
        entry = await journal.open(INTENT, at_ms)
        await entry.add(jobs("1"))
        await entry.close(DONE)
    assert [past.number for past in await journal.entries()] == [6, 5, 4, running.number]


async def test_where_only_running_ones_are_there_is_no_room(folder: Path) -> None:
    journal = FileJournal(folder, limit=50_000, total=60_000)
    first, second = await journal.open(INTENT, 1), await journal.open(INTENT, 2)
    await first.add(jobs("1", data=noise(60_000)))
    with pytest.raises(JournalFullError):
        await second.add(jobs("1", data=noise(60_000)))


async def test_a_disk_that_does_not_take_it_is_told(journal: FileJournal, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file in the way")
    with pytest.raises(BulltuiError) as caught:
        await journal.open(INTENT, 1000)
    assert str(folder) in caught.value.message
    assert "BULLTUI_STATE_DIR" in caught.value.hint


def test_kinds_are_as_the_journal_takes_them() -> None:
    """An entry is deleted where nothing was changed: these are all kinds there are."""
    assert {kind.value for kind in Kind} == {"done", "partly", "refused", "failed", "nothing"}
