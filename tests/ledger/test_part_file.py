"""A file while it is written, by one process or by several after each other."""

import json
import os
import stat
from pathlib import Path

import pytest

from bulltui.domain.errors import BulltuiError, NotFoundError, UsageError
from bulltui.domain.export_mark import Mark
from bulltui.ledger.part_file import PartFile

ABOUT = {"find": "x", "states": ["failed"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.jsonl"


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


async def begun(path: Path, *pieces: bytes) -> PartFile:
    part = PartFile.begin(path, ABOUT | {"asked_ms": 5})
    for number, piece in enumerate(pieces, 1):
        await part.write(piece, Mark(jobs=number, digests=bytes([number] * 8)))
    return part


async def test_it_has_its_name_only_when_it_is_whole(path: Path) -> None:
    part = await begun(path, b"a\n", b"b\n")
    assert names(path) == ["jobs.jsonl.marks", "jobs.jsonl.part"]
    assert {stat.S_IMODE((path.parent / name).stat().st_mode) for name in names(path)} == {0o600}
    await part.finish(b"c\n")
    assert names(path) == ["jobs.jsonl"]
    assert (path.read_bytes(), part.size) == (b"a\nb\nc\n", 6)


async def test_it_is_gone_on_with_behind_the_last_mark(path: Path) -> None:
    (await begun(path, b"a\n", b"b\n")).close()
    with (path.parent / "jobs.jsonl.part").open("ab") as file:
        file.write(b'{"torn')  # written, and no mark of it
    with (path.parent / "jobs.jsonl.marks").open("ab") as file:
        file.write(b'{"size": 99')
    part = PartFile.resume(path, ABOUT)
    assert (part.mark, part.written) == (Mark(jobs=2, digests=b"\2" * 8), b"\1" * 8 + b"\2" * 8)
    assert part.begun["asked_ms"] == 5
    await part.write(b"c\n", Mark(jobs=3, digests=b"\3" * 8))
    part.close()
    again = PartFile.resume(path, ABOUT)
    assert again.written == b"\1" * 8 + b"\2" * 8 + b"\3" * 8
    await again.finish(b"")
    assert path.read_bytes() == b"a\nb\nc\n"


async def test_a_mark_of_what_did_not_reach_the_disk_counts_for_nothing(path: Path) -> None:
    (await begun(path, b"a\n", b"b\n")).close()
    os.truncate(path.parent / "jobs.jsonl.part", 3)
    part = PartFile.resume(path, ABOUT)
    assert (part.mark, part.written, part.size) == (Mark(jobs=1, digests=b"\1" * 8), b"\1" * 8, 2)
    part.close()


async def test_nothing_is_overwritten_unless_it_is_said(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        await begun(path)
    PartFile.begin(path, ABOUT, over=True).close()
    assert path.read_text() == "mine"
    path.unlink()
    with pytest.raises(UsageError, match="did not come to its end") as caught:
        await begun(path)
    assert "--resume" in caught.value.hint


async def test_two_processes_do_not_write_one_file(path: Path) -> None:
    part = await begun(path, b"a\n")
    with pytest.raises(BulltuiError, match="Another process writes"):
        PartFile.resume(path, ABOUT)
    with pytest.raises(BulltuiError, match="Another process writes"):
        PartFile.begin(path, ABOUT, over=True)
    await part.finish(b"")
    assert path.read_bytes() == b"a\n"


async def test_what_cannot_be_gone_on_with(path: Path) -> None:
    with pytest.raises(NotFoundError, match="to go on with"):
        PartFile.resume(path, ABOUT)
    (await begun(path, b"a\n")).close()
    with pytest.raises(UsageError, match="begun with other options: states"):
        PartFile.resume(path, ABOUT | {"states": []})
    (path.parent / "jobs.jsonl.marks").write_bytes(b"{oops\n")
    with pytest.raises(BulltuiError, match="does not tell how far"):
        PartFile.resume(path, ABOUT)


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a place that takes nothing")
async def test_a_disk_that_takes_nothing_is_a_sentence(path: Path) -> None:
    part = await begun(path, b"a\n")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, part._files[0])
    with pytest.raises(BulltuiError, match="cannot be written: No space left on device") as caught:
        await part.write(b"b\n", Mark(jobs=2))
    assert "Make room" in caught.value.hint
    part.close()
    os.close(full)
    assert PartFile.resume(path, ABOUT).mark == Mark(jobs=1, digests=b"\1" * 8)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BulltuiError, match="cannot be written: No such file or directory"):
        PartFile.begin(tmp_path / "none" / "x", ABOUT)
    with pytest.raises(BulltuiError, match="cannot be written"):
        PartFile.begin(tmp_path / ("x" * 300), ABOUT)
    assert json.dumps(ABOUT)
