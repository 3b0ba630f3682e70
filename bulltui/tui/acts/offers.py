"""Jobs that can be written into a file: the marked ones, a state, whole queues, what a search means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked, Queues
from bulltui.domain.text import plural
from bulltui.tui.present.requests import target_words

if TYPE_CHECKING:
    from bulltui.domain.error_groups import ErrorGroup
    from bulltui.domain.query.query import Query
    from bulltui.services.export import Selection


@dataclass(frozen=True, slots=True)
class Offer:
    """Jobs that can be written: `answer` is what they are called among others on offer, `words` what they are called
    alone, `parts` say what they are in the name of a file. `select` is asked once they are chosen. `columns` are paths
    that a person looks at, which CSV has beside its usual columns."""

    answer: str
    words: str
    parts: tuple[str, ...]
    select: "Callable[[], Selection]"
    columns: tuple[str, ...] = ()


def of_jobs(parts: Callable[[], Sequence[Jobs]], count: int, called: str, *refs: QueueRef) -> Offer:
    """Jobs by their ids, so many of these queues. `called` is what they are: `marked`, `under the cursor`."""

    def select() -> "Selection":
        from bulltui.services.export import Selection

        return Selection(jobs=Picked(tuple(parts())).together)

    return Offer(f"{count:,} {called}", f"{plural(count, 'job')} of {_queues(refs)}", (*_names(refs), "jobs"), select)


def of_group(group: "ErrorGroup") -> Offer:
    """The jobs of a group of errors whose ids are known."""
    refs = tuple(group.ids)
    known = "" if group.complete else f"{group.kept:,} of "
    words = f"{known}{plural(group.count, 'job')} of one error in {_queues(refs)}"

    def select() -> "Selection":
        from bulltui.services.export import Selection

        return Selection(jobs=group.target.together)

    return Offer(words, words, (*_names(refs), "error"), select)


def of_state(ref: QueueRef, state: JobState, count: int) -> Offer:
    """All jobs of a state."""
    words = f"{state.value} jobs of {_queues((ref,))}"
    return Offer(
        f"all {count:,} {state.value}", words, (_file_part(ref), state.value), lambda: _selection((ref,), (state,))
    )


def of_queues(refs: tuple[QueueRef, ...]) -> Offer:
    """All jobs of these queues."""
    return Offer("all states", f"all jobs of {_queues(refs)}", (*_names(refs), "all"), lambda: _selection(refs))


def of_search(query: "Query", refs: tuple[QueueRef, ...], states: tuple[JobState, ...], said: str) -> Offer:
    """All jobs of these queues and states that a query means, `said` among others."""
    words = f"all jobs of {_queues(refs)} that match"
    return Offer(said, words, (*_names(refs), "found"), lambda: _selection(refs, states, query))


def _selection(
    refs: tuple[QueueRef, ...], states: tuple[JobState, ...] = (), query: "Query | None" = None
) -> "Selection":
    from bulltui.services.export import Selection

    return Selection(refs, states) if query is None else Selection(refs, states, query)


def _queues(refs: Sequence[QueueRef]) -> str:
    return target_words(Queues(tuple(refs)))


def _names(refs: Sequence[QueueRef]) -> tuple[str, ...]:
    return (_file_part(refs[0]),) if len(refs) == 1 else (f"{len(refs)}-queues",)


def _file_part(ref: QueueRef) -> str:
    return f"{ref.server}-{ref.name}" if ref.server else ref.name
