"""What a table of jobs shows: the pages of a state, what a query leaves of all of it, or the first by a column."""

from collections.abc import Callable, Collection, Iterable, Sequence

from bulltui.domain.best import Best
from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import JobSummary
from bulltui.domain.matched import Gathering, Matched
from bulltui.domain.query.query import Query
from bulltui.domain.states import JobState
from bulltui.domain.text import plural
from bulltui.services.ranking import KEPT, By
from bulltui.services.search import Match, Scope
from bulltui.tui.job_feed import Draw, JobFeed, JobRows, Subject, View
from bulltui.tui.job_picks import JobPicks, PickedRows
from bulltui.tui.present import searching
from bulltui.tui.present.line import Part, part
from bulltui.tui.rank_reads import RankReads
from bulltui.tui.runtime import Runtime
from bulltui.tui.search_reads import SearchReads

MOST_FOUND = 20_000
"""So many matches of a filter are kept: looking through more objects for garbage would hold up the screen."""

_PUT_S = 0.3
_SHOWN = 1_000
"""How often, and how many of, the best so far are shown while a state is ordered."""


class JobSources:
    """One source at a time. `look` tells what of it is on the screen, `changed` is called with other rows."""

    def __init__(self, runtime: Runtime, look: Callable[[], View], changed: Callable[[], None]) -> None:
        settings = runtime.settings
        timeout_s = settings.refresh_timeout_s + settings.connect_timeout_s
        self._changed = changed
        self._pages = JobFeed(runtime.reader, runtime.clock, look, changed, timeout_s=timeout_s)
        self._picks = JobPicks(runtime.reader, runtime.clock, look, changed, timeout_s=timeout_s)
        self._search = SearchReads(runtime, self._found, changed)
        self._rank = RankReads(runtime, self._ranked, self._ranked)
        self._clock = runtime.clock
        self._put_at = 0.0
        self._gathering = Gathering()
        self._taken = 0
        self._best: Best | None = None
        self.subject: Subject | None = None
        self.filter: Query | None = None
        self.by: By | None = None

    # --- what is shown

    @property
    def picked(self) -> bool:
        """Whether it is less than the state, or in an order of its own."""
        return self.filter is not None or self.by is not None

    @property
    def rows(self) -> JobRows | PickedRows:
        """The rows."""
        return self._picks.rows if self.picked else self._pages.rows

    @property
    def sample(self) -> Iterable[JobSummary]:
        """Some of the jobs, to fit columns to."""
        return self._picks.sample if self.picked else self._pages.rows.jobs.values()

    @property
    def read(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._picks.ids) if self.picked else bool(self._pages.rows.jobs)

    @property
    def problem(self) -> BulltuiError | None:
        """Why what is shown may be old, or not all."""
        if self.picked:
            return self._search.problem or self._rank.problem or self._picks.problem
        return self._pages.problem

    @property
    def loaded(self) -> bool:
        """Whether it is known that there is nothing where there are no rows."""
        return not self.running if self.picked else self._pages.loaded

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self.running or self._picks.busy if self.picked else self._pages.busy

    @property
    def running(self) -> bool:
        """Whether all of the state is being looked through."""
        return self._search.running or self._rank.running

    @property
    def stopped(self) -> bool:
        """Whether that was stopped and can go on."""
        return self._search.stopped or self._rank.stopped

    @property
    def ids(self) -> Sequence[str]:
        """All that was picked."""
        return self._picks.ids

    def told_together(self, ids: Collection[str]) -> Matched | None:
        """What some of the jobs that were picked are together, None where all of the state are shown. All matches of a
        filter were gathered while they were found."""
        if self.subject is None or not self.picked:
            return None
        if self.filter is not None and len(ids) == len(self._picks.ids):
            return self._gathering.matched
        ref, jobs = self.subject.ref, self._picks.jobs
        return Matched.of(Match(ref, jobs[one]) for one in ids if one in jobs)

    # --- what to show

    def show(self, subject: Subject | None, by: By | None) -> None:
        """The jobs of a subject, in the order of a column or its own. Another subject is looked through anew by the
        same filter."""
        if subject == self.subject and by == self.by:
            return
        elsewhere = subject is None or self.subject is None or subject != self.subject
        self.subject, self.by = subject, by
        self._pages.show(None if self.picked else subject)
        if subject is None or not self.picked:
            self._drop()
        elif self.filter is not None and not elsewhere:
            self._arrange()
        else:
            self._begin()

    def sift(self, query: Query | None) -> None:
        """Only what a query leaves, None for all."""
        self.filter = query
        if self.picked:
            self._pages.show(None)
            self._begin()
        else:
            self._drop()
            self._pages.show(self.subject)

    def anew(self, query: Query | None) -> None:
        """Look through all once more, by the same query asked now."""
        self.filter = query
        if self.picked:
            self._begin()

    def draw_by(self, draw: Draw) -> None:
        """Draw rows so from now on."""
        self._pages.draw = self._picks.draw = draw
        self._pages.tick()

    def refresh(self) -> None:
        """Read again what is in sight."""
        (self._picks if self.picked else self._pages).refresh()

    def tick(self) -> None:
        """Ages go on."""
        self._pages.tick()

    def stop(self) -> bool:
        """Stop looking; False where nothing was looked through."""
        ran = self.running
        self._search.stop()
        self._rank.stop()
        if ran:
            self._changed()
        return ran

    def go_on(self) -> None:
        """Look on."""
        self._search.go_on()
        self._rank.go_on()
        self._changed()

    def close(self) -> None:
        """Stop all reading."""
        self._pages.close()
        self._picks.close()
        self._search.stop()
        self._rank.stop()

    # --- looking through

    def _drop(self) -> None:
        self._search.drop()
        self._rank.drop()
        self._picks.close()

    def _begin(self) -> None:
        self._drop()
        if self.subject is None:
            return
        ref, state = self.subject.ref, self.subject.state
        self._picks.begin(ref, state)
        self._taken = 0
        self._put_at = 0.0
        self._gathering = Gathering()
        self._best = None
        if self.filter is not None:
            if self.by is not None:
                self._best = Best(MOST_FOUND, downwards=self.by.downwards)
            self._search.begin(self.filter, Scope((ref,), (state,)), limit=MOST_FOUND)
        elif self.by is not None:
            self._rank.begin(ref, state, self.by)

    def _found(self) -> None:
        matches = self._search.matches[self._taken :]
        self._gathering.add(matches)
        fresh = [match.job for match in matches]
        self._taken += len(fresh)
        self._picks.add(fresh)
        if fresh and self._best is not None and self.by is not None:
            by = self.by
            self._best.add((job.id, by.worth(job)) for job in fresh)
            self._picks.put(self._best.names)
        self._changed()

    def _arrange(self) -> None:
        """What was found already, in another order."""
        matches = self._search.matches
        if self.by is None:
            self._best = None
            self._picks.put([match.job.id for match in matches])
        else:
            by = self.by
            self._best = Best(MOST_FOUND, downwards=by.downwards)
            self._best.add((match.job.id, by.worth(match.job)) for match in matches)
            self._picks.put(self._best.names)
        self._changed()

    def _ranked(self) -> None:
        """Shows the best so far: all that are kept once it has ended."""
        ranking = self._rank.ranking
        if ranking is not None:
            running, now = self._rank.running, self._clock.monotonic()
            if not running or now - self._put_at >= _PUT_S:
                self._put_at = now
                self._picks.put(ranking.ids[:_SHOWN] if running else ranking.ids)
                self._picks.refresh()
        self._changed()

    # --- what is said

    def nothing(self, state: JobState) -> str:
        """What is said where a filter leaves nothing."""
        if self._search.running:
            return "Looking…"
        examined = self._search.step.examined
        if self._search.stopped:
            return f"Nothing found yet among {examined:,} of the jobs. c goes on, esc clears the filter."
        whose = f"the {plural(examined, f'{state.value} job')}" if examined else f"the {state.value} jobs"
        return f"None of {whose} fits the filter.\nEsc clears it."

    def said(self, column: str) -> list[Part]:
        """How far it is. `column` is the one that rows are ordered by."""
        if self.filter is not None:
            parts = searching.progress(
                self._search.step,
                len(self._picks.ids),
                running=self._search.running,
                stopped=self._search.stopped,
                again="c goes on",
            )
            gone = len(self._picks.gone)
            return [*parts, part(4, (f"{gone:,} left since", "dim"))] if gone else parts
        if self.by is None:
            return []
        progress, ranking = self._rank.progress, self._rank.ranking
        if not progress.over:
            if self._rank.running:
                return [part(9, (f"by {column}: examined {progress.examined:,} of {progress.total:,}", "active"))]
            said = f"by {column}, stopped: examined {progress.examined:,} of {progress.total:,}, c goes on"
            return [part(9, (said, "delayed bold"))]
        first = f"first {KEPT:,} of {progress.total:,}" if ranking is not None and ranking.cut else ""
        return [part(8, (f"by {column}, {first}" if first else f"by {column}", "delayed" if first else "dim"))]
