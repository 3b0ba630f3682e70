"""The one way to change anything: guarded, written down before and after, undoable, stopped where a person says so."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bulltui.domain import actions
from bulltui.domain.actions import Undo
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.history import Intent, Past
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Outcome, Preview, Progress, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob
from bulltui.domain.redaction import NOTHING, Redaction
from bulltui.domain.roles import ADMIN, Role
from bulltui.domain.targets import Picked, queues_of
from bulltui.services import pauses
from bulltui.services.acting import Actor, Audit, Journal
from bulltui.services.counters import Counters
from bulltui.services.ground import Grounds, survey
from bulltui.services.intents import intent_of
from bulltui.services.leave import check_past, check_request
from bulltui.services.past import find
from bulltui.services.preview import looked_at, preview_of, preview_of_undo
from bulltui.services.protocols import Clock
from bulltui.services.redacted_journal import RedactedJournal, check_unmasked, kept_preview
from bulltui.services.request import Cancel, Request, not_here
from bulltui.services.run import Run, StopError
from bulltui.services.steps import carry_out, planned_of
from bulltui.services.undo import restore

READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a run may do. `server` is where, without secrets; `layout` what a person says the queues are kept in that do
    not tell; `refusal` why nothing at all may be changed; `role` what may be, where something may; `redaction` what
    is not written down.
    """

    server: str
    refusal: str = ""
    require_reason: bool = False
    layout: Layout | None = None
    audit_payloads: bool = False
    role: Role = ADMIN
    redaction: Redaction = NOTHING


@dataclass(frozen=True, slots=True)
class Looked:
    """What a request is about, as far as it was looked at: its queues, and some of its jobs."""

    grounds: Grounds
    some: tuple[SavedJob, ...] = ()


def _nobody(_: tuple[QueueRef, ...]) -> None:
    pass


class ActionRunner:
    """Carries out requests, one or several at once. `actor` is None where nothing may be changed: then there is nobody
    who could. `changed` is told which queues an action touched, once it has ended."""

    def __init__(
        self,
        actor: Actor | None,
        audit: Audit,
        journal: Journal,
        clock: Clock,
        rules: Rules,
        *,
        counters: Counters | None = None,
        changed: Callable[[tuple[QueueRef, ...]], None] = _nobody,
    ) -> None:
        self._actor = actor
        self._audit = audit
        self._journal = RedactedJournal(journal, rules.redaction) if rules.redaction else journal
        self._clock = clock
        self._rules = rules
        self._changed = changed
        self.counters = counters or Counters()

    @property
    def refusal(self) -> str:
        """See Runner."""
        return self._rules.refusal or self._rules.role.refusal

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        """See Runner."""
        return not self.refusal and self._actor is not None and self._rules.role.allows(verb, refs)

    @property
    def server(self) -> str:
        """Where, without secrets, as audit and journal say it."""
        return self._rules.server

    @property
    def redaction(self) -> Redaction:
        """What is not written down here."""
        return self._rules.redaction

    @property
    def audit(self) -> Audit:
        """See Runner."""
        return self._audit

    @property
    def journal(self) -> Journal:
        """See Runner."""
        return self._journal

    async def paused_here(self) -> list[QueueRef]:
        """See Runner."""
        return await pauses.paused_here(self._journal, self._rules.server)

    async def preview(self, request: Request) -> Preview:
        """See Runner."""
        if isinstance(request.action, actions.Restore):
            self._guard(request, reason=False)
            return preview_of_undo(await self._find(request.action.number))
        looked = await self.look(request)
        preview = preview_of(request, looked.grounds, looked.some)
        return kept_preview(preview, request, [(self.redaction, looked.some)])

    async def look(self, request: Request) -> Looked:
        """What a preview looks at. Raises the BulltuiError that `run` would be refused with."""
        actor = self._guard(request, reason=False)
        grounds = await self._survey(actor, request)
        some = [job for ref, ids in looked_at(request, grounds.found) for job in await actor.save(ref, ids)]
        return Looked(grounds, tuple(some))

    def check(self, request: Request) -> None:
        """Raises the BulltuiError that `run` would be refused with by the rules alone."""
        self._guard(request)

    async def run(
        self,
        request: Request,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Outcome:
        """See Runner."""
        stop = cancel or Cancel()
        work = asyncio.ensure_future(self._run(request, on_progress, stop))
        cancelled: asyncio.CancelledError | None = None
        while not work.done():
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError as error:
                # The running chunk ends first, and the audit is told.
                cancelled = error
                stop.ask()
            except BulltuiError:
                break
        if cancelled is not None:
            work.exception()
            raise cancelled
        return work.result()

    # --- before

    def _guard(self, request: Request, *, reason: bool = True) -> Actor:
        if self.refusal or self._actor is None:
            raise not_here(self.refusal)
        check_request(self._rules.role, request)
        check_unmasked(request)
        if reason and (self._rules.require_reason or self._rules.role.require_reason) and not request.reason.strip():
            raise UsageError(
                "A reason is needed here for every change.",
                hint="Say it with `--reason TEXT`; it is kept in the audit.",
                code="no-reason",
            )
        return self._actor

    async def _find(self, number: int) -> Past:
        past = await find(self._journal, number, self._rules.server)
        check_past(self._rules.role, past)
        return past

    async def _survey(self, actor: Actor, request: Request) -> Grounds:
        refs, need = queues_of(request.target), request.action.verb.need
        grounds = await survey(actor, refs, need, request.layout, self._rules.layout)
        if isinstance(request.target, Picked):
            # They were chosen together: of all or of none. What is gone with its queue needs no leave.
            for reason, error in grounds.refused.values():
                if reason is Reason.LAYOUT:
                    raise error
        return grounds

    # --- the action

    async def _run(self, request: Request, on_progress: Callable[[Progress], None] | None, cancel: Cancel) -> Outcome:
        actor = self._guard(request)
        run = Run(request, actor, self._clock, cancel, on_progress, role=self._rules.role)
        past: Past | None = None
        grounds = Grounds()
        if isinstance(request.action, actions.Restore):
            past = await self._find(request.action.number)
        else:
            grounds = await self._survey(actor, request)
        await run.start()
        intent = intent_of(
            request,
            self._rules.server,
            grounds.found,
            count=past.done if past is not None else planned_of(request, grounds.found),
            payloads=self._rules.audit_payloads,
            redaction=self._rules.redaction,
            past=past.intent if past is not None else None,
        )
        audit_id = await self._audit.intend(intent, self._clock.now_ms())
        outcome: Outcome | None = None
        try:
            outcome = await self._steps(run, intent, grounds, past)
        finally:
            outcome = await self._conclude(audit_id, run, outcome)
        return outcome

    async def _steps(self, run: Run, intent: Intent, grounds: Grounds, past: Past | None) -> Outcome:
        if not isinstance(run.request.target, Picked):
            run.planned += len(grounds.refused)
            for ref, (reason, _) in grounds.refused.items():
                run.count(ref.shown, reason)
        try:
            run.check()
            if run.request.undo and run.request.action.verb.undo is not Undo.NEVER:
                run.entry = await self._journal.open(intent, run.started_ms)
            if past is not None:
                await restore(run, self._journal, past)
            else:
                await carry_out(run, grounds.found)
            await self._mark(run, past)
        except StopError as stop:
            run.stop(stop)
        except BulltuiError as error:
            run.stop(StopError(error))
        finally:
            await self._close_entry(run)
        return run.outcome()

    async def _mark(self, run: Run, past: Past | None) -> None:
        """Notes what this has taken back."""
        if past is not None and not run.tally.unsure and set(run.tally.skipped) <= {Reason.ALREADY}:
            await self._journal.mark_undone(past.number)
        if isinstance(run.request.action, actions.Resume):
            await pauses.mark_resumed(self._journal, self._rules.server, tuple(run.touched))

    async def _close_entry(self, run: Run) -> None:
        if run.entry is not None:
            try:
                await run.entry.close(run.outcome())
            except BulltuiError as error:
                run.stop(StopError(error))

    async def _conclude(self, audit_id: str, run: Run, ended: Outcome | None) -> Outcome:
        outcome = ended or replace(run.outcome(), error=_unforeseen())
        try:
            await self._audit.conclude(audit_id, outcome, self._clock.now_ms())
        except BulltuiError as error:
            outcome = replace(outcome, error=outcome.error or error)
        self.counters.count(outcome)
        if run.touched:
            self._changed(tuple(run.touched))
        return outcome


def _unforeseen() -> BulltuiError:
    return BulltuiError("It ended by an error that nobody foresaw.", code="unexpected")
