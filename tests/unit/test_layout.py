"""The verdict on a layout from what lies in the keys."""

import pytest

from bulltui.domain.layout import Layout, Signs, detect

MODERN = {"has_meta": True, "has_max_events": True, "has_events": True}


def verdict(**signs: object) -> tuple[Layout, bool]:
    found = detect(Signs(**signs))  # type: ignore[arg-type]
    assert found.evidence
    assert all(found.evidence)
    assert (found.layout is not Layout.UNKNOWN) or not found.sure
    return found.layout, found.sure


@pytest.mark.parametrize(
    ("version", "layout"),
    [
        ("bullmq:3.16.2", Layout.V3),
        ("bullmq:4.18.3", Layout.V4),
        ("bullmq:5.81.5", Layout.V5),
        ("bullmq:6.7.0", Layout.V6),
        ("bullmq:1.0.0", Layout.V3),
        ("bullmq:6", Layout.V6),
        ("bullmq:6.0.0-beta.1", Layout.V6),
    ],
)
def test_written_version(version: str, layout: Layout) -> None:
    assert verdict(version=version, **MODERN) == (layout, True)
    assert layout.label.startswith("BullMQ")


@pytest.mark.parametrize(
    "version",
    [
        "bullmq:7.0.0",
        "bullmq:x",
        "5.1.0",
        "bullmq:",
        "other:5.0.0",
        "bullmq-pro:7.1.0",
        "\x1b[31m",
        "bullmq:²",
        "9" * 999,
    ],
)
def test_unknown_versions(version: str) -> None:
    assert verdict(version=version, **MODERN) == (Layout.UNKNOWN, False)


def test_groups_are_of_pro() -> None:
    assert verdict(version="bullmq:5.1.0", has_groups=True) == (Layout.UNKNOWN, False)
    assert "Pro" in detect(Signs(version="bullmq-pro:7.0.0")).evidence[0]


def test_bull() -> None:
    assert verdict(has_jobs=True, waiting=3) == (Layout.BULL, True)
    assert verdict(bull_paused=True, has_meta=True, meta_paused=True, paused=3, has_jobs=True) == (Layout.BULL, True)
    assert verdict(has_priority=True, has_jobs=True) == (Layout.BULL, True)
    assert verdict() == (Layout.BULL, False)


def test_bull_and_bullmq_on_one_queue_are_mixed() -> None:
    assert verdict(version="bullmq:5.81.5", bull_paused=True, **MODERN) == (Layout.V5, False)
    assert verdict(bull_paused=True, has_marker=True, **MODERN)[1] is False


@pytest.mark.parametrize(
    ("signs", "layout"),
    [
        ({"has_marker": True}, Layout.UNKNOWN),
        ({}, Layout.UNKNOWN),
        ({"has_prioritized": True}, Layout.UNKNOWN),
        ({"meta_paused": True, "paused": 3}, Layout.V5),
        ({"meta_paused": True, "paused": 3, "waiting": 1}, Layout.V5),
        ({"meta_paused": True, "paused": 3, "has_priority": True}, Layout.V3),
        ({"meta_paused": True, "waiting": 3, "has_marker": True}, Layout.V6),
        ({"has_priority": True}, Layout.V3),
        ({"has_priority": True, "has_marker": True}, Layout.UNKNOWN),
    ],
)
def test_without_a_version_nothing_is_sure(signs: dict[str, object], layout: Layout) -> None:
    assert verdict(**MODERN, **signs) == (layout, False)


def test_markers_in_lists() -> None:
    assert verdict(**MODERN, list_markers=True) == (Layout.V4, True)
    assert verdict(**MODERN, list_markers=True, has_priority=True) == (Layout.V3, True)
    assert verdict(**MODERN, list_markers=True, has_marker=True)[1] is False


@pytest.mark.parametrize(
    ("version", "signs", "layout"),
    [
        ("bullmq:6.7.0", {"paused": 3, "meta_paused": True}, Layout.V5),
        ("bullmq:6.7.0", {"paused": 3}, Layout.V6),
        ("bullmq:5.81.5", {"meta_paused": True, "waiting": 3}, Layout.V5),
        ("bullmq:3.16.2", {"has_marker": True}, Layout.V5),
        ("bullmq:4.18.3", {"has_marker": True}, Layout.V5),
        ("bullmq:3.16.2", {"has_prioritized": True}, Layout.V4),
        ("bullmq:5.81.5", {"list_markers": True}, Layout.V4),
        ("bullmq:6.7.0", {"list_markers": True}, Layout.V4),
    ],
)
def test_mixed_fleets(version: str, signs: dict[str, object], layout: Layout) -> None:
    assert verdict(version=version, **MODERN, **signs) == (layout, False)


def test_pauses_that_fit_are_evidence() -> None:
    assert verdict(version="bullmq:5.81.5", **MODERN, meta_paused=True, paused=3) == (Layout.V5, True)
    assert verdict(version="bullmq:6.7.0", **MODERN, meta_paused=True, waiting=3) == (Layout.V6, True)
    assert len(detect(Signs(version="bullmq:6.7.0", meta_paused=True, waiting=3)).evidence) == 2


@pytest.mark.parametrize("version", ["bullmq:5.81.5", "bullmq:6.7.0"])
def test_a_dashboard_that_hides_old_workers(version: str) -> None:
    """The version is its own; the jobs that ran tell who runs them. After an upgrade there are some of both kinds."""
    hidden = detect(Signs(version=version, long_fields=True, has_prioritized=True))
    assert (hidden.layout, hidden.sure) == (Layout.V4, False)
    assert set(hidden.could_be) == {Layout.V3, Layout.V4, Layout.V5, Layout.V6}
    assert detect(Signs(version=version, long_fields=True, has_priority=True)).layout is Layout.V3
    assert detect(Signs(version=version, long_fields=True, short_fields=True)).sure
    assert detect(Signs(version=version, long_fields=True, has_marker=True)).sure
    assert detect(Signs(version=version, short_fields=True)).sure


@pytest.mark.parametrize("version", ["bullmq:3.16.2", "bullmq:4.18.3"])
def test_an_old_dashboard_that_hides_new_workers(version: str) -> None:
    hidden = detect(Signs(version=version, short_fields=True))
    assert (hidden.layout, hidden.sure) == (Layout.V5, False)
    assert detect(Signs(version=version, long_fields=True)).sure
