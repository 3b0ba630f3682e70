"""Edit and replay: the job goes through the editor, the difference is shown, and one says what becomes of it."""

import os
from dataclasses import replace
from typing import Any

from textual.app import App, SuspendNotSupported

from bulltui.domain.actions import Action, UpdateData
from bulltui.domain.edited_job import Editable, Edited, check_shown, editable, edited_job
from bulltui.domain.errors import BulltuiError, NotAllowedError, NotFoundError, UsageError
from bulltui.domain.fields import raw_field
from bulltui.domain.job import Job
from bulltui.domain.json_layout import members
from bulltui.domain.jsontext import parse
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.services.acting import Runner
from bulltui.services.protocols import JobReader
from bulltui.services.request import Request
from bulltui.tui.acts.editor import edit, editor_command
from bulltui.tui.acts.plan import Edit
from bulltui.tui.present.requests import target_words
from bulltui.tui.screens.diff import AGAIN, CANCEL, COPY, SAME, DiffScreen
from bulltui.tui.terminal import lent
from bulltui.tui.whole import file_name

_FINISHED = (JobState.COMPLETED, JobState.FAILED)
_DATA_ONLY = {
    JobState.ACTIVE: "A worker runs it: only its data can be changed, and that worker keeps what it has.",
}
_NOT_RUN = "It has not finished: only its data can be changed, and it runs with that."


class Editing:
    """One job on its way. `request` asks all there is to ask; it must be awaited in a worker."""

    def __init__(self, app: App[Any], reader: JobReader, runner: Runner, plan: Edit) -> None:
        self._app = app
        self._reader = reader
        self._runner = runner
        self._plan = plan

    async def request(self) -> Request | None:
        """The request that comes of it, None where nothing is to be done. Raises BulltuiError."""
        command = editor_command(os.environ)
        job = await self._whole()
        check_shown(job)
        answers = self._answers(job)
        finished = job.state in _FINISHED
        before = editable(job)
        if not finished:
            if before.data is None:
                raise BulltuiError("The data of this job is no JSON: it cannot be edited here.", code="not-json")
            before = Editable(None, before.data, None)
        text = before.text
        name = file_name(job.queue.name, job.id, "job", json=True)
        while True:
            try:
                text = await edit(command, text, name, lambda: lent(self._app))
            except SuspendNotSupported:
                raise BulltuiError("This terminal cannot be lent to an editor.", code="no-terminal") from None
            try:
                edited = edited_job(before, text)
            except UsageError as error:
                if not await self._again(before.text, text, error):
                    return None
                continue
            if not edited.changed:
                self._app.notify("Nothing was changed.", markup=False)
                return None
            answer = await self._ask(job, before, text, answers)
            if answer != AGAIN:
                return self._made(job, edited, answer)

    async def _whole(self) -> Job:
        """The job with its name, data and options whole, whatever their size."""
        ref, job_id = self._plan.ref, self._plan.job_id
        job = await self._reader.job(ref, job_id)
        if job is None or job.missing:
            raise NotFoundError("This job is gone.", hint="It was removed, by hand or by the queue's own rules.")
        raw = dict(job.raw)
        for field in ("name", "data", "opts"):
            if field in raw and raw[field].cut:
                content = await self._reader.field(ref, job_id, field)
                if content is None:
                    raise NotFoundError("This job is gone.", hint="It was removed while it was being read.")
                raw[field] = raw_field(content)
        return replace(job, raw=raw, opts=parse(raw["opts"].text, {}) if "opts" in raw else job.opts)

    async def _again(self, old: str, new: str, error: UsageError) -> bool:
        """Whether to edit again what makes no sense so."""
        note = f"{error.message} {error.hint}".strip()
        screen = DiffScreen("It cannot be used so", note, old, new, ((AGAIN, "Edit again"),))
        return await self._app.push_screen_wait(screen) == AGAIN

    def _answers(self, job: Job) -> list[tuple[str, str]]:
        """What the role lets become of it. Raises NotAllowedError where that is nothing, before anybody types."""
        refs = (job.queue,)
        if job.state in _FINISHED:
            same = self._runner.allows("replay", refs)
            if same or self._runner.allows("add", refs):
                return [*([(SAME, "Same id")] if same else []), (COPY, "As a copy")]
            raise NotAllowedError("Your role does not allow `replay` here.", code="role")
        if self._runner.allows("update-data", refs):
            return [(SAME, "Change it")]
        raise NotAllowedError(
            "Your role does not allow `update-data` here, and a job that has not finished can only be edited so.",
            code="role",
        )

    async def _ask(self, job: Job, before: Editable, text: str, answers: list[tuple[str, str]]) -> str:
        found = members(text) or {}
        after = Editable(*(found.get(field, getattr(before, field)) for field in ("name", "data", "opts")))
        words = target_words(Jobs(job.queue, (job.id,)))
        if job.state in _FINISHED:
            title, note = f"Run {words} again with this", ""
        else:
            title, note = f"Change the data of {words}", _DATA_ONLY.get(job.state, _NOT_RUN)
        answers = [*answers, (AGAIN, "Edit again")]
        return await self._app.push_screen_wait(DiffScreen(title, note, before.text, after.text, answers))

    def _made(self, job: Job, edited: Edited, answer: str) -> Request | None:
        if answer == CANCEL:
            return None
        finished = job.state in _FINISHED
        action: Action = edited.replay(copy=answer == COPY) if finished else UpdateData(edited.data or "{}")
        state = None if job.state is JobState.UNKNOWN else job.state
        return Request(action, Jobs(job.queue, (job.id,), state))
