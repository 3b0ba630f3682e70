"""What many jobs are together, and the target of an action on them."""

from dataclasses import dataclass
from typing import Any

from bulltui.domain.job import JobSummary
from bulltui.domain.matched import MESSAGES, Matched, to_target
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked

PAY, MAIL = QueueRef("bull", "pay"), QueueRef("bull", "mail")
HOUR = 3_600_000


@dataclass(frozen=True)
class One:
    """A job that was found."""

    ref: QueueRef
    job: JobSummary


def one(job_id: str, ref: QueueRef = PAY, state: JobState = JobState.FAILED, **more: Any) -> One:
    return One(ref, JobSummary(job_id, state, **more))


def test_it_tells_number_states_queues_ages_errors_and_some_of_them() -> None:
    refused = "connect ECONNREFUSED 10.0.0.{}:80"
    found = [one(f"{n}", failed_reason=refused.format(n), finished_on=n * HOUR) for n in range(1, 7)]
    found += [one("x", MAIL, failed_reason="no money", finished_on=9 * HOUR)]
    found += [one("y", MAIL, JobState.WAITING, timestamp=2 * HOUR)]
    assert Matched.of(found).lines(10 * HOUR) == [
        "8 jobs: 7 failed, 1 waiting.",
        "Of 6 pay, 2 mail.",
        "From 9h 00m to 1h 00m old.",
        "6 of 7 failed with connect ECONNREFUSED <host>",
        "1 of 7 failed with no money",
        "Among them: 1 of pay, 2 of pay, 3 of pay, 4 of pay, 5 of pay.",
    ]


def test_one_queue_is_not_named_again() -> None:
    assert Matched.of([one("7", state=JobState.WAITING)]).lines(0) == ["1 job: 1 waiting.", "7."]


def test_nothing_found() -> None:
    assert Matched.of([]).lines(0) == ["No jobs."]
    assert to_target([]) == Picked(())


def test_what_strangers_wrote_is_harmless() -> None:
    lines = Matched.of([one("\x1b[31m7", QueueRef("bull", "a\u202eb"), failed_reason="\x1b]0;x\x07boom")]).lines(0)
    assert "\x1b" not in "".join(lines)
    assert "\u202e" not in "".join(lines)


def test_errors_are_told_apart_for_some_only() -> None:
    matched = Matched.of([one(f"{n}", failed_reason="boom") for n in range(MESSAGES + 50)])
    assert (matched.count, matched.failures, matched.errors) == (MESSAGES + 50, MESSAGES, (("boom", MESSAGES),))


def test_the_target_has_a_part_for_each_queue_and_state() -> None:
    found = [one("1"), one("2", MAIL), one("3"), one("4", state=JobState.ACTIVE), one("5", state=JobState.UNKNOWN)]
    assert to_target(found) == Picked(
        (
            Jobs(PAY, ("1", "3"), JobState.FAILED),
            Jobs(MAIL, ("2",), JobState.FAILED),
            Jobs(PAY, ("4",), JobState.ACTIVE),
            Jobs(PAY, ("5",), None),
        )
    )
    assert to_target(found[:1]) == Jobs(PAY, ("1",), JobState.FAILED)
