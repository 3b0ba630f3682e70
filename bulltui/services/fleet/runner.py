"""Changing things on several servers.

Each server has its own runner, with its own rules, audit and journal. A request about queues of several servers is one
request to each, one after the other: all are looked at before anything is changed, so that a rule, a layout or a server
that does not answer refuses all of it, and where one ends early the servers behind it are not begun.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.outcome import EXAMPLES, Outcome, Preview, Progress, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.targets import Picked, Queues, Target, queues_of
from bulltui.domain.text import visible
from bulltui.services.acting import Audit, Journal
from bulltui.services.fleet.members import Members
from bulltui.services.ground import Grounds
from bulltui.services.preview import preview_of
from bulltui.services.redacted_journal import kept_preview
from bulltui.services.request import Cancel, Request, not_here
from bulltui.services.run import MADE
from bulltui.services.runner import ActionRunner, Looked
from bulltui.services.steps import planned_of


@dataclass(frozen=True, slots=True)
class Part:
    """What of a request one server is asked for, and how many that is about, as far as known."""

    label: str
    request: Request
    planned: int


class FleetRunner:
    """See `services.acting.Runner`."""

    def __init__(self, runners: Mapping[str, ActionRunner]) -> None:
        self._runners = Members(runners)

    @property
    def refusal(self) -> str:
        """See Runner: why nothing may be changed on any of the servers."""
        refusals = [runner.refusal for runner in self._runners.all]
        return "; ".join(dict.fromkeys(refusals)) if all(refusals) else ""

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        """See Runner: on all servers of these queues; without any, on one of the servers."""
        parts = self._runners.split(refs)
        if not parts:
            return any(runner.allows(verb) for runner in self._runners.all)
        return all(self._runners.of(label).allows(verb, some) for label, some in parts.items())

    @property
    def audit(self) -> Audit:
        """See Runner. All servers share a folder."""
        return self._runners.all[0].audit

    @property
    def journal(self) -> Journal:
        """See Runner. All servers share a folder."""
        return self._runners.all[0].journal

    async def paused_here(self) -> list[QueueRef]:
        """See Runner."""
        return [ref for runner in self._runners.all for ref in await runner.paused_here()]

    async def preview(self, request: Request) -> Preview:
        """See Runner."""
        if isinstance(request.action, actions.Restore):
            runner = await self._of_entry(request.action.number)
            preview = await runner.preview(request)
            labels = (label for label in self._runners.labels if self._runners.of(label) is runner)
            return replace(preview, title=f"{preview.title} of {visible(next(labels))}")
        requests = self._parts(request)
        if len(requests) == 1:
            label, alone = next(iter(requests.items()))
            return await self._runners.of(label).preview(alone)
        looks = await self._look(requests)
        grounds = Grounds(
            {ref: ground for look in looks.values() for ref, ground in look.grounds.found.items()},
            {ref: why for look in looks.values() for ref, why in look.grounds.refused.items()},
        )
        preview = preview_of(request, grounds, [job for look in looks.values() for job in look.some])
        return kept_preview(
            preview, request, [(self._runners.of(label).redaction, look.some) for label, look in looks.items()]
        )

    async def run(
        self,
        request: Request,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Outcome:
        """See Runner."""
        if isinstance(request.action, actions.Restore):
            runner = await self._of_entry(request.action.number)
            return await runner.run(request, on_progress=on_progress, cancel=cancel)
        requests = self._parts(request)
        if len(requests) == 1:
            label, alone = next(iter(requests.items()))
            return await self._runners.of(label).run(alone, on_progress=on_progress, cancel=cancel)
        for label, one in requests.items():
            self._runners.of(label).check(one)
        looks = await self._look(requests)
        parts = [Part(label, one, planned_of(one, looks[label].grounds.found) or 0) for label, one in requests.items()]
        return await self._one_by_one(parts, on_progress, cancel or Cancel())

    # --- parts

    def _parts(self, request: Request) -> dict[str, Request]:
        """The request to each server that it is about. Raises NotFoundError for a server that there is not, and for a
        queue of which it is not said where it is: it may be on each of them, and one of these was meant."""
        refs = queues_of(request.target)
        for ref in refs:
            self._runners.at(ref)
        split = self._runners.split(refs)
        if not split:
            raise not_here("it is about no queue")
        if len(split) == 1:
            return {next(iter(split)): request}
        return {label: replace(request, target=_of(request.target, label)) for label in split}

    async def _look(self, requests: Mapping[str, Request]) -> dict[str, Looked]:
        return await self._runners.each(lambda label, runner: runner.look(requests[label]), requests)

    async def _of_entry(self, number: int) -> ActionRunner:
        """Who takes back an entry of the journal: the server that it was done on."""
        there = {runner.server: runner for runner in reversed(self._runners.all)}
        for past in await self.journal.entries():
            if past.number == number:
                if past.intent.server in there:
                    return there[past.intent.server]
                raise NotAllowedError(
                    f"Number {number} was done on {visible(past.intent.server)}, which is none of the servers here.",
                    hint="Undo it with the --url or --profile of that server.",
                    code="other-server",
                )
        return self._runners.all[0]  # who says that there is none

    # --- one after the other

    async def _one_by_one(
        self, parts: Sequence[Part], on_progress: Callable[[Progress], None] | None, cancel: Cancel
    ) -> Outcome:
        whole = sum(part.planned for part in parts)
        ended: list[Outcome] = []
        for part in parts:
            if ended and (ended[-1].error is not None or ended[-1].cancelled):
                ended.append(replace(_nothing(part), error=ended[-1].error, cancelled=ended[-1].cancelled))
                continue
            tell = on_progress and _shifted(on_progress, ended, whole)
            try:
                ended.append(await self._runners.of(part.label).run(part.request, on_progress=tell, cancel=cancel))
            except BulltuiError as error:
                if not ended:
                    raise
                ended.append(replace(_nothing(part), error=error))
        return together(ended)


def _of(target: Target, label: str) -> Target:
    """What of a target is on one server."""
    match target:
        case Queues():
            return Queues(tuple(ref for ref in target.refs if ref.server == label))
        case Picked():
            return Picked(tuple(part for part in target.parts if part.ref.server == label))
        case _:
            return target


def _nothing(part: Part) -> Outcome:
    return Outcome(part.request.verb, left=part.planned)


def _shifted(tell: Callable[[Progress], None], before: Sequence[Outcome], whole: int) -> Callable[[Progress], None]:
    """Tells of one server as of a part of the whole."""
    done = sum(outcome.done for outcome in before)
    skipped = sum(sum(outcome.skipped.values()) for outcome in before)
    unsure = sum(outcome.unsure for outcome in before)
    elapsed_s = sum(outcome.elapsed_s for outcome in before)

    def shifted(progress: Progress) -> None:
        handled = progress.handled + done + skipped + unsure
        tell(
            replace(
                progress,
                handled=handled,
                done=progress.done + done,
                skipped=progress.skipped + skipped,
                total=None if progress.total is None else max(handled, whole),
                elapsed_s=progress.elapsed_s + elapsed_s,
            )
        )

    return shifted


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """How an action on several servers ended, of which each one ended so."""
    first = outcomes[0]
    reasons = dict.fromkeys(reason for outcome in outcomes for reason in outcome.skipped)
    undos = [number for outcome in outcomes for number in outcome.undos]
    return Outcome(
        verb=first.verb,
        done=sum(outcome.done for outcome in outcomes),
        skipped={reason: sum(outcome.skipped.get(reason, 0) for outcome in outcomes) for reason in reasons},
        examples={reason: _examples(outcomes, reason) for reason in reasons},
        unsure=sum(outcome.unsure for outcome in outcomes),
        left=sum(outcome.left for outcome in outcomes),
        error=next((outcome.error for outcome in outcomes if outcome.error is not None), None),
        cancelled=any(outcome.cancelled for outcome in outcomes),
        undo=undos[0] if undos else None,
        further_undos=tuple(undos[1:]),
        made=tuple(one for outcome in outcomes for one in outcome.made)[:MADE],
        elapsed_s=sum(outcome.elapsed_s for outcome in outcomes),
        spared=frozenset().union(*(outcome.spared for outcome in outcomes)),
    )


def _examples(outcomes: Sequence[Outcome], reason: Reason) -> tuple[str, ...]:
    return tuple(name for outcome in outcomes for name in outcome.examples.get(reason, ()))[:EXAMPLES]
