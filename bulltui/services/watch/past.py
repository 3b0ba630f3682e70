"""What recording needs to read beside events: times of single jobs, and what queues tell of the time before."""

from collections.abc import Sequence
from typing import Protocol

from bulltui.domain.job_times import EndedJobs, JobTimes
from bulltui.domain.queue import QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.states import JobState


class Past(Protocol):
    """Small bounded reads. Each raises a BulltuiError when the server does not answer or refuses."""

    async def job_times(self, jobs: Sequence[tuple[QueueRef, str]]) -> list[JobTimes | None]:
        """The times of each job, None of those that have no hash."""

    async def newest_ended(self, ref: QueueRef, state: JobState, limit: int) -> EndedJobs:
        """The newest `limit` jobs of `completed` or `failed`."""

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """BullMQ's metrics of completed and failed jobs, the newest `minutes` points of each."""
