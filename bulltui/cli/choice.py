"""Which jobs a command is about: those named, those on standard input, or all of a state."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from bulltui.cli.states import complete_state, state_from
from bulltui.domain.errors import UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.spans import span
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs
from bulltui.domain.text import exact

STDIN = "-"

Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID...]", show_default=False, help="Ids of jobs; `-` reads them from standard input."),
]
All = Annotated[bool, typer.Option("--all", help="All jobs of a state, in place of ids.")]
State = Annotated[
    str | None,
    typer.Option(
        "-s",
        "--state",
        metavar="STATE",
        autocompletion=complete_state,
        help="With --all: of which state. With ids: only while they are in this state.",
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="So many at most, the oldest first.")]
Older = Annotated[
    str | None,
    typer.Option(
        "--older-than", metavar="SPAN", help="Only those that finished, or were added, longer ago: 90s, 2h, 1d."
    ),
]
Rate = Annotated[float | None, typer.Option("--rate", metavar="N", min=0.001, help="So many a second at most.")]


@dataclass(frozen=True, slots=True)
class Choice:
    """Jobs, of a queue that is not looked up yet."""

    ids: tuple[str, ...] = ()
    state: JobState | None = None
    everything: bool = False
    limit: int | None = None
    older_than_ms: int = 0
    rate: float | None = None

    def of(self, ref: QueueRef) -> Jobs | Every:
        """These jobs of this queue."""
        if self.everything and self.state is not None:
            return Every(ref, self.state, self.limit, self.older_than_ms, self.rate)
        return Jobs(ref, self.ids, self.state)


def choose(
    ids: Sequence[str] | None,
    *,
    everything: bool = False,
    state: str | None = None,
    limit: int | None = None,
    older_than: str | None = None,
    rate: float | None = None,
    usual: JobState | None = None,
) -> Choice:
    """What a person chose. `usual` is the state that is meant where none is named. Raises UsageError for what does not
    fit together."""
    named = None if state is None else state_from(state)
    if everything:
        if ids:
            raise UsageError("Ids and --all do not go together.", hint="Leave one of them out.")
        if named is None and usual is None:
            raise UsageError("--all needs a state.", hint="Say which, such as `--state failed`.")
        return Choice((), named or usual, True, limit, older_ms(older_than), rate)
    if limit is not None or older_than is not None or rate is not None:
        raise UsageError("--limit, --older-than and --rate go with --all only.", hint="Say --all, or leave them out.")
    found = read_ids(ids or ())
    if not found:
        where = "Standard input holds no ids." if ids else "Which jobs?"
        raise UsageError(where, hint="Name ids, `-` for those on standard input, or --all where the command has it.")
    return Choice(found, named)


def older_ms(text: str | None) -> int:
    """A span as ms, 0 for none."""
    return 0 if text is None else span(text)


def read_ids(words: Sequence[str]) -> tuple[str, ...]:
    """Ids, each once, in order. `-` stands for those on standard input, one a line."""
    found: dict[str, None] = {}
    for word in words:
        if word == STDIN:
            lines = sys.stdin.buffer.read().split(b"\n")
            found.update(dict.fromkeys(exact(line.removesuffix(b"\r")) for line in lines))
        else:
            found[word] = None
    found.pop("", None)
    return tuple(found)
