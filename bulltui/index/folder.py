"""Where indexes lie on this machine: a folder for each queue of each server, that only its owner may read."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job_index import Facets, Found, Scan, Standing
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate, Spot
from bulltui.domain.states import JobState
from bulltui.domain.text import valid_unicode, visible
from bulltui.index.document import WANTS, entry_of
from bulltui.index.engine import Engine, UnreadableError
from bulltui.index.wanted import wanted

FORMAT = 1
"""An index of another format is none."""

_FILE = "standing.json"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class IndexFolder:
    """All indexes of a server, in a folder that is made when the first one is. `server` is its address, without a
    password, `label` what it is called where several are shown. `redact` are the rules by which jobs are read: an index
    that was made by others is none, since it may hold what these hide. `ensure` makes a folder for its owner alone, and
    raises OSError for one in which others have a hand."""

    def __init__(
        self,
        root: Path,
        server: str,
        *,
        label: str = "",
        redact: Sequence[str] = (),
        ensure: Callable[[Path], object] | None = None,
    ) -> None:
        self._ensure = ensure or _made
        self._root = root
        self._server = server
        self._label = label
        self._redact = tuple(redact)

    def at(self, ref: QueueRef) -> "JobIndex":
        """The index of a queue, whether there is one or not."""
        digest = blake2b(f"{self._server}\n{ref.key}".encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        return JobIndex(self._root / digest, ref, self._server, self._redact, self._ensure)

    def all(self) -> list["JobIndex"]:
        """The indexes that there are of the server's queues."""
        found = [
            JobIndex(path, replace(standing.ref, server=self._label), self._server, self._redact, self._ensure)
            for path in (sorted(self._root.iterdir()) if self._root.is_dir() else ())
            if (standing := _read(path, self._server, self._redact)) is not None
        ]
        return sorted(found, key=lambda index: index.ref)


class JobIndex:
    """The index of one queue. See `services.indexing.JobIndex`."""

    wants = WANTS

    def __init__(
        self,
        folder: Path,
        ref: QueueRef,
        server: str,
        redact: Sequence[str],
        ensure: Callable[[Path], object],
    ) -> None:
        self._ensure = ensure
        self.ref = ref
        self._folder = folder
        self._server = server
        self._redact = tuple(redact)
        self._made: Engine | None = None
        self._written = False

    @property
    def standing(self) -> Standing | None:
        """How it stands, None where there is none."""
        found = _read(self._folder, self._server, self._redact)
        return found and replace(found, ref=self.ref)

    @property
    def size(self) -> int:
        """Its bytes on the disk."""
        files = self._folder.glob("*") if self._folder.is_dir() else ()
        return sum(_size(path) for path in files)

    async def clear(self) -> None:
        """Begins anew."""
        await asyncio.to_thread(self._clear)

    async def write(self, jobs: Sequence[Candidate], gone: Sequence[str] = ()) -> None:
        """Takes jobs in, in the place of what it has of them, and out. They count after `commit`."""
        await asyncio.to_thread(self._write, jobs, gone)

    async def commit(self, standing: Standing) -> None:
        """Makes what was written last, together with how the index stands now."""
        await asyncio.to_thread(self._commit, standing)

    async def find(self, query: Query, limit: int) -> Found | None:
        """Ids of the jobs that a query may mean, the best first; None where the index cannot tell."""
        texts = wanted(query.root)
        if texts is None or self.standing is None:
            return None
        return await asyncio.to_thread(lambda: self._engine().find(texts, limit))

    async def facets(self, limit: int = 10) -> Facets:
        """The most common names and errors."""
        return await asyncio.to_thread(lambda: self._engine().facets(limit))

    async def delete(self) -> None:
        """Takes it off the disk. Raises a `BulltuiError` while another process writes it."""
        await asyncio.to_thread(self._delete)

    async def close(self) -> None:
        """Ends writing; what was not committed is lost."""
        if self._made is not None:
            await asyncio.to_thread(self._made.close)
            self._made = None

    def _engine(self) -> Engine:
        if self._made is None:
            try:
                self._ensure(self._folder.parent)
                self._ensure(self._folder)
            except OSError as error:
                raise BulltuiError(
                    f"The index at {visible(str(self._folder))} cannot be made: {error.strerror or error}.",
                    hint="Make room or rights there, or name another folder by BULLTUI_STATE_DIR.",
                    code="index",
                ) from error
            self._made = Engine(self._folder)
        return self._made

    def _clear(self) -> None:
        try:
            engine = self._engine()
        except UnreadableError:
            self._delete()
            engine = self._engine()
        engine.clear()
        (self._folder / _FILE).unlink(missing_ok=True)

    def _delete(self) -> None:
        if not self._folder.is_dir():
            return
        try:
            self._engine().lock()
        except UnreadableError:
            pass
        else:
            self._engine().close()
        self._made = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, jobs: Sequence[Candidate], gone: Sequence[str]) -> None:
        self._written = True
        self._engine().write((entry_of(job.id, job.raw) for job in jobs), gone)

    def _commit(self, standing: Standing) -> None:
        try:
            if self._written:
                self._engine().commit()
            self._written = False
            # What the server is called is another thing in another run.
            ref = {"prefix": standing.ref.prefix, "name": standing.ref.name}
            document = {
                "format": FORMAT,
                "server": self._server,
                **asdict(standing),
                "ref": ref,
                "redact": self._redact,
            }
            text = json.dumps(document, ensure_ascii=True)  # ids that are no UTF-8 as escapes
            draft = self._folder / f"{_FILE}.draft"
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            draft.replace(self._folder / _FILE)
            for path in self._folder.iterdir():
                path.chmod(_FILE_MODE)
        except (OSError, ValueError) as error:
            raise BulltuiError(
                f"The index at {visible(str(self._folder))} cannot be written: {valid_unicode(str(error))}.",
                hint="Make room or rights there, or name another folder by BULLTUI_STATE_DIR.",
                code="index",
            ) from error


def _made(folder: Path) -> None:
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    folder.parent.chmod(_FOLDER_MODE)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # merged away meanwhile
        return 0


def _read(folder: Path, server: str, redact: Sequence[str]) -> Standing | None:
    try:
        found: dict[str, Any] = json.loads((folder / _FILE).read_text())
        if found["format"] != FORMAT or found["server"] != server or found.get("redact", []) != list(redact):
            return None
        scan = found["scan"]
        return Standing(
            QueueRef(**found["ref"]),
            str(found["cursor"]),
            int(found["built_ms"]),
            int(found["caught_up_ms"]),
            Scan(JobState(scan["state"]), Spot(**scan["spot"])) if scan else None,
            tuple(map(str, found["unread"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
