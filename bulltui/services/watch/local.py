"""The history on this machine, of one server or of several, as charts and reports read it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bulltui.domain.charting import TIMINGS, Ask, Chart, chart_of
from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import OfName, Point, beside
from bulltui.domain.queue import QueueRef
from bulltui.services.fleet.members import Members, answers_of
from bulltui.services.watch.protocols import HistoryState, HistoryStore, Written


class LocalHistory:
    """See `protocols.HistorySource`. Stores are by the labels of their servers, that of a single one is empty. Of
    several, one that cannot be read is named in the answer, and the others are shown."""

    def __init__(self, stores: Mapping[str, HistoryStore]) -> None:
        self._stores = Members(stores)

    async def chart(self, ask: Ask) -> Chart:
        """See HistorySource."""
        timings = any(measure in TIMINGS for measure in ask.measures)
        asked = self._asked(ask.refs)

        async def points(label: str, store: HistoryStore) -> list[Point | None]:
            return await store.points(asked[label], ask.start_ms, ask.end_ms, ask.step_ms, timings=timings)

        told = await self._stores.each_or_error(points, asked)
        answers = answers_of(told) if told else {}
        steps = [[one[at] if at < len(one) else None for one in answers.values()] for at in range(ask.steps)]
        together = [_together(some, ask.start_ms + at * ask.step_ms) for at, some in enumerate(steps)]
        return replace(chart_of(together, ask), problem=_problem(told))

    async def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        """See HistorySource."""
        told = await self._stores.each_or_error(lambda _, store: store.each(start_ms, end_ms, timings=True))
        return {
            replace(ref, server=label): point
            for label, found in answers_of(told).items()
            for ref, point in found.items()
        }

    async def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        """See HistorySource."""
        told = await self._stores.each_or_error(lambda _, store: store.names(None, start_ms, end_ms))
        return {
            (replace(ref, server=label), name): one
            for label, found in answers_of(told).items()
            for (ref, name), one in found.items()
        }

    async def state(self) -> HistoryState:
        """See HistorySource."""
        told = await self._stores.each_or_error(lambda _, store: store.state())
        states = {
            label: HistoryState(problem=one.message, hint=one.hint) if isinstance(one, BulltuiError) else one
            for label, one in told.items()
        }
        return together(states)

    def _asked(self, refs: Sequence[QueueRef]) -> dict[str, list[QueueRef] | None]:
        """What each store is asked for: all of it for None."""
        if not refs:
            return dict.fromkeys(self._stores.labels)
        return {label: [replace(ref, server="") for ref in some] for label, some in self._stores.split(refs).items()}


def together(states: Mapping[str, HistoryState]) -> HistoryState:
    """How several histories are, in one word for all of them."""
    if len(states) == 1:
        return next(iter(states.values()))
    some = list(states.values())
    firsts = [one.first_ms for one in some if one.first_ms is not None]
    lasts = [one.last_ms for one in some if one.last_ms is not None]
    problems = {label: one for label, one in states.items() if one.problem}
    return HistoryState(
        where=", ".join(dict.fromkeys(one.where for one in some if one.where)),
        leads=all(one.leads for one in some),
        writer=", ".join(dict.fromkeys(one.writer for one in some if one.writer)),
        first_ms=min(firsts, default=None),
        last_ms=max(lasts, default=None),
        bytes=sum(one.bytes for one in some),
        problem=" ".join(f"{label}: {one.problem}" for label, one in problems.items()),
        hint=next((one.hint for one in problems.values() if one.hint), ""),
    )


def _together(points: Sequence[Point | None], at_ms: int) -> Point | None:
    known = [one for one in points if one is not None]
    return beside(known, at_ms) if known else None


def _problem(told: Mapping[str, object]) -> str:
    return " ".join(f"{label}: {one.message}" for label, one in told.items() if isinstance(one, BulltuiError))


class Labelled:
    """A store as those see it who know the label of its server: refs have it on this side and not on the other."""

    def __init__(self, store: HistoryStore, label: str) -> None:
        self._store = store
        self._label = label

    async def lead(self) -> bool:
        """See HistoryStore."""
        return await self._store.lead()

    async def write(self, written: Written) -> None:
        """See HistoryStore."""
        await self._store.write(
            Written(
                written.at_ms,
                {_bare(ref): point for ref, point in written.points.items()},
                {(_bare(ref), name): one for (ref, name), one in written.names.items()},
                {_bare(ref): cursor for ref, cursor in written.cursors.items()},
            )
        )

    async def fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int) -> None:
        """See HistoryStore."""
        await self._store.fill(_bare(ref), points, step_ms)

    async def cursors(self) -> dict[QueueRef, str]:
        """See HistoryStore."""
        return {self._known(ref): cursor for ref, cursor in (await self._store.cursors()).items()}

    async def points(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int, step_ms: int, *, timings: bool
    ) -> list[Point | None]:
        """See HistoryStore."""
        return await self._store.points(_bares(refs), start_ms, end_ms, step_ms, timings=timings)

    async def each(self, start_ms: int, end_ms: int, *, timings: bool) -> dict[QueueRef, Point]:
        """See HistoryStore."""
        found = await self._store.each(start_ms, end_ms, timings=timings)
        return {self._known(ref): point for ref, point in found.items()}

    async def names(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int
    ) -> dict[tuple[QueueRef, str], OfName]:
        """See HistoryStore."""
        found = await self._store.names(_bares(refs), start_ms, end_ms)
        return {(self._known(ref), name): one for (ref, name), one in found.items()}

    async def state(self) -> HistoryState:
        """See HistoryStore."""
        return await self._store.state()

    async def close(self) -> None:
        """See HistoryStore."""
        await self._store.close()

    def _known(self, ref: QueueRef) -> QueueRef:
        return replace(ref, server=self._label)


def _bare(ref: QueueRef) -> QueueRef:
    return replace(ref, server="") if ref.server else ref


def _bares(refs: Sequence[QueueRef] | None) -> list[QueueRef] | None:
    return None if refs is None else list(map(_bare, refs))
