"""Counts of ended jobs: within bounds, whatever names there are."""

from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, UNKNOWN_NAME
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.job_counts import BOUNDS_S, COMPLETED, FAILED, SETS, JobCounts
from tests.watch.recording import MAIL, PAY


def test_durations_lie_in_their_buckets() -> None:
    counts = JobCounts()
    for ms in (0, 5, 5.1, 300_000, 10**9):
        counts.add(MAIL, "a", COMPLETED, ms, None)
    found = counts.snapshot()[MAIL, "a", COMPLETED]
    assert (found.ended, found.wait.total, found.run.total) == (5, 5, 0)
    assert (found.wait.counts[0], found.wait.counts[1]) == (2, 1)
    assert found.wait.counts[BOUNDS_S.index(300.0)] == 1
    assert found.wait.counts[-1] == 1


def test_names_of_a_queue_are_bounded() -> None:
    counts = JobCounts()
    for number in range(NAMES_A_QUEUE + 20):
        counts.add(MAIL, f"name-{number}", COMPLETED, 1, 1)
        counts.add(MAIL, f"name-{number}", FAILED, 1, 1)
    found = counts.snapshot()
    assert len(found) == 2 * NAMES_A_QUEUE + 2
    assert found[MAIL, OTHER_NAMES, COMPLETED].ended == found[MAIL, OTHER_NAMES, FAILED].ended == 20


def test_all_sets_are_bounded_and_gone_queues_make_room() -> None:
    counts = JobCounts()
    refs = [QueueRef("bull", f"q{number}") for number in range(50)]
    for ref in refs:
        for number in range(40):
            counts.add(ref, f"name-{number}", COMPLETED, 1, 1)
        counts.add(ref, UNKNOWN_NAME, COMPLETED, None, None)
    found = counts.snapshot()
    assert len(found) <= SETS + 2 * len(refs)
    assert sum(one.ended for one in found.values()) == 50 * 41
    counts.keep([PAY])
    assert counts.snapshot() == {}
    counts.add(PAY, "a", COMPLETED, 1, 1)
    assert (PAY, "a", COMPLETED) in counts.snapshot()
