"""What is remembered from one run to the next."""

import asyncio
import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from bulltui.domain.errors import BulltuiError, NotFoundError, UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.saved_search import SavedSearch
from bulltui.ledger.remembered import HISTORY, Remembered

MAIL = QueueRef("bull", "mail")
STUCK = SavedSearch("stuck", "run>10m", ("pay*",), ("active",))


async def again(folder: Path) -> Remembered:
    """What another run finds."""
    fresh = Remembered(folder)
    await fresh.load()
    return fresh


async def test_a_folder_without_a_file_holds_nothing_and_is_no_problem(tmp_path: Path) -> None:
    fresh = await again(tmp_path / "none")
    assert (fresh.history, fresh.saved, fresh.columns(MAIL), fresh.sort(MAIL), fresh.problem) == ((), (), (), "", "")
    assert not (tmp_path / "none").exists()


async def test_all_is_there_in_the_next_run_and_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    one = Remembered(folder)
    await one.note(" error:x ")
    await one.save(STUCK)
    await one.set_columns(MAIL, ("id", "data.orderId"))
    await one.set_sort(MAIL, "-age")
    fresh = await again(folder)
    assert fresh.history == one.history == ("error:x",)
    assert fresh.saved == (STUCK,)
    assert (fresh.columns(MAIL), fresh.sort(MAIL)) == (("id", "data.orderId"), "-age")
    assert stat.S_IMODE((folder / "remembered.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["remembered.json", "remembered.lock"]


async def test_the_theme_is_there_in_the_next_run(tmp_path: Path) -> None:
    one = Remembered(tmp_path)
    assert one.theme == ""
    await one.note("error:x")
    await one.set_theme("bulltui-light")
    fresh = await again(tmp_path)
    assert (fresh.theme, fresh.history) == ("bulltui-light", ("error:x",))


async def test_of_themes_that_are_chosen_at_once_the_last_one_is_kept(tmp_path: Path) -> None:
    one = Remembered(tmp_path)
    await asyncio.gather(*(one.set_theme(f"theme-{number}") for number in range(12)))
    assert (one.theme, (await again(tmp_path)).theme) == ("theme-11", "theme-11")


async def test_a_file_that_knows_of_no_theme_is_read_all_the_same(tmp_path: Path) -> None:
    await Remembered(tmp_path).note("error:x")
    file = tmp_path / "remembered.json"
    document = json.loads(file.read_text())
    del document["theme"]
    file.write_text(json.dumps(document))
    fresh = await again(tmp_path)
    assert (fresh.theme, fresh.history, fresh.problem) == ("", ("error:x",), "")


async def test_a_theme_that_cannot_be_written_holds_in_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Remembered(tmp_path / "file" / "below")
    await one.set_theme("bulltui-light")
    assert one.theme == "bulltui-light"
    assert one.problem


async def test_the_history_has_each_search_once_and_only_the_newest(tmp_path: Path) -> None:
    one = Remembered(tmp_path)
    for number in range(HISTORY + 5):
        await one.note(f"q{number}")
    await one.note("q50")
    await one.note("  ")
    assert one.history[:2] == ("q50", f"q{HISTORY + 4}")
    assert len(one.history) == len(set(one.history)) == HISTORY
    await one.forget_history()
    assert (await again(tmp_path)).history == ()


async def test_without_a_history_nothing_is_written_down(tmp_path: Path) -> None:
    await Remembered(tmp_path).note("before")
    one = Remembered(tmp_path, keeps_history=False)
    await one.note("secret")
    await one.load()
    assert one.history == ()
    assert "secret" not in (tmp_path / "remembered.json").read_text()


async def test_texts_that_are_no_unicode_are_kept_as_far_as_they_are(tmp_path: Path) -> None:
    odd = QueueRef("bull", "a\udcffb")
    one = Remembered(tmp_path)
    await one.note("x\udcff")
    await one.set_columns(odd, ("id",))
    fresh = await again(tmp_path)
    assert fresh.history == ("x\\xff",)
    assert fresh.columns(odd) == ("id",)


async def test_a_saved_search_is_replaced_and_dropped_by_its_name(tmp_path: Path) -> None:
    one = Remembered(tmp_path)
    await one.save(STUCK)
    await one.save(SavedSearch("stuck", "other"))
    assert one.saved == (SavedSearch("stuck", "other"),)
    await one.forget("stuck")
    assert (await again(tmp_path)).saved == ()
    with pytest.raises(NotFoundError):
        await one.forget("stuck")
    for name in ("", "a b", "@x", "x" * 61, "-x"):
        with pytest.raises(UsageError):
            await one.save(SavedSearch(name, "q"))


async def test_the_usual_look_takes_no_room(tmp_path: Path) -> None:
    one = Remembered(tmp_path)
    await one.set_columns(MAIL, ("id",))
    await one.set_columns(MAIL, ())
    assert json.loads((tmp_path / "remembered.json").read_text())["views"] == {}


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'{"history": [1], "searches": [], "views": {}}', b""])
async def test_a_damaged_file_is_set_aside_with_a_note(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "remembered.json").write_bytes(content)
    fresh = await again(tmp_path)
    assert fresh.history == ()
    assert "set aside as remembered.damaged" in fresh.problem
    assert (tmp_path / "remembered.damaged").read_bytes() == content
    await fresh.note("q")
    assert (await again(tmp_path)).history == ("q",)


async def test_a_folder_that_cannot_be_written_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Remembered(tmp_path / "file")
    await one.note("q")
    assert "remembered cannot be written" in one.problem
    await one.set_columns(MAIL, ("id",))
    assert one.columns(MAIL) == ("id",)  # in this run
    with pytest.raises(BulltuiError, match="cannot be written"):
        await one.save(STUCK)


def _note_many(folder: str, name: str) -> None:
    async def work() -> None:
        one = Remembered(Path(folder))
        for number in range(20):
            await one.note(f"{name}{number}")

    asyncio.run(work())


async def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_note_many, args=(str(tmp_path), name)) for name in "ab"]
    for one in both:
        one.start()
    for one in both:
        await asyncio.to_thread(one.join)
    assert set((await again(tmp_path)).history) == {f"{name}{number}" for name in "ab" for number in range(20)}
