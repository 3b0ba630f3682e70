"""A search as a command makes it: what is asked and where, and the search itself with its progress and Ctrl+C."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulltui.cli.acting import resolved
from bulltui.cli.call import Call
from bulltui.cli.output import Out, note
from bulltui.cli.states import state_from
from bulltui.domain.errors import BulltuiError, ExitCode, NotFoundError
from bulltui.domain.outcome import Progress
from bulltui.domain.queue import QueueRef
from bulltui.domain.saved_search import SavedSearch, by_name, expanded
from bulltui.domain.states import LISTED, JobState
from bulltui.domain.text import plural
from bulltui.services.request import Cancel

if TYPE_CHECKING:
    from bulltui.domain.query.query import Query
    from bulltui.services.search import Match, Scope, Search, Step
    from bulltui.wiring import Runtime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person typed: the text of a query, the names of `queues` to look in (none for those that -q selects), and
    the `states` (none for all). At most `limit` are wanted, None for all; `save` is a name to keep it under."""

    text: str
    queues: tuple[str, ...] = ()
    states: tuple[JobState, ...] = ()
    limit: int | None = None
    save: str | None = None


def states_of(words: Sequence[str]) -> tuple[JobState, ...]:
    """States as options name them, several with commas too, in the order of all states. Raises UsageError."""
    named = {state_from(word) for part in words for word in part.split(",") if word}
    return tuple(state for state in LISTED if state in named)


async def meaning(runtime: "Runtime", asked: Asked) -> SavedSearch:
    """The search that is meant, a saved one looked up. Raises QueryError."""
    remembered = runtime.remembered
    await remembered.load()
    tell_problem(runtime)
    return expanded(asked.text, by_name(runtime.settings.searches, remembered.saved))


async def meant(call: Call, runtime: "Runtime", asked: Asked) -> SavedSearch:
    """The search that is meant, kept in the history and, where that is wanted, under a name."""
    from bulltui.domain.query.parsing import parse

    search = await meaning(runtime, asked)
    parse(search.query, runtime.clock.now_ms())  # what is wrong is not kept
    await runtime.remembered.note(asked.text)
    tell_problem(runtime)
    if asked.save is not None:
        states = tuple(state.value for state in asked.states) or search.states
        globs = asked.queues or call.given.globs or search.queues
        await runtime.remembered.save(SavedSearch(asked.save, search.query, globs, states))
        note(f"Saved: `bulltui jobs find @{asked.save}` looks for it again.")
    return search


def tell_problem(runtime: "Runtime") -> None:
    """Says what could not be remembered, once."""
    if runtime.remembered.problem:
        note(runtime.remembered.problem)
        runtime.remembered.problem = ""


async def opened(call: Call, runtime: "Runtime", asked: Asked, search: SavedSearch) -> "tuple[Query, Scope, str]":
    """The query, where to look for it, and why all of a server is left out, which has been told, empty where none is.
    Raises QueryError, NotFoundError."""
    from bulltui.domain.query.parsing import parse
    from bulltui.services.search import Scope

    query = parse(search.query, runtime.clock.now_ms())
    refs, problem = await _refs(call, runtime, asked, search)
    return query, Scope(tuple(refs), asked.states or states_in(search)), problem


def states_in(search: SavedSearch) -> tuple[JobState, ...]:
    """The states that a saved search is about."""
    return tuple(JobState(state) for state in search.states)


async def _refs(call: Call, runtime: "Runtime", asked: Asked, search: SavedSearch) -> tuple[list[QueueRef], str]:
    from bulltui.services.overview import find_queues

    if asked.queues:
        return list(dict.fromkeys([await resolved(call, runtime, name) for name in asked.queues])), ""
    globs = call.given.globs or search.queues or call.settings.queues
    refs, discovery = await find_queues(runtime.reader, call.settings.prefixes, globs)
    if discovery.problem:
        note(f"Some queues are left out: {discovery.problem}")
    if not refs:
        raise NotFoundError("There are no queues to look in.", hint="`bulltui queues list` shows what is there.")
    return refs, discovery.missing


def all_or_nothing(problem: str) -> None:
    """Raises a BulltuiError where something is to be done with all, and not all were looked at."""
    if problem:
        raise BulltuiError(
            f"Not all were looked at, so nothing was changed: {problem}",
            hint="Name the queues, or the --profile of the servers that answer.",
            code="not-all",
        )


class Looking:
    """A search while it runs: a line says how far it is, the first Ctrl+C ends it in good order."""

    def __init__(self, runtime: "Runtime", search: "Search") -> None:
        from bulltui.cli.progress import ProgressLine

        self._clock = runtime.clock
        self._search = search
        self._line = ProgressLine(Out.beside(), "Examining")
        self._found = 0
        self._cancel = Cancel()
        self.last: Step | None = None

    async def matches(self) -> "AsyncGenerator[Sequence[Match], None]":
        """What is found, in handfuls, none too now and then."""
        from bulltui.cli.progress import stoppable

        started = self._clock.monotonic()
        with stoppable(self._cancel, self._line, changes=False), self._cleared():
            async with aclosing(self._search.steps()) as steps:
                async for step in steps:
                    self.last = step
                    self._found += len(step.matches)
                    if step.matches:
                        self._line.clear()
                    yield step.matches
                    if self._cancel.asked:
                        return
                    spent = self._clock.monotonic() - started
                    self._line.show(
                        Progress(step.examined, total=step.total, elapsed_s=spent, step=f"{self._found:,} found")
                    )

    @contextmanager
    def _cleared(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._line.clear()

    @property
    def stopped(self) -> bool:
        """Whether it ended before all was looked at, though nobody had enough."""
        return self.last is None or not self.last.over

    def tell(self, limit: int | None) -> int:
        """Says how it ended where the result does not show it; the exit code. `limit` is how many were wanted."""
        from bulltui.services.search import Source

        step = self.last
        for problem in self._search.problems:
            note(problem)
        if step is None:
            return ExitCode.PARTLY
        if step.unread:
            note(f"{plural(step.unread, 'job')} could not be looked into: a field is larger than 2 MiB.")
        if step.source is Source.CLIENT and step.examined:
            note("Scripts are not allowed here, so all jobs were read to look into them, which takes longer.")
        if self.stopped:
            note(
                f"Stopped at {step.examined:,} of {plural(step.total, 'job')}, {self._found:,} found. The same command "
                "begins anew; -q, --state or a time such as failed:<2h look through less."
            )
            return ExitCode.PARTLY
        if step.full and limit is not None:
            note(f"Stopped at the first {limit:,}. --limit N shows more.")
        elif not self._found:
            note(f"Nothing found among {plural(step.examined, 'job')}.")
        return ExitCode.PARTLY if self._search.problems else ExitCode.DONE
