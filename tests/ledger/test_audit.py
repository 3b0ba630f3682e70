"""The audit on the disk: who, when, what; several processes; a process that dies; bounds."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Intent
from bulltui.domain.outcome import Outcome, Reason
from bulltui.ledger.audit import FileAudit
from bulltui.ledger.who import Who, who

INTENT = Intent(
    "retry-all", "here:6379/0", ("bull:pay\udcff",), {"limit": 5, "layouts": {"bull:pay": "v5"}}, "failed", 12,
    tuple(map(str, range(30))), "the acquirer is back",
)  # fmt: skip
ANNA = Who("root", "anna", "10.0.0.7", "desk", 4711)
AT = 1_800_000_000_123


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def audit(folder: Path) -> FileAudit:
    return FileAudit(folder, by=ANNA)


def documents(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


async def test_a_line_before_and_a_line_after(audit: FileAudit, folder: Path) -> None:
    audit_id = await audit.intend(INTENT, AT)
    (intent,) = documents(folder)
    assert intent["event"] == "intent"
    assert intent["at"] == "2027-01-15T08:00:00.123Z"
    assert [intent[key] for key in ("user", "sudo_user", "ssh", "host", "pid")] == [
        "root",
        "anna",
        "10.0.0.7",
        "desk",
        4711,
    ]
    assert (intent["verb"], intent["server"], intent["reason"]) == ("retry-all", "here:6379/0", "the acquirer is back")
    assert intent["ids"] == list(map(str, range(20)))
    await audit.conclude(audit_id, Outcome("retry-all", done=12), AT + 500)
    outcome = documents(folder)[1]
    assert (outcome["id"], outcome["kind"], outcome["done"]) == (audit_id, "done", 12)


async def test_deeds_come_the_newest_first_each_with_its_outcome(audit: FileAudit) -> None:
    first = await audit.intend(INTENT, AT)
    second = await audit.intend(Intent("pause", "here:6379/0", ("bull:mail",)), AT + 1)
    error = BulltuiError("Gone.", hint="Start it.", code="unreachable")
    outcome = Outcome("pause", 3, {Reason.LOCKED: 2}, {Reason.LOCKED: ("a", "b")}, 1, 7, error, True, 9, ("n1",), 1.25)
    await audit.conclude(second, outcome, AT + 2)
    newest, oldest = await audit.deeds(10)
    assert (newest.id, oldest.id) == (second, first)
    assert (newest.ended_ms, oldest.outcome) == (AT + 2, None)
    assert newest.outcome is not None
    assert newest.outcome.error is not None
    assert (newest.outcome.error.message, newest.outcome.error.hint) == ("Gone.", "Start it.")
    assert (newest.outcome.examples, newest.outcome.skipped) == (outcome.examples, outcome.skipped)
    assert (newest.outcome.unsure, newest.outcome.left, newest.outcome.undo) == (1, 7, 9)
    assert (newest.outcome.cancelled, newest.outcome.made, newest.outcome.elapsed_s) == (True, ("n1",), 1.25)
    assert oldest.intent.queues == INTENT.queues
    assert oldest.intent.details == INTENT.details
    assert (oldest.user, oldest.sudo_user, oldest.ssh, oldest.host, oldest.pid) == (
        "root",
        "anna",
        "10.0.0.7",
        "desk",
        4711,
    )
    assert [deed.id for deed in await audit.deeds(1)] == [second]


async def test_only_the_owner_may_read(audit: FileAudit, folder: Path) -> None:
    await audit.intend(INTENT, AT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


async def test_a_torn_line_spoils_only_itself(audit: FileAudit, folder: Path) -> None:
    first = await audit.intend(INTENT, AT)
    path = folder / "audit.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event":"intent","id":"torn","verb":"re')
    second = await audit.intend(INTENT, AT + 1)
    path.write_bytes(
        path.read_bytes() + b"\x00\xff not JSON\n[]\n" + b'{"event":"outcome","id":"nobody","kind":"done"}\n'
    )
    assert [deed.id for deed in await audit.deeds(10)] == [second, first]


async def test_old_files_are_passed_on_and_dropped(folder: Path) -> None:
    audit = FileAudit(folder, file_size=2_000, by=ANNA)
    ids = []
    for number in range(60):
        ids.append(await audit.intend(INTENT, AT + number))
        await audit.conclude(ids[-1], Outcome("retry-all", done=1), AT + number)
    files = sorted(folder.glob("audit.jsonl*"))
    assert len(files) == 5
    assert all(path.stat().st_size <= 2_000 for path in files)
    found = [deed.id for deed in await audit.deeds(100)]
    assert found == ids[: -len(found) - 1 : -1]
    assert 5 < len(found) < 60


async def test_deeds_are_read_from_the_end(folder: Path, audit: FileAudit) -> None:
    """More than one block of lines, and a line over its edge."""
    ids = [await audit.intend(INTENT, AT + number) for number in range(300)]
    assert (folder / "audit.jsonl").stat().st_size > 100_000
    assert [deed.id for deed in await audit.deeds(300)] == ids[::-1]


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BulltuiError) as caught:
        await FileAudit(tmp_path / "file").intend(INTENT, AT)
    assert str(tmp_path / "file") in caught.value.message
    assert "BULLTUI_STATE_DIR" in caught.value.hint


async def test_nothing_is_made_by_reading(audit: FileAudit, folder: Path) -> None:
    assert await audit.deeds(5) == []
    assert await audit.interrupted() == []
    assert not folder.exists()


# --- other processes

_WRITER = """
import asyncio, sys, time
from pathlib import Path
from bulltui.domain.outcome import Outcome
from tests.ledger.test_audit import INTENT, AT, FileAudit

async def main():
    audit = FileAudit(Path(sys.argv[1]), file_size=int(sys.argv[2]))
    for number in range(int(sys.argv[3])):
        done = await audit.intend(INTENT, AT + number)
        await audit.conclude(done, Outcome("retry-all", done=1), AT + number)
    await audit.intend(INTENT, AT + 1_000_000)
    print("ready", flush=True)
    time.sleep(60)

asyncio.run(main())
"""


def start(folder: Path, size: int, count: int) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", _WRITER, str(folder), str(size), str(count)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


async def test_a_killed_process_is_told_of_once(folder: Path) -> None:
    audit = FileAudit(folder)
    process = start(folder, 10**6, 1)
    assert process.stdout is not None
    process.stdout.readline()
    assert await audit.interrupted() == []  # it lives
    running, ended = await audit.deeds(5)
    assert (running.interrupted, running.outcome) == (False, None)
    assert ended.outcome is not None
    kill(process)

    (cut,) = await audit.interrupted()
    assert (cut.id, cut.pid, cut.intent.verb, cut.interrupted) == (running.id, process.pid, "retry-all", True)
    assert await audit.interrupted() == []
    assert (await audit.deeds(5))[0].interrupted  # for good


async def test_our_own_running_action_is_not_interrupted(audit: FileAudit) -> None:
    await audit.intend(INTENT, AT)
    assert await audit.interrupted() == []
    assert not (await audit.deeds(1))[0].interrupted
    assert not (await FileAudit(audit._folder).deeds(1))[0].interrupted


async def test_another_machine_on_the_same_disk_is_left_alone(folder: Path) -> None:
    process = start(folder, 10**6, 0)
    assert process.stdout is not None
    process.stdout.readline()
    kill(process)
    assert await FileAudit(folder, by=Who(host="another")).interrupted() == []
    assert len(await FileAudit(folder).interrupted()) == 1


async def test_a_mark_that_is_being_made_is_left_alone(folder: Path) -> None:
    mark = folder / "running" / "1-abc"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert await FileAudit(folder).interrupted() == []
    assert mark.exists()
    os.utime(mark, (1, 1))
    assert await FileAudit(folder).interrupted() == []
    assert not mark.exists()


async def test_several_processes_write_and_rotate_at_once(folder: Path) -> None:
    processes = [start(folder, 20_000, 40) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        kill(process)
    lines = [line for path in folder.glob("audit.jsonl*") for line in path.read_bytes().splitlines()]
    for line in lines:
        json.loads(line)
    ids = [(json.loads(line)["event"], json.loads(line)["id"]) for line in lines]
    assert len(set(ids)) == len(ids)
    assert all(path.stat().st_size <= 20_000 for path in folder.glob("audit.jsonl*"))
    assert len(await FileAudit(folder).interrupted()) == 3


# --- who


def test_who_is_behind_it() -> None:
    found = who({"SUDO_USER": "anna", "SSH_CONNECTION": "10.0.0.7 50000 10.0.0.1 22", "USER": "somebody else"})
    assert (found.sudo_user, found.ssh, found.pid) == ("anna", "10.0.0.7", os.getpid())
    assert found.user
    assert found.user != "somebody else"  # what stands in the environment is no proof
    assert found.host
    assert who({"SSH_CLIENT": "10.0.0.8 1 2"}).ssh == "10.0.0.8"
    assert who({}).ssh == ""
