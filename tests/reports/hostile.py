"""A report in which everything that strangers name is meant to break out of whatever it is written into."""

from dataclasses import replace

from bulltui.domain.charting import Mark, MarkKind
from bulltui.domain.history import Deed, Intent
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import DeedLine, Report
from tests.reports.week import ADDRESS, NOW, week

SCRIPT = "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
NAMES = (
    SCRIPT,
    "a|b\\|`c`*d*_e_[f](javascript:x)~~g~~",
    '=HYPERLINK("http://evil.example","x")',
    "\x1b[31mred\x1b]8;;http://evil.example\x07",
    "支払い-注文",
    "🚀 launch 👨‍👩‍👧",
    "\u202egnp.exe\u202c",
    "שלום-دفع",
    "x" * 400,
    "\udcff\udcfe raw",
    "]]>--></style></svg>&amp;&#60;",
)
"""Names, all of which must be in each form, in one way or another."""


def hostile() -> Report:
    """The report of the week with these names in the place of its own."""
    made = week()
    names = [QueueRef("bull", name) for name in NAMES]
    lines = [replace(made.queues[at % len(made.queues)], ref=ref) for at, ref in enumerate(names)]
    jobs = [replace(made.names[at % len(made.names)], ref=ref, name=ref.name) for at, ref in enumerate(names)]
    group = made.errors.groups[0]
    errors = [
        replace(group, title=name, frame=name, sample=name, queues={ref: 1}, names={name: 1}, key=f"k{at}")
        for at, (name, ref) in enumerate(zip(NAMES, names, strict=True))
    ]
    assert made.alerts
    alerts = [replace(made.alerts[0], rule=name, ref=ref, text=name) for name, ref in zip(NAMES, names, strict=True)]
    deeds = [
        DeedLine(
            Deed(
                f"d{at}",
                NOW - 5_000_000,
                Intent("pause", ADDRESS, (f"bull:{name}",), reason=name),
                name,
                outcome=Outcome(Kind.DONE),
            ),
            *("", ADDRESS),
        )
        for at, name in enumerate(NAMES)
    ]
    standing = made.standing or ()
    charts = made.charts
    assert charts is not None
    marks = tuple(Mark(NOW - 9_000_000 - at * 3_600_000, MarkKind.FIRING, name) for at, name in enumerate(NAMES))
    return replace(
        made,
        globs=NAMES,
        queues=tuple(lines),
        names=tuple(jobs),
        errors=replace(made.errors, groups=tuple(errors), kinds=len(errors)),
        alerts=tuple(alerts),
        deeds=tuple(deeds),
        standing=tuple(replace(standing[0], ref=ref) for ref in names),
        charts=replace(charts, marks=marks),
        missing=NAMES,
        notes=NAMES,
    )
