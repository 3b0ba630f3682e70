"""Requests in words: what is done, and to what."""

from bulltui.domain.queue import QueueRef
from bulltui.domain.targets import Every, Jobs, NewJobs, Past, Picked, Queues, Schedulers, Target, queues_of
from bulltui.domain.text import plural, visible
from bulltui.services.request import Request
from bulltui.tui.widgets.cells import cut

_NAME = 40  # cells of a name in a sentence


def _name(text: str) -> str:
    return cut(visible(text), _NAME)


def _queues(refs: tuple[QueueRef, ...]) -> str:
    return _name(refs[0].shown) if len(refs) == 1 else plural(len(refs), "queue")


def target_words(target: Target) -> str:
    """What is meant: `job 40 of payments`, `12 jobs of payments`, `failed jobs of payments`, `3 queues`."""
    match target:
        case Jobs(ref, ids):
            jobs = f"job {_name(ids[0])}" if len(ids) == 1 else plural(len(ids), "job")
            return f"{jobs} of {_name(ref.shown)}"
        case Picked(parts):
            return f"{plural(sum(len(part.ids) for part in parts), 'job')} of {_queues(queues_of(target))}"
        case Every(ref, state):
            return f"{state.value} jobs of {_name(ref.shown)}"
        case Queues(refs):
            return _queues(refs)
        case Schedulers(ref, ids):
            names = f"scheduler {_name(ids[0])}" if len(ids) == 1 else plural(len(ids), "scheduler")
            return f"{names} of {_name(ref.shown)}"
        case NewJobs(ref, _, count):
            return f"{plural(count, 'job')} for {_name(ref.shown)}"
        case Past(number):
            return f"action {number}"


def doing(request: Request) -> str:
    """What goes on: `Retrying failed jobs of payments`."""
    return f"{request.action.verb.doing} {target_words(request.target)}"
