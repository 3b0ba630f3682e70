"""`bulltui jobs add --from`: the jobs of a file, looked through before the first one is added."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import STDIN
from bulltui.cli.output import note
from bulltui.domain.actions import Add, AddAll
from bulltui.domain.errors import UsageError
from bulltui.domain.new_jobs import Contents, entries
from bulltui.domain.targets import NewJobs
from bulltui.domain.text import plural, visible
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

NAMES = 5
"""So many names are told."""


def add_from(call: Call, queue: str, source: str, *, keep_ids: bool, skip_wrong: bool) -> int:
    """Adds the jobs of a file, or of standard input for `-`; the exit code. Raises UsageError where a line is wrong and
    nobody said to leave those out."""
    with _opened(source) as file:
        contents = Contents.of(entries(file, keep_ids=keep_ids))
        shown = "Standard input" if source == STDIN else visible(source)
        _check(contents, shown, skip_wrong=skip_wrong)

        def jobs() -> Iterator[Add]:
            for entry in entries(file, keep_ids=keep_ids):
                if entry.add is not None:
                    yield entry.add

        async def plan(runtime: "Runtime") -> Request:
            ref = await resolved(call, runtime, queue)
            return request(call, AddAll(), NewJobs(ref, jobs(), contents.count))

        return act(call, plan, lambda: _lines(contents, shown))


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    """The file; what comes in by standard input is put down in one that has no name, since it is gone through twice."""
    if source == STDIN:
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            yield cast("BinaryIO", spool)
        return
    if Path(source).suffix.lower() == ".csv":
        raise UsageError(
            "CSV holds columns of jobs, not whole ones: types and options are lost in it.",
            hint="Export them as JSONL or JSON and add from that.",
            code="file",
        )
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        raise UsageError(f"{visible(source)} cannot be read: {error.strerror or error}.", code="file") from None
    with file:
        yield file


def _check(contents: Contents, shown: str, *, skip_wrong: bool) -> None:
    wrong = [f"line {entry.number}: {visible(entry.problem)}" for entry in contents.first_wrong]
    if contents.wrong and not skip_wrong:
        more = f" And {contents.wrong - len(wrong):,} more." if contents.wrong > len(wrong) else ""
        raise UsageError(
            f"{plural(contents.wrong, 'job')} of {shown} cannot be added, so none was: {' '.join(wrong)}{more}",
            hint="Mend the file, or say --skip-wrong to leave these out.",
            code="file",
        )
    if not contents.count:
        raise UsageError(f"{shown} holds no jobs that can be added.", code="file")
    if contents.wrong:
        note(f"{plural(contents.wrong, 'job')} left out: {' '.join(wrong)}{' …' * (contents.wrong > len(wrong))}")


def _lines(contents: Contents, shown: str) -> Sequence[str]:
    """What is in the file, for a person to decide on."""
    named = [(name, many) for name, many in contents.names.most_common(NAMES) if name]
    some = ", ".join(f"{many:,} {visible(name)}" for name, many in named)
    rest = contents.count - sum(many for _, many in named)
    return (
        f"From {shown}: {some}" + (f" and {rest:,} of other names." if rest else "."),
        "Their name, data and options are taken; they begin anew, and a delay counts from now on.",
        *(f"{many:,} {fact}." for fact, many in contents.facts.items()),
    )
