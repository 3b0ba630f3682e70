"""What may stand in the place of the file, and what may happen to it."""

import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from unittest import mock

import pytest

from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.history import file_history, schema
from bulltui.history.file_history import FileHistory
from bulltui.history.files import history_path
from bulltui.history.tiers import DAY, HOUR, MINUTE
from bulltui.services.watch.protocols import STEP_MS, Written
from tests.history.support import BEGIN, QUEUES, SERVER, assert_whole, history_in, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return history_path(tmp_path, SERVER)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[FileHistory]:
    opened = history_in(tmp_path)
    yield opened
    await opened.close()


async def _jobs(history: FileHistory, steps: int) -> int:
    points = await history.points(None, BEGIN, BEGIN + steps * STEP_MS, STEP_MS, timings=False)
    return sum(one.flow.added for one in points if one is not None)


async def _pragma(history: FileHistory, words: str) -> None:
    def set_it() -> None:
        assert history._written is not None
        history._written.base.execute(f"PRAGMA {words}")

    await history._writing.do(set_it)


async def test_nothing_is_there_before_anything_is_written(history: FileHistory, path: Path) -> None:
    assert await history.points(None, 0, 10 * STEP_MS, STEP_MS, timings=True) == [None] * 10
    assert await history.each(0, DAY, timings=True) == {}
    assert await history.names(None, 0, DAY) == {}
    assert await history.cursors() == {}
    state = await history.state()
    assert (state.first_ms, state.last_ms, state.bytes, state.problem) == (None, None, 0, "")
    assert not path.exists()


async def test_it_says_how_it_is(history: FileHistory, path: Path) -> None:
    assert await history.lead()
    for number in (0, 1, 5):
        await history.write(step(number))
    state = await history.state()
    assert state.where == str(path)
    assert (state.first_ms, state.last_ms, state.leads) == (BEGIN, BEGIN + 5 * STEP_MS, True)
    assert state.bytes == path.stat().st_size + path.with_name(path.name + "-wal").stat().st_size


async def test_queues_that_nobody_knows_have_no_points(history: FileHistory) -> None:
    await history.lead()
    await history.write(step(0))
    assert await history.points([QueueRef("x", "y")], BEGIN, BEGIN + MINUTE, STEP_MS, timings=True) == [None] * 6
    assert await history.points([], BEGIN, BEGIN + MINUTE, STEP_MS, timings=True) == [None] * 6


async def test_a_chart_that_is_too_long_is_refused(history: FileHistory) -> None:
    with pytest.raises(UsageError, match="too long"):
        await history.points(None, 0, BEGIN, STEP_MS, timings=True)
    with pytest.raises(UsageError, match="too long"):
        await history.points(None, 0, BEGIN, 0, timings=True)


async def test_only_the_one_that_leads_writes(history: FileHistory, tmp_path: Path) -> None:
    other = history_in(tmp_path)
    try:
        assert await other.lead()
        with pytest.raises(BulltuiError, match=r"written by another process, process \d+ of .* on "):
            await history.write(step(0))
        await other.write(step(0))
        assert await _jobs(history, 1) == len(QUEUES)
    finally:
        await other.close()


# --- what stands in its place


async def test_what_is_no_database_is_put_aside(history: FileHistory, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"my diary, " * 1000)
    path.chmod(0o600)
    with pytest.raises(BulltuiError, match="it is no database"):
        await history.cursors()
    assert await history.lead()
    await history.write(step(0))
    state = await history.state()
    assert "begins anew" in state.problem
    (aside,) = path.parent.glob("*.damaged-*")
    assert str(aside) in state.problem
    assert aside.read_bytes() == b"my diary, " * 1000
    assert await _jobs(history, 1) == len(QUEUES)


async def test_a_database_of_something_else_is_left_alone(history: FileHistory, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE diary (text)")
    base.close()
    content = path.read_bytes()
    with pytest.raises(BulltuiError, match="a database of something else"):
        await history.lead()
    with pytest.raises(BulltuiError, match="a database of something else"):
        await history.cursors()
    assert path.read_bytes() == content
    assert "something else" in (await history.state()).problem


async def test_the_history_of_another_server_is_left_alone(history: FileHistory, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    schema.open_to_write(path, "elsewhere:6379/0", 1000).close()
    with pytest.raises(BulltuiError, match="is of another server, elsewhere:6379/0"):
        await history.lead()


async def test_a_newer_format_is_told_and_left_alone(history: FileHistory, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    base = schema.open_to_write(path, SERVER, 1000)
    base.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    base.close()
    for call in (history.lead, history.cursors):
        with pytest.raises(BulltuiError, match="written by a newer version of bulltui") as caught:
            await call()
        assert "Update bulltui" in caught.value.hint


async def test_an_older_format_is_made_into_ours(history: FileHistory, path: Path) -> None:
    assert await history.lead()
    await history.write(step(0))
    await _pragma(history, f"user_version = {schema.VERSION - 1}")
    await history.close()
    made: list[sqlite3.Connection] = []
    again = history_in(path.parent.parent)
    try:
        assert await again.cursors() == {}  # until it is made into ours by whoever writes
        with mock.patch.object(schema, "MIGRATIONS", {schema.VERSION - 1: made.append}):
            assert await again.lead()
        assert len(made) == 1
        assert await _jobs(again, 1) == len(QUEUES)
    finally:
        await again.close()


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
async def test_a_link_in_its_place_is_not_followed(
    history: FileHistory, path: Path, tmp_path: Path, suffix: str
) -> None:
    path.parent.mkdir(mode=0o700)
    target = tmp_path / "target"
    target.touch(mode=0o600)
    path.with_name(path.name + suffix).symlink_to(target)
    with pytest.raises(BulltuiError, match="it is a link, which is not followed"):
        await history.lead()
    assert not target.read_bytes()


async def test_a_folder_in_which_others_write_is_refused(history: FileHistory, path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(BulltuiError, match="the folder can be written by others") as caught:
        await history.lead()
    assert "chmod 700" in caught.value.hint


async def test_a_file_in_the_place_of_the_folder_is_told(history: FileHistory, path: Path) -> None:
    path.parent.touch()
    with pytest.raises(BulltuiError, match="The history cannot be written at"):
        await history.lead()


# --- what may happen to it


async def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path: Path, path: Path) -> None:
    size = await _damaged(tmp_path, path, since=4096)  # all but the head
    history = history_in(tmp_path)
    try:
        assert await history.lead()
        await history.write(step(31))
        (aside,) = path.parent.glob("*.damaged-*[0-9]")
        assert aside.stat().st_size == size
        state = await history.state()
        assert state.problem == f"The history was damaged and begins anew; what there was is kept as {aside}."
        assert await _jobs(history, 40) == len(QUEUES)
    finally:
        await history.close()


async def test_damage_that_a_reader_finds_is_seen_to_by_the_writer(tmp_path: Path, path: Path) -> None:
    size = await _damaged(tmp_path, path, since=100_000)
    history = history_in(tmp_path)
    try:
        assert await history.lead()
        with pytest.raises(BulltuiError, match="it is damaged"):
            await history.points(None, BEGIN, BEGIN + HOUR, STEP_MS, timings=True)
        await history.write(step(31))
        (aside,) = path.parent.glob("*.damaged-*[0-9]")
        assert aside.stat().st_size == size
        assert await _jobs(history, 40) == len(QUEUES)
    finally:
        await history.close()


async def _damaged(folder: Path, path: Path, *, since: int) -> int:
    """Writes a history and then nonsense over it; the size of the file."""
    first = history_in(folder)
    await first.lead()
    for number in range(30):
        await first.write(step(number))
    await first.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(since)
        file.write(b"\xff" * (size - since))
    return size


async def test_a_file_that_is_taken_away_is_begun_anew(history: FileHistory, path: Path) -> None:
    assert await history.lead()
    await history.write(step(0))
    assert await _jobs(history, 2) == len(QUEUES)
    for one in path.parent.iterdir():
        one.unlink()
    path.parent.rmdir()
    assert await _jobs(history, 2) == 0
    await history.write(step(1))
    assert path.exists()
    assert await _jobs(history, 2) == len(QUEUES)


async def test_where_another_program_holds_it_that_is_told(history: FileHistory, path: Path) -> None:
    assert await history.lead()
    await history.write(step(0))
    await _pragma(history, "busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BulltuiError, match="another program holds it"):
            await history.write(step(1))
        assert await _jobs(history, 2) == len(QUEUES)
        assert "another program" in (await history.state()).problem
        other.execute("ROLLBACK")
        await history.write(step(1))
        assert (await history.state()).problem == ""
    finally:
        other.close()
    assert await _jobs(history, 2) == 2 * len(QUEUES)


async def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_done(history: FileHistory, path: Path) -> None:
    assert await history.lead()
    for number in range(10):
        await history.write(step(number))
    await _pragma(history, "max_page_count = 40")
    written = 10
    caught = None
    while caught is None:
        try:
            await history.write(step(written))
            written += 1
        except BulltuiError as error:
            caught = error
    assert caught.message == f"The history cannot be written at {path}: the disk is full."
    assert caught.hint.startswith("Make room")
    assert await _jobs(history, 3000) == written * len(QUEUES)
    assert "the disk is full" in (await history.state()).problem
    await _pragma(history, "max_page_count = 4000000")
    await history.write(step(written))
    assert (await history.state()).problem == ""
    await history.close()
    assert assert_whole(path) == written + 1


_SMALL_FILES = """
import asyncio, resource, sys
from pathlib import Path
from bulltui.domain.errors import BulltuiError
from tests.history.support import history_in, step

async def main():
    history = history_in(Path(sys.argv[1]))
    await history.lead()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    number = 0
    try:
        while True:
            await history.write(step(number))
            number += 1
    except BulltuiError as error:
        print(error.message, "|", error.hint)
    assert len(await history.cursors()) == 12
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await history.write(step(number))
    print(number + 1)
    await history.close()

asyncio.run(main())
"""


def test_a_disk_that_refuses_is_survived(tmp_path: Path, path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", _SMALL_FILES, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert found.stderr == ""
    said, steps = found.stdout.splitlines()
    assert said.startswith("The history cannot be written at")
    assert "It may be full" in said or "the disk is full" in said
    assert assert_whole(path) == int(steps)


async def test_a_read_that_takes_too_long_is_given_up(history: FileHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await history.lead()
    for number in range(50):
        await history.write(step(number))
    monkeypatch.setattr(file_history, "READ_S", -1.0)
    monkeypatch.setattr(file_history, "_OPERATIONS", 10)
    with pytest.raises(BulltuiError, match="it took too long"):
        await history.each(BEGIN, BEGIN + HOUR, timings=True)
    monkeypatch.setattr(file_history, "READ_S", 10.0)
    assert len(await history.each(BEGIN, BEGIN + HOUR, timings=True)) == len(QUEUES)


async def test_numbers_beyond_all_measure_are_kept_as_the_greatest(history: FileHistory) -> None:
    assert await history.lead()
    stand = Stand(reads=1, oldest_ms=10**30, waiting=5, waiting_max=5)
    await history.write(Written(BEGIN, {QUEUES[0]: Point(BEGIN, stand, Flow(added=3))}))
    (found,) = await history.points([QUEUES[0]], BEGIN, BEGIN + STEP_MS, STEP_MS, timings=True)
    assert found is not None
    assert (found.stand.waiting, found.flow.added) == (5, 3)
    assert found.stand.oldest_ms > 10**17


def test_a_file_has_a_name_that_any_disk_takes(tmp_path: Path) -> None:
    paths = {history_path(tmp_path, server) for server in ("a:1/0", "a/1:0", "../../etc", "é" * 300, "a:1/1", "")}
    assert len(paths) == 6
    assert {path.parent for path in paths} == {tmp_path / "history"}
    assert all(len(path.name.encode()) < 100 for path in paths)
