"""The alerts of one server on this machine, see `outlets.AlertStore`."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bulltui.domain.alert import Alert, Delivery, Mute
from bulltui.domain.errors import BulltuiError
from bulltui.domain.text import visible
from bulltui.history.alert_file import AlertFile
from bulltui.history.own_thread import OwnThread
from bulltui.history.schema import put_aside, same_file
from bulltui.history.trouble import DamagedError, told
from bulltui.history.writer_lock import WriterLock
from bulltui.ledger.locks import is_held
from bulltui.ledger.paths import check_folder, check_private, ensure_folder, told_as
from bulltui.services.watch.outlets import Changes, Due, Known

T = TypeVar("T")
FILE = "alerts.db"
LOCK = "alerts.lock"
_WRITTEN = "Alerts cannot be written"
_READ = "Alerts cannot be read"
_PRUNE_S = 3600.0


class AlertFolder:
    """Alerts in the file `alerts.db` of a folder. Nothing is made there until something is to be written. It may be
    used again after `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._thread = OwnThread("alerts")
        self._file: AlertFile | None = None
        self._lock = WriterLock(folder / LOCK)
        self._pruned: float | None = None
        self._notice = ""

    @property
    def notice(self) -> str:
        """See AlertStore."""
        return self._notice

    async def lead(self) -> bool:
        """See AlertStore. A damaged file is set aside, which `notice` says."""
        return await self._thread.do(self._lead)

    async def led(self) -> bool:
        """See AlertStore."""
        return await self._thread.do(self._led)

    async def known(self, server: str) -> Known:
        """See AlertStore. What cannot be understood is set aside as well."""
        try:
            return await self._reads(lambda file: file.known(server), Known())
        except DamagedError:
            await self._thread.do(self._set_aside)
            return Known()

    async def save(self, changes: Changes) -> None:
        """See AlertStore."""

        def save(file: AlertFile) -> None:
            file.save(changes)
            now = time.monotonic()
            if self._pruned is None or now - self._pruned > _PRUNE_S:
                self._pruned = now
                file.prune(changes.at_ms)

        await self._writes(save)

    async def due(self, server: str, way: str, group_ms: int, most: int) -> Due | None:
        """See AlertStore."""
        return await self._reads(lambda file: file.due(server, way, group_ms, most), None)

    async def begin(self, way: str, message: str, transitions: Sequence[str], now_ms: int) -> None:
        """See AlertStore."""
        await self._writes(lambda file: file.begin(way, message, transitions, now_ms))

    async def sent_at(self, way: str, since_ms: int) -> list[int]:
        """See AlertStore."""
        return await self._reads(lambda file: file.sent_at(way, since_ms), [])

    async def outcome(
        self, way: str, message: str, state: str, now_ms: int, *, next_ms: int = 0, problem: str = ""
    ) -> None:
        """See AlertStore."""
        await self._writes(lambda file: file.outcome(way, message, state, now_ms, next_ms=next_ms, problem=problem))

    async def alerts(self, server: str) -> list[Alert]:
        """See AlertStore."""
        return await self._reads(lambda file: file.alerts(server), [])

    async def past(self, server: str, since_ms: int, limit: int) -> list[Alert]:
        """See AlertStore."""
        return await self._reads(lambda file: file.past(server, since_ms, limit), [])

    async def deliveries(self, limit: int) -> list[Delivery]:
        """See AlertStore."""
        return await self._reads(lambda file: file.deliveries(limit), [])

    async def mutes(self) -> list[Mute]:
        """See AlertStore."""
        return await self._reads(lambda file: file.mutes(), [])

    async def next_mute(self) -> int:
        """See AlertStore."""
        return await self._reads(lambda file: file.next_mute(), 1)

    async def mute(self, mute: Mute) -> bool:
        """See AlertStore."""
        return await self._writes(lambda file: file.mute(mute))

    async def unmute(self, number: int, now_ms: int) -> bool:
        """See AlertStore."""
        if not self._path.exists():
            return False
        return await self._writes(lambda file: file.unmute(number, now_ms))

    async def close(self) -> None:
        """See AlertStore."""
        await self._thread.do(self._close)
        self._thread.end()

    # --- in the thread

    async def _reads(self, work: Callable[[AlertFile], T], nothing: T) -> T:
        def read() -> T:
            if self._file is None and not self._path.exists():
                return nothing
            return self._with(work, _READ)

        return await self._thread.do(read)

    async def _writes(self, work: Callable[[AlertFile], T]) -> T:
        def write() -> T:
            with told_as(self._path, _WRITTEN):
                ensure_folder(self._folder)
            return self._with(work, _WRITTEN)

        return await self._thread.do(write)

    def _with(self, work: Callable[[AlertFile], T], what: str) -> T:
        with told_as(self._path, what), told(self._path, what):
            if self._file is not None and not same_file(self._path, self._file.inode):
                self._close_file()
                if self._lock.held:
                    raise BulltuiError(f"{what} at {visible(str(self._path))}: it was taken away.", code="gone")
            if self._file is None:
                check_folder(self._folder)
                for suffix in ("", "-wal", "-shm"):
                    check_private(self._path.with_name(FILE + suffix))
                self._file = AlertFile(self._path)
            return work(self._file)

    def _lead(self) -> bool:
        with told_as(self._folder / LOCK, _WRITTEN):
            if not self._lock.take():
                return False
        try:
            self._with(lambda file: file.check(), _READ)
        except DamagedError:
            self._set_aside()
        return True

    def _led(self) -> bool:
        if self._lock.held:
            return True
        with told_as(self._folder / LOCK, _READ):
            return is_held(self._folder / LOCK)

    def _set_aside(self) -> None:
        """A damaged file makes room for a new one."""
        self._close_file()
        with told_as(self._path, _WRITTEN):
            aside = put_aside(self._path)
        self._notice = (
            f"The file of alerts was damaged and begins anew; what there was is kept as {visible(str(aside))}."
        )

    def _close(self) -> None:
        self._close_file()
        self._lock.leave()

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


__all__ = ["FILE", "AlertFolder"]
