"""What there is where nothing is watched: it says so, and takes nothing for nothing."""

from collections.abc import Sequence

from bulltui.domain.charting import Ask, Chart
from bulltui.domain.errors import UsageError
from bulltui.domain.job_times import EndedJobs, JobTimes
from bulltui.domain.point import OfName, Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.states import JobState
from bulltui.services.watch.protocols import HistoryState


class NoHistory:
    """A history that is not kept. See `protocols.HistorySource`."""

    def __init__(self, why: str, hint: str) -> None:
        self._why = why
        self._hint = hint

    async def chart(self, ask: Ask) -> Chart:
        """Raises UsageError that says why there is none."""
        raise self._none()

    async def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        """Raises UsageError that says why there is none."""
        raise self._none()

    async def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        """Raises UsageError that says why there is none."""
        raise self._none()

    async def state(self) -> HistoryState:
        """See HistorySource."""
        return HistoryState(problem=self._why, hint=self._hint)

    def _none(self) -> UsageError:
        return UsageError(self._why, hint=self._hint, code="history")


class NoPast:
    """Reads nothing. See `past.Past`."""

    async def job_times(self, jobs: Sequence[tuple[QueueRef, str]]) -> list[JobTimes | None]:
        """As if the jobs were gone."""
        return [None] * len(jobs)

    async def newest_ended(self, ref: QueueRef, state: JobState, limit: int) -> EndedJobs:
        """None."""
        return EndedJobs()

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """None."""
        return {}
