"""What was done: an append-only file of JSON lines, an intent before each action and its outcome after it.

An action that runs also has a file of its own, locked as long as its process lives. So it shows which actions ended
with their process, whatever number a later process has.
"""

import asyncio
import json
import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bulltui.domain.history import Deed, Intent
from bulltui.domain.outcome import Outcome
from bulltui.ledger.lines import append, backwards
from bulltui.ledger.locks import held, is_held, take
from bulltui.ledger.paths import check_folder, ensure_folder, open_private, told_as
from bulltui.ledger.who import Who, who
from bulltui.ledger.words import intent_from, intent_words, line_of, outcome_from, outcome_words

FILE_SIZE = 10 * 1024 * 1024
FILES = 5
"""Five files of 10 MB are kept: some 50,000 actions."""

_YOUNG_S = 60.0
"""For how long an empty mark may be of a process that is just starting an action."""

_DAMAGED = (ValueError, TypeError, KeyError, AttributeError)


class FileAudit:
    """The audit in a folder. Any number of processes may write at once."""

    def __init__(self, folder: Path, *, file_size: int = FILE_SIZE, by: Who | None = None) -> None:
        self._folder = folder
        self._file = folder / "audit.jsonl"
        self._running = folder / "running"
        self._size = file_size
        self._who = by or who()
        self._locks: dict[str, int] = {}

    async def intend(self, intent: Intent, at_ms: int) -> str:
        """See Audit."""
        return await asyncio.to_thread(self._intend, intent, at_ms)

    async def conclude(self, audit_id: str, outcome: Outcome, at_ms: int) -> None:
        """See Audit."""
        await asyncio.to_thread(self._conclude, audit_id, outcome, at_ms)

    async def deeds(self, limit: int) -> list[Deed]:
        """See Audit."""
        return await asyncio.to_thread(self._deeds, limit)

    async def interrupted(self) -> list[Deed]:
        """See Audit."""
        return await asyncio.to_thread(self._interrupted)

    # --- writing

    def _intend(self, intent: Intent, at_ms: int) -> str:
        audit_id = f"{at_ms:x}-{secrets.token_hex(4)}"
        by = self._who
        line = line_of(
            {"event": "intent", "id": audit_id, "at": _iso(at_ms), "at_ms": at_ms}
            | {"user": by.user, "sudo_user": by.sudo_user, "ssh": by.ssh, "host": by.host, "pid": by.pid}
            | intent_words(intent)
        )
        with told_as(self._folder, "The audit cannot be written"):
            ensure_folder(self._folder)
            descriptor = open_private(ensure_folder(self._running) / audit_id, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            self._locks[audit_id] = descriptor
            try:
                take(descriptor)
                os.write(descriptor, line)
                self._append(line)
            except BaseException:
                self._let_go(audit_id)
                raise
        return audit_id

    def _conclude(self, audit_id: str, outcome: Outcome, at_ms: int) -> None:
        words = {"event": "outcome", "id": audit_id, "at": _iso(at_ms), "at_ms": at_ms} | outcome_words(outcome)
        with told_as(self._folder, "The audit cannot be written"):
            self._append(line_of(words))
            self._let_go(audit_id)

    def _let_go(self, audit_id: str) -> None:
        descriptor = self._locks.pop(audit_id, None)
        if descriptor is not None:
            os.close(descriptor)
        (self._running / audit_id).unlink(missing_ok=True)

    def _append(self, line: bytes) -> None:
        with held(self._folder / "audit.lock"):
            self._rotate(len(line))
            append(self._file, line, sync=True)

    def _rotate(self, more: int) -> None:
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            return
        if size + more <= self._size:
            return
        files = self._files()
        files[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(files), reversed(files[:-1]), strict=False):
            if newer.exists():
                newer.replace(older)

    def _files(self) -> list[Path]:
        """The newest first."""
        return [self._file, *(self._file.with_name(f"{self._file.name}.{number}") for number in range(1, FILES))]

    # --- reading

    def _deeds(self, limit: int) -> list[Deed]:
        outcomes: dict[str, dict[str, Any]] = {}
        deeds: dict[str, Deed] = {}
        with told_as(self._folder, "The audit cannot be read"):
            check_folder(self._folder)
            running = self._alive()
            for words in self._documents():
                audit_id = str(words.get("id", ""))
                if words.get("event") == "outcome":
                    outcomes[audit_id] = words
                    continue
                if audit_id in deeds:
                    continue  # files were passed on meanwhile
                deed = _deed(words, outcomes.pop(audit_id, None), running=audit_id in running)
                if deed is not None:
                    deeds[audit_id] = deed
                if len(deeds) >= limit:
                    break
        return list(deeds.values())

    def _documents(self) -> Iterator[dict[str, Any]]:
        for path in self._files():
            for line in backwards(path):
                try:
                    words = json.loads(line)
                except ValueError:  # what a process wrote when it died
                    continue
                if isinstance(words, dict):
                    yield words

    def _alive(self) -> set[str]:
        return {path.name for path in self._marks() if path.name in self._locks or is_held(path)}

    def _marks(self) -> list[Path]:
        return sorted(self._running.iterdir()) if self._running.is_dir() else []

    def _interrupted(self) -> list[Deed]:
        found: list[Deed] = []
        now = time.time()
        with told_as(self._folder, "The audit cannot be read"):
            for path in self._marks():
                if path.name not in self._locks:
                    deed = self._take_over(path, now)
                    if deed is not None:
                        found.append(deed)
        return found

    def _take_over(self, path: Path, now: float) -> Deed | None:
        """What a process that died was at, which is told now and so never again."""
        try:
            descriptor = open_private(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            if not take(descriptor, wait=False):
                return None
            content = os.read(descriptor, os.fstat(descriptor).st_size)
            if not content and os.fstat(descriptor).st_mtime > now - _YOUNG_S:
                return None  # another process is about to lock it
            try:
                deed = _deed(json.loads(content), None, running=False)
            except _DAMAGED:
                deed = None  # it died before it began, or another process tells it
            if deed is not None and deed.host != self._who.host:
                return None  # another machine on the same disk, whose locks may not show here
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)
        path.unlink(missing_ok=True)
        return deed


def _deed(words: dict[str, Any], outcome: dict[str, Any] | None, *, running: bool) -> Deed | None:
    try:
        intent = intent_from(words)
        return Deed(
            id=str(words["id"]),
            at_ms=int(words["at_ms"]),
            intent=intent,
            user=str(words.get("user", "")),
            sudo_user=str(words.get("sudo_user", "")),
            ssh=str(words.get("ssh", "")),
            host=str(words.get("host", "")),
            pid=int(words.get("pid", 0)),
            outcome=None if outcome is None else outcome_from(outcome, intent.verb),
            ended_ms=None if outcome is None else int(outcome["at_ms"]),
            interrupted=outcome is None and not running,
        )
    except _DAMAGED:
        return None


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
