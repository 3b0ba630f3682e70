"""From a command that changes something to its outcome: preview, question, progress, result."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bulltui.cli.call import Call
from bulltui.cli.confirm import answer, check_given, confirmed, preview_lines
from bulltui.cli.options import Output
from bulltui.cli.output import Out, note
from bulltui.config.settings import Settings
from bulltui.domain.actions import Action
from bulltui.domain.errors import BulltuiError, ExitCode
from bulltui.domain.jsontext import Json
from bulltui.domain.outcome import Kind, Outcome, Preview, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.targets import Every, Target, queues_of
from bulltui.domain.telling import cut_off, result
from bulltui.services.request import Cancel, Request, not_here

if TYPE_CHECKING:
    from bulltui.services.acting import Audit
    from bulltui.wiring import Runtime

Plan = Callable[["Runtime"], Awaitable[Request]]
"""Finds out what is asked for: names of queues become queues."""


def nothing_more() -> Sequence[str]:
    """No sentences."""
    return ()


def act(call: Call, plan: Plan, about: Callable[[], Sequence[str]] = nothing_more) -> int:
    """Does what `plan` asks for, once that is confirmed; the exit code. `about` are sentences about the target that a
    preview begins with, asked for when the plan stands. Raises BulltuiError where nothing was done."""
    call.refuse(Output.CSV)
    settings = call.settings
    if all(one.read_only for one in settings.each) and not call.given.dry_run:
        raise not_here()
    check_given(call.given)
    if call.given.dry_run:  # which changes nothing, so that read-only has nothing against it
        fleet = tuple(replace(one, read_only=False) for one in settings.fleet)
        settings = replace(settings, read_only=False, fleet=fleet)

    async def work(runtime: "Runtime") -> int:
        await tell_interrupted(runtime.runner.audit)
        return await _carry_out(call, runtime, await plan(runtime), about)

    return call.run(work, settings)


def request(call: Call, action: Action, target: Target) -> Request:
    """A request with what the shared options say."""
    given = call.given
    return Request(action, target, given.reason or "", not given.no_undo, given.layout)


async def resolved(call: Call, runtime: "Runtime", name: str) -> QueueRef:
    """The queue that a person means. Raises NotFoundError."""
    from bulltui.services.overview import resolve

    return await resolve(runtime.reader, call.settings.prefixes, name)


async def tell_interrupted(audit: "Audit") -> None:
    """Says once of each earlier action that was cut off with its process."""
    for deed in await audit.interrupted():
        note(f"{cut_off(deed)} `bulltui audit` shows it, `bulltui undo list` what can be brought back of it.")


async def _carry_out(call: Call, runtime: "Runtime", wanted: Request, about: Callable[[], Sequence[str]]) -> int:
    beside = Out.beside()

    async def preview_of() -> Preview:
        preview, lines = await runtime.runner.preview(wanted), tuple(about())
        return replace(preview, lines=(*lines, *preview.lines), samples=()) if lines else preview

    if call.given.dry_run:
        _show_preview(call, wanted, await preview_of())
        return ExitCode.DONE
    if not call.given.yes:
        preview = await preview_of()
        settings = _heeded(call, wanted)
        if not confirmed(beside, preview, settings):
            note("Nothing was changed.")
            return ExitCode.FAILED
        if settings.require_reason and not wanted.reason:
            wanted = replace(wanted, reason=answer(beside, "Why? ").strip())
    outcome = await _run(runtime, wanted, beside)
    return _show(call, wanted, outcome)


async def _run(runtime: "Runtime", wanted: Request, beside: Out) -> Outcome:
    from bulltui.cli.progress import ProgressLine, stoppable

    cancel = Cancel()
    line = ProgressLine(beside, wanted.action.verb.doing)
    with stoppable(cancel, line):
        try:
            return await runtime.runner.run(wanted, on_progress=line.show, cancel=cancel)
        finally:
            line.clear()


def _heeded(call: Call, wanted: Request) -> Settings:
    """The settings of the servers that a request is about."""
    return call.settings.of({ref.server for ref in queues_of(wanted.target)})


def _show_preview(call: Call, wanted: Request, preview: Preview) -> None:
    settings = _heeded(call, wanted)
    refused = settings.read_only
    if call.output is not Output.TABLE:
        call.out.document(preview_document(wanted, preview, refused=refused), short=call.output is Output.JSONL)
        return
    for text in preview_lines(call.out, preview, settings):
        call.out.line(text)
    call.out.line("This is read-only: it would be refused." if refused else "Nothing was changed: this is a dry run.")


def _show(call: Call, wanted: Request, outcome: Outcome) -> int:
    text = result(wanted.action, wanted.target, outcome)
    if call.output is not Output.TABLE:
        call.out.document(outcome_document(wanted, outcome), short=call.output is Output.JSONL)
    elif outcome.kind not in (Kind.REFUSED, Kind.FAILED):
        call.out.line(text)
    call.out.flush()
    failure = _failure(outcome, text)
    if failure is not None:
        raise failure
    return outcome.exit_code


def _failure(outcome: Outcome, text: str) -> BulltuiError | None:
    """What stopped it, or why nothing at all was done, as an error that ends the command with the outcome's code."""
    if outcome.error is not None:
        failure = BulltuiError(outcome.error.message, hint=outcome.error.hint, code=outcome.error.code)
    elif outcome.kind is Kind.REFUSED:
        failure = BulltuiError(text, code="not-found" if set(outcome.skipped) == {Reason.MISSING} else "refused")
    else:
        return None
    failure.exit_code = outcome.exit_code
    return failure


def outcome_document(wanted: Request, outcome: Outcome) -> dict[str, Json]:
    """An outcome as JSON."""
    error = outcome.error
    document = _start(wanted) | {
        "outcome": outcome.kind.value,
        "done": outcome.done,
        "skipped": {reason.value: count for reason, count in outcome.skipped.items()},
        "examples": {reason.value: list(names) for reason, names in outcome.examples.items()},
        "unsure": outcome.unsure,
        "left": outcome.left,
        "cancelled": outcome.cancelled,
        "undo": outcome.undo,
        **({"undos": list(outcome.undos)} if outcome.further_undos else {}),
        "ids": list(outcome.made),
        "elapsed_s": round(outcome.elapsed_s, 3),
    }
    if error is not None:
        document["error"] = {"code": error.code, "message": error.message, "hint": error.hint}
    return document


def preview_document(wanted: Request, preview: Preview, *, refused: bool) -> dict[str, Json]:
    """A preview as JSON. `refused` says that it would be, since everything is read-only."""
    return _start(wanted) | {
        "dry_run": True,
        "refused": refused,
        "title": preview.title,
        "count": preview.count,
        "effect": list(preview.lines),
        "warnings": list(preview.warnings),
        "undoable": preview.undoable,
        "type_name": preview.type_name,
        "samples": list(preview.samples),
    }


def _start(wanted: Request) -> dict[str, Json]:
    refs = queues_of(wanted.target)
    document: dict[str, Json] = {"action": wanted.verb, "queues": [ref.key for ref in refs]}
    if any(ref.server for ref in refs):
        document["servers"] = [ref.server for ref in refs]  # that of each of the queues
    if isinstance(wanted.target, Every):
        document["state"] = wanted.target.state.value
    return document
