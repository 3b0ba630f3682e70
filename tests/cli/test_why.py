"""`bulltui jobs why`, and the verdict of a queue that is shown."""

import io
from dataclasses import replace

from bulltui.cli.job_why import why_lines
from bulltui.cli.output import Out
from bulltui.cli.table import cells
from bulltui.domain.flow import JobRef
from bulltui.domain.human import clock
from bulltui.domain.queue import Counts, QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.surroundings import LastSeen, Surroundings
from bulltui.domain.why import Cause, Related, Why
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, SURE_V5, FakeReader, Opened, failed_job, hash_of

EVIL = "x\x1b[31m\u202ey"


def failed(opened: Opened, job_id: str) -> None:
    """What stands around one of the store's failed jobs."""
    stamp = (NOW - 32_000, NOW - 2_000, 3)
    seen = Surroundings(NOW, exists=True, states=(JobState.FAILED,), score=NOW - 2_000.0, stamp=stamp)
    opened.explorer.places[PAYMENTS, job_id] = [seen]


def test_as_text(run: Run, opened: Opened) -> None:
    failed(opened, "4")
    ended = run("jobs", "why", "payments", "4")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.splitlines() == [
        "It failed for good 2s ago: all 3 attempts are used.",
        "",
        "Seen",
        f"  Finished {clock(NOW - 2_000)}, 2s ago; it ran 30.0s.",
        "  Its error: ETIMEDOUT while calling acquirer",
        "  removeOnFail is not set for it; workers or other jobs of the queue may have it set, and then it goes too.",
        "",
        "Next",
        "  Run it again: r, or `bulltui jobs retry payments 4`.",
    ]


def test_as_json(run: Run, opened: Opened) -> None:
    failed(opened, "4")
    document = run("jobs", "why", "bull:payments", "4", "-o", "json").json
    assert {name: document[name] for name in ("id", "queue", "prefix", "cause", "causes", "sure", "related")} == {
        "id": "4",
        "queue": "payments",
        "prefix": "bull",
        "cause": "attempts-exhausted",
        "causes": ["attempts-exhausted"],
        "sure": True,
        "related": [],
    }
    assert document["verdict"] == "It failed for good 2s ago: all 3 attempts are used."
    assert "Its error: ETIMEDOUT while calling acquirer" in document["evidence"]
    assert document["steps"] == ["Run it again: r, or `bulltui jobs retry payments 4`."]
    line = run("jobs", "why", "payments", "4", "-o", "jsonl").out
    assert line.count("\n") == 1
    refused = run("jobs", "why", "payments", "4", "-o", "csv")
    assert refused.code == 2


def test_one_of_which_nothing_is_known(run: Run, opened: Opened) -> None:
    ended = run("jobs", "why", "payments", "nobody")
    assert ended.code == 4
    assert ended.out.startswith("There is no job of that id.\n")
    opened.explorer.places[PAYMENTS, "7"] = [Surroundings(NOW, exists=False, last_id=9)]
    assert "This is what is most likely" in run("jobs", "why", "payments", "7").out
    assert run("jobs", "why", "payments", "nobody", "-o", "json").json["cause"] == "not-found"
    assert run("jobs", "why", "nowhere", "1").code == 4


def test_one_that_is_gone_and_of_which_its_queue_still_tells(run: Run, opened: Opened) -> None:
    opened.explorer.places[PAYMENTS, "7"] = [Surroundings(NOW, exists=False)]
    opened.explorer.told[PAYMENTS, "7"] = [LastSeen("deduplicated", NOW - 5_000, other="9")]
    ended = run("jobs", "why", "payments", "7")
    assert ended.code == 0
    assert ended.out.startswith("It was deduplicated 5s ago: the job 9 stands for it.\n")
    assert ended.out.endswith("Jobs\n  job that stands for it: 9 in payments\n")


def test_texts_of_strangers_are_shown_harmless(run: Run, opened: Opened, store: FakeReader) -> None:
    raw = {**failed_job(1), **hash_of(failedReason=EVIL, stacktrace=f'["UnrecoverableError: {EVIL}"]', atm="1")}
    store.states[PAYMENTS, JobState.FAILED][EVIL] = raw
    stamp = (NOW - 32_000, NOW - 2_000, 1)
    opened.explorer.places[PAYMENTS, EVIL] = [Surroundings(NOW, exists=True, states=(JobState.FAILED,), stamp=stamp)]
    ended = run("jobs", "why", "payments", EVIL)
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out
    assert "Its error: x␛[31m‹U+202E›y" in ended.out
    assert "`bulltui jobs retry payments ID`" in ended.out


def test_lines_fit_a_terminal() -> None:
    other = JobRef(QueueRef("bull", "parts"), "7")
    why = Why(
        "It waits because " + "the queue is paused and " * 6 + "that is all.",
        (Cause.PAUSED,),
        ("Something was seen. " * 9, "§" * 200, "漢字" * 50),
        ("Do this: P, or `bulltui queues resume mail`. " * 3,),
        sure=False,
        related=(Related("child that failed", other),),
    )
    for width in (60, 80):
        lines = list(why_lines(Out(io.StringIO(), width=width), why))
        assert all(cells(line) <= width for line in lines)
        assert "".join(lines).count("§") == 200
        assert sum("`bulltui queues resume mail`" in line for line in lines) >= 2  # commands stay whole
        assert lines[-1] == "  child that failed: 7 in parts"
    assert len(list(why_lines(Out(io.StringIO()), why))) == 13


def test_the_verdict_on_a_queue(run: Run, store: FakeReader, opened: Opened) -> None:
    opened.explorer.pauses[MAIL] = NOW - 65_000
    store.queues[MAIL] = replace(store.queues[MAIL], layout=SURE_V5)
    lines = run("queues", "show", "mail.bulk").out.splitlines()
    assert lines[1:3] == [
        "  The queue has been paused for 1m 05s and no worker is connected; 88,000 waiting.",
        "  Resume the queue: P, or `bulltui queues resume mail.bulk`.",
    ]
    assert run("queues", "show", "mail.bulk", "-o", "json").json["verdict"]["causes"] == ["paused", "no-workers"]
    store.queues[MAIL] = replace(store.queues[MAIL], counts=Counts(), paused=False)
    assert run("queues", "show", "mail.bulk").out.splitlines()[1] == "  Idle: nothing waits."
