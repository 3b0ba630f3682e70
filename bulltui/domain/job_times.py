"""The times in a job's hash, and what they say of how long it waited and ran."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobTimes:
    """What of a job's hash tells of its times (epoch ms, by the clocks of those who added and ran it), None where it is
    not there. `delay_ms` is how long it was not to run at first. `attempts` are those that ended, `failed` tells
    whether one of them failed."""

    name: str
    created_at: int | None = None
    delay_ms: int = 0
    processed_at: int | None = None
    finished_at: int | None = None
    attempts: int = 0
    failed: bool = False

    @property
    def run_ms(self) -> int | None:
        """How long the attempt took that ended it."""
        if self.processed_at is None or self.finished_at is None:
            return None
        return max(0, self.finished_at - self.processed_at)

    @property
    def wait_ms(self) -> int | None:
        """How long it could have run before it did. Only of a first attempt: when a later one could have run is not
        written down."""
        ended = self.finished_at is not None
        if self.created_at is None or self.processed_at is None or self.attempts > int(ended):
            return None
        return max(0, self.processed_at - self.created_at - self.delay_ms)


@dataclass(frozen=True, slots=True)
class Ended:
    """A job of the sets `completed` and `failed`: when it ended (epoch ms), and its times where its hash is there."""

    at_ms: int
    times: JobTimes | None = None


@dataclass(frozen=True, slots=True)
class EndedJobs:
    """The newest jobs of a queue that ended one way, the newest first. `all_of_them`: there are no others."""

    jobs: tuple[Ended, ...] = ()
    all_of_them: bool = True
