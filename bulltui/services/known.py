"""Which queues there are: found by going through all keys, again and again."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.match import select
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Discovery
from bulltui.services.pace import PollOptions
from bulltui.services.protocols import Clock, QueueReader


class KnownQueues:
    """The queues found so far, in their order, and how far the search is. `found` is set when there is something new,
    `all_found` when the first search is through or a later one has found something."""

    def __init__(self, reader: QueueReader, clock: Clock, options: PollOptions) -> None:
        self._reader = reader
        self._clock = clock
        self._options = options
        self._refs: dict[QueueRef, None] = {}
        self._ordered: tuple[QueueRef, ...] | None = ()
        self.state = Discovery()
        self.found = asyncio.Event()
        self.all_found = asyncio.Event()

    @property
    def refs(self) -> tuple[QueueRef, ...]:
        """All of them, in the order of their names."""
        if self._ordered is None:
            self._ordered = tuple(sorted(self._refs))
        return self._ordered

    @property
    def complete(self) -> bool:
        """Whether a search has gone through all keys."""
        return self.state.finished_at is not None

    def meet(self, refs: Iterable[QueueRef]) -> bool:
        """Takes in queues of which one knows without a search, as far as they are asked for; whether any was new."""
        prefixes = self._options.prefixes
        asked = (ref for ref in select(refs, self._options.globs) if prefixes is None or ref.prefix in prefixes)
        new = [ref for ref in asked if ref not in self._refs]
        if new:
            self._take({**self._refs, **dict.fromkeys(new)})
            self.found.set()
        return bool(new)

    async def search(self) -> float:
        """Goes through all keys once; seconds until it should be done again. A search that is not allowed is told in
        `state` and is no error. Raises what else goes wrong."""
        began = self._clock.monotonic()
        try:
            await self._search()
        except NotAllowedError as error:
            problem = f"{error.message.rstrip('.')}. {error.hint}".strip()
            self.state = replace(self.state, running=False, problem=problem)
            return self._options.discovery_s
        except BaseException:
            self.state = replace(self.state, running=False)
            raise
        finally:
            self.found.set()
        return self._options.search_pause(self._clock.monotonic() - began)

    async def _search(self) -> None:
        seen: dict[QueueRef, None] = {}
        first = not self.complete
        self.state = replace(self.state, running=True, scanned=0)
        step = None
        async for step in self._reader.discover(self._options.prefixes):
            fresh = select(step.refs, self._options.globs)
            seen.update(dict.fromkeys(fresh))
            self.state = replace(self.state, scanned=step.scanned, found=len(seen))
            if any(ref not in self._refs for ref in fresh):
                self._take({**self._refs, **dict.fromkeys(fresh)})
                self.found.set()
        self._take(seen)
        self.state = Discovery(
            running=False,
            scanned=step.scanned if step else 0,
            found=len(seen),
            finished_at=self._clock.now_ms(),
            other_prefixes=step.other_prefixes if step else (),
            problem=step.problem if step else "",
        )
        if first or self.found.is_set():
            self.all_found.set()

    def _take(self, refs: dict[QueueRef, None]) -> None:
        self._refs, self._ordered = refs, None
