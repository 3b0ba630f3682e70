"""Real errors fall into the families that they are of."""

from bulltui.domain.fingerprint import fingerprint
from tests.errors.corpus import Failed, failed_jobs, families, score


def label(job: Failed) -> tuple[str, str]:
    return job.family, fingerprint(job.reason, job.stacktrace).key


def test_the_families_are_many_and_of_many_kinds() -> None:
    known = {**families("recorded"), **families("written")}
    assert len(known) >= 40
    assert {"axios 404", "axios 500", "zod", "prismaUnique", "mongoDuplicate", "s3Missing", "empty"} <= set(known)
    assert {"thrown no error", "stalled", "python value", "dns not found", "fetch failed"} <= set(known)


def test_jobs_of_a_family_are_in_one_group_and_no_others_with_them() -> None:
    found = score(map(label, failed_jobs(8_000)))
    assert found.families >= 40
    assert found.recall >= 0.98
    assert found.precision >= 0.98


def test_other_draws_do_no_worse() -> None:
    for seed in (2, 3, 4):
        found = score(map(label, failed_jobs(2_000, seed=seed)))
        assert min(found.recall, found.precision) >= 0.98


def test_families_that_were_held_out() -> None:
    found = score(map(label, failed_jobs(5_000, files=("heldout",))))
    assert found.families == 80
    assert found.precision >= 0.98
    # Three of them differ in plain words, and no rule knows a name from a word.
    assert found.recall >= 0.95


def test_what_only_the_end_of_the_traces_tells() -> None:
    # A scan reads the last 4 KiB of the field.
    found = score(
        (job.family, fingerprint(job.reason[:2_048], job.stacktrace[-4_096:]).key) for job in failed_jobs(4_000)
    )
    assert min(found.recall, found.precision) >= 0.98


def test_the_score_counts_pairs() -> None:
    assert score([("a", "1"), ("a", "1"), ("b", "2")]).recall == 1
    assert score([("a", "1"), ("a", "2"), ("a", "2")]).recall == 1 / 3
    assert score([("a", "1"), ("b", "1"), ("b", "1")]).precision == 1 / 3
