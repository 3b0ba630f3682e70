"""Which of the libraries' layouts a queue has, decided from evidence.

The layouts differ in how a pause is kept, where a retried job belongs and how an idle worker is woken; the wrong
choice loses jobs (docs/bullmq-reference.md, section 0). `meta.version` is written by every `Queue` object that starts,
so a newer dashboard overwrites it: what lies in the keys weighs more than what is written there.
"""

from dataclasses import dataclass
from enum import StrEnum


class Layout(StrEnum):
    """A layout by the library that keeps it."""

    BULL = "bull"
    V3 = "v3"
    V4 = "v4"
    V5 = "v5"
    V6 = "v6"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The library's name for people."""
        return _LABELS[self]


_LABELS = {
    Layout.BULL: "Bull 4",
    Layout.V3: "BullMQ 3",
    Layout.V4: "BullMQ 4",
    Layout.V5: "BullMQ 5",
    Layout.V6: "BullMQ 6",
    Layout.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class LayoutVerdict:
    """The layout and why: each evidence a short phrase. `sure` is false where signs are missing or disagree; then
    `mix` are the layouts that the signs allow, which a fleet may use side by side, empty where none is known."""

    layout: Layout
    evidence: tuple[str, ...] = ()
    sure: bool = True
    mix: tuple[Layout, ...] = ()

    @property
    def could_be(self) -> tuple[Layout, ...]:
        """Every layout that the signs allow, none where it is nothing that is known here."""
        return (self.layout,) if self.sure else self.mix


@dataclass(frozen=True, slots=True)
class Signs:
    """What of a queue's keys tells its layout."""

    version: str = ""
    has_meta: bool = False
    has_max_events: bool = False
    meta_paused: bool = False
    bull_paused: bool = False  # the string `meta-paused`
    has_events: bool = False
    has_marker: bool = False
    has_prioritized: bool = False
    has_priority: bool = False  # the helper set of Bull and BullMQ 3
    has_groups: bool = False
    list_markers: bool = False  # ids starting `0:` in the lists
    short_fields: bool = False  # a job has `atm` or `ats`, as of BullMQ 5 and later
    long_fields: bool = False  # a job has `attemptsMade`, as up to BullMQ 4
    waiting: int = 0
    paused: int = 0
    has_jobs: bool = False  # any id was ever given


def _major(version: str) -> tuple[str, int | None]:
    name, _, number = version.rpartition(":")
    head = number.split(".", 1)[0]
    return name, int(head) if head.isascii() and head.isdigit() and len(head) < 4 else None


_BY_MAJOR = {1: Layout.V3, 2: Layout.V3, 3: Layout.V3, 4: Layout.V4, 5: Layout.V5, 6: Layout.V6}
_LIST_PAUSED = frozenset({Layout.V3, Layout.V4, Layout.V5})
_OLD = (Layout.V3, Layout.V4)
_NEW = (Layout.V5, Layout.V6)


def detect(signs: Signs) -> LayoutVerdict:
    """The layout that `signs` speak for, from the keys first and the written version second."""
    name, major = _major(signs.version)
    if signs.has_groups or name == "bullmq-pro":
        what = "a `groups` key" if signs.has_groups else f"meta.version is {signs.version}"
        return LayoutVerdict(
            Layout.UNKNOWN, (f"BullMQ Pro: {what}", "jobs in groups are in none of the states"), sure=False
        )
    if not signs.version:
        return _without_version(signs)
    written = _BY_MAJOR.get(major) if major is not None and name == "bullmq" else None
    if written is None:
        return LayoutVerdict(Layout.UNKNOWN, (f"meta.version is {signs.version}, which is not known here",), sure=False)
    return _with_version(signs, written)


def _without_version(signs: Signs) -> LayoutVerdict:
    if signs.bull_paused:
        evidence = ("the key meta-paused is Bull's",)
        if signs.has_max_events or signs.has_marker or signs.has_prioritized:
            mixed = (*evidence, "but other keys are of BullMQ: a mixed fleet")
            return LayoutVerdict(Layout.BULL, mixed, sure=False)
        return LayoutVerdict(Layout.BULL, evidence)
    if not signs.has_events and not signs.has_max_events and not signs.has_marker and not signs.has_prioritized:
        return LayoutVerdict(
            Layout.BULL,
            ("no event stream, no marker and no options in meta",),
            sure=signs.has_jobs,
        )
    unversioned = "meta.version is not written (workers, flows and the Python library leave it out)"
    if signs.list_markers:
        layout = Layout.V4 if signs.has_prioritized or not signs.has_priority else Layout.V3
        markers: tuple[str, ...] = (unversioned, "ids starting 0: in the lists are markers of BullMQ 3 and 4")
        if signs.has_marker:
            markers += ("but there is a marker of BullMQ 5 and later: a mixed fleet",)
            return LayoutVerdict(layout, markers, sure=False, mix=(*_OLD, *_NEW))
        return LayoutVerdict(layout, markers)
    if signs.paused and signs.meta_paused:
        layout = Layout.V5 if signs.has_marker or not signs.has_priority else Layout.V3
        mix: tuple[Layout, ...] = _NEW if signs.has_marker or signs.short_fields else (*_OLD, Layout.V5)
        listed = (unversioned, "paused, and the jobs are in the list paused, as up to BullMQ 5")
        return LayoutVerdict(layout, listed, sure=False, mix=mix)
    if signs.meta_paused and signs.waiting:
        kept = (unversioned, "paused, and the jobs stay in wait, as in BullMQ 6")
        return LayoutVerdict(Layout.V6, kept, sure=False, mix=_NEW)
    if signs.has_priority and not signs.has_prioritized and not signs.has_marker:
        return LayoutVerdict(Layout.V3, (unversioned, "the set priority is of BullMQ 3"), sure=False, mix=_OLD)
    if signs.has_marker:
        which, mix = "a marker: BullMQ 5 or 6", _NEW
    elif signs.short_fields and not signs.long_fields:
        which, mix = "its jobs have fields of BullMQ 5 and later: 5 or 6", _NEW
    elif signs.long_fields and not signs.short_fields:
        which, mix = "its jobs have fields as up to BullMQ 4: 3 or 4", _OLD
    else:
        which, mix = "no marker now: BullMQ 3 to 6", (*_OLD, *_NEW)
    return LayoutVerdict(Layout.UNKNOWN, (unversioned, which), sure=False, mix=mix)


def _with_version(signs: Signs, written: Layout) -> LayoutVerdict:
    evidence = [f"meta.version is {signs.version}"]
    if signs.bull_paused:
        evidence.append("but the key meta-paused is Bull's: a mixed fleet")
        return LayoutVerdict(written, tuple(evidence), sure=False)
    if written is Layout.V6 and signs.paused:
        evidence.append(f"but the list paused holds {signs.paused:,}, as up to BullMQ 5: a mixed fleet or leftovers")
        return LayoutVerdict(Layout.V5 if signs.meta_paused else Layout.V6, tuple(evidence), sure=False, mix=_NEW)
    if written in _LIST_PAUSED and signs.meta_paused and signs.waiting and not signs.list_markers:
        evidence.append(f"but it is paused and wait holds {signs.waiting:,}, as in BullMQ 6: a mixed fleet")
        return LayoutVerdict(written, tuple(evidence), sure=False, mix=tuple(dict.fromkeys((written, *_NEW))))
    if written in (Layout.V3, Layout.V4) and signs.has_marker:
        evidence.append("but there is a marker, which only BullMQ 5 and later write: a mixed fleet")
        return LayoutVerdict(Layout.V5, tuple(evidence), sure=False, mix=(written, *_NEW))
    if written is Layout.V3 and signs.has_prioritized:
        evidence.append("but there is a set prioritized, which BullMQ 3 does not know: a mixed fleet")
        return LayoutVerdict(Layout.V4, tuple(evidence), sure=False, mix=_OLD)
    if written in (Layout.V5, Layout.V6) and signs.list_markers:
        evidence.append("but ids starting 0: in the lists are markers of BullMQ 3 and 4: a mixed fleet")
        return LayoutVerdict(Layout.V4, tuple(evidence), sure=False, mix=(*_OLD, *_NEW))
    if written in _NEW and signs.long_fields and not signs.short_fields and not signs.has_marker:
        # A dashboard overwrites the version, and workers of 3 and 4 neither see its pause nor wake up by its retry.
        evidence.append("but its jobs have fields as up to BullMQ 4: a mixed fleet, or nothing ran since an upgrade")
        old = Layout.V3 if signs.has_priority and not signs.has_prioritized else Layout.V4
        return LayoutVerdict(old, tuple(evidence), sure=False, mix=(*_OLD, *_NEW))
    if written in _OLD and signs.short_fields:
        evidence.append("but its jobs have fields of BullMQ 5 and later: a mixed fleet")
        return LayoutVerdict(Layout.V5, tuple(evidence), sure=False, mix=(written, *_NEW))
    if signs.has_marker and written in (Layout.V5, Layout.V6):
        evidence.append("a marker")
    if signs.paused and signs.meta_paused:
        evidence.append("paused, and the jobs are in the list paused")
    elif signs.meta_paused and signs.waiting:
        evidence.append("paused, and the jobs stay in wait")
    return LayoutVerdict(written, tuple(evidence))
