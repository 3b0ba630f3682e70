"""Pure functions from the domain to cells."""

from dataclasses import replace

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.fields import Field
from bulltui.domain.frames import FrameKind, classify
from bulltui.domain.history import Deed, Intent
from bulltui.domain.job import Job, JobSummary, decode
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.queue_filter import QueueFilter
from bulltui.domain.rates import Rates
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import EMPTY, Discovery, Health, Link, QueueRow, Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.worker import Client, Worker
from bulltui.tui.present import commands, empty, header, jobs, queues, schedulers, states, workers
from bulltui.tui.present.find import matching, ranked
from bulltui.tui.present.history import deed_lines
from bulltui.tui.present.job_head import facts, title
from bulltui.tui.present.line import Pieces, fit, part, pieces
from bulltui.tui.present.options import option_lines
from bulltui.tui.present.parts import Part, note, parts, raw_cells, raw_fields
from bulltui.tui.present.queue_list import Arrangement, GroupItem, QueueItem, SortBy, arrange, delimiter
from bulltui.tui.present.queues import LETTERS, proportions
from bulltui.tui.present.timeline import timeline_lines
from bulltui.tui.present.trace import error_lines
from bulltui.tui.widgets.cells import Cell
from tests.tui.fakes import NOW, SURE, FakeJob, failed, job

REF = QueueRef("bull", "mail")
NO_JOBS = Counts()


def said(cell: Cell) -> str:
    return "".join(text for text, _ in pieces(cell))


def text(lines: list[Cell] | tuple[Cell, ...]) -> str:
    return "\n".join(map(said, lines))


def row(name: str = "mail", counts: Counts = NO_JOBS, prefix: str = "bull", **more: object) -> QueueRow:
    known = {key: more.pop(key) for key in ("rates", "workers", "trend") if key in more}
    queue = replace(Queue(QueueRef(prefix, name), counts, SURE), **more)  # type: ignore[arg-type]
    return QueueRow(queue, **known)  # type: ignore[arg-type]


def opened(one: FakeJob, state: JobState = JobState.FAILED, **more: object) -> Job:
    return decode(one.id, REF, state, one.raw, score=one.score, **more)  # type: ignore[arg-type]


class TestFind:
    NAMES = ("payments", "payouts", "mail:bulk", "mail:news", "Images", "pay[1]")

    def found(self, query: str) -> list[str]:
        return [self.NAMES[place] for place in matching(query, self.NAMES)]

    def test_a_part_of_the_name(self) -> None:
        assert self.found("pay") == ["payments", "payouts", "pay[1]"]
        assert self.found("images") == ["Images"]

    def test_upper_case_counts(self) -> None:
        assert self.found("Images") == ["Images"]
        assert self.found("MAIL") == []

    def test_globs(self) -> None:
        assert self.found("mail:*") == ["mail:bulk", "mail:news"]
        assert self.found("*s") == ["payments", "payouts", "mail:news", "Images"]
        assert self.found("pay[1]") == ["pay[1]"]

    def test_not(self) -> None:
        assert self.found("mail !bulk") == ["mail:news"]
        assert self.found("!pay !mail") == ["Images"]
        assert len(self.found("!")) == len(self.NAMES)

    def test_letters_in_order_when_nothing_has_the_word(self) -> None:
        assert self.found("pmt") == ["payments"]
        assert self.found("zz") == []

    def test_the_best_first(self) -> None:
        names = ("xpay", "pay", "my-pay", "payments")
        assert [names[place] for place in ranked("pay", names)] == ["pay", "payments", "my-pay", "xpay"]


class TestQueueList:
    ROWS = (
        row("b", Counts(failed=1, waiting=9)),
        row("a", Counts(failed=5)),
        row("c", Counts(failed=5, prioritized=10), rates=Rates(finished=3)),
    )

    def order(self, sort: SortBy) -> list[str]:
        return [item.title for item in arrange(self.ROWS, Arrangement(sort))]

    def test_orders(self) -> None:
        assert self.order(SortBy.FAILED) == ["a", "c", "b"]
        assert self.order(SortBy.WAITING) == ["c", "b", "a"]
        assert self.order(SortBy.RATE) == ["c", "a", "b"]
        assert self.order(SortBy.NAME) == ["a", "b", "c"]
        assert SortBy.NAME.next is SortBy.FAILED

    def test_prefixes_show_when_there_are_several(self) -> None:
        rows = (row("a"), row("a", prefix="jobs"))
        assert [item.title for item in arrange(rows, Arrangement())] == ["bull:a", "jobs:a"]

    def test_the_delimiter_that_groups_most(self) -> None:
        assert delimiter(["a:x", "a:y", "b.x", "c"]) == ":"
        assert delimiter(["a.x", "a.y", "a.z", "b:x", "b:y"]) == "."
        assert delimiter(["a:x", "b:y"]) == ""

    def test_what_fits_best_comes_first(self) -> None:
        rows = (row("xpay", Counts(failed=9)), row("payments"), row("pay"), row("my-pay"), row("other"))
        found = arrange(rows, Arrangement(filter=QueueFilter.parse("pay")))
        assert [item.title for item in found] == ["pay", "payments", "my-pay", "xpay"]
        failing = arrange(rows, Arrangement(filter=QueueFilter.parse("is:failing")))
        assert [item.title for item in failing] == ["xpay"]

    def test_groups(self) -> None:
        rows = (
            row("mail:a", Counts(failed=1), trend=(1.0, 2.0), rates=Rates(1, 2)),
            row("mail:b", Counts(failed=2), trend=(5.0,), paused=True),
            row("mail"),
            row("pay:a", Counts(failed=9)),
        )
        lines = arrange(rows, Arrangement(grouped=True))
        assert [item.title for item in lines] == ["pay:a", "mail:"]
        group = lines[1]
        assert isinstance(group, GroupItem)
        assert (group.size, group.counts.failed, group.trend, group.paused) == (3, 3, (1.0, 7.0), 1)
        assert (group.added, group.finished) == (1, 2)
        opened_up = arrange(rows, Arrangement(grouped=True, open_groups=frozenset({"mail:"})))
        assert [item.title for item in opened_up] == ["pay:a", "mail:", "mail:b", "mail:a", "mail"]
        assert len(arrange(rows, Arrangement(grouped=True, filter=QueueFilter.parse("mail")))) == 4


class TestQueueCells:
    def test_signs(self) -> None:
        busy = Counts(waiting=1, active=1)
        assert queues.queue_sign(row(counts=busy, workers=1)) == ("●", "active")
        assert queues.queue_sign(row(workers=1)) == ("·", "dim")
        assert queues.queue_sign(row(counts=busy, workers=0)) == ("○", "failed")
        assert queues.queue_sign(row(workers=0)) == ("○", "dim")
        assert queues.queue_sign(row(counts=busy, workers=None)) == ("●", "active")
        assert queues.queue_sign(row(counts=busy, workers=0, paused=True)) == ("‖", "paused")
        assert queues.queue_sign(row(limit=RateLimit(1, 1000, 1, 500))) == ("◔", "delayed")
        assert queues.queue_sign(row(faults=("bull:mail:wait",), paused=True)) == ("⚠", "failed")

    def test_there_is_a_cell_for_each_column(self) -> None:
        item = QueueItem(row(), "mail")
        assert len(queues.cells(item)) == len(queues.COLUMNS)
        (group,) = (one for one in arrange((row("a:1"), row("a:2")), Arrangement(grouped=True)))
        assert len(queues.cells(group)) == len(queues.COLUMNS)

    def test_numbers(self) -> None:
        counts = Counts(failed=1312, waiting=900, paused=300, active=2)
        shown = [said(cell) for cell in queues.cells(QueueItem(row(counts=counts), "mail"))]
        assert "✖ 1.3k" in shown
        assert "1.2k" in shown

    def test_an_unsure_layout_is_marked(self) -> None:
        unsure = row(layout=LayoutVerdict(Layout.V5, (), sure=False))
        assert said(queues.cells(QueueItem(unsure, "mail"))[1]) == "mail ?"
        assert "BullMQ 5?" in [fact for fact, _ in queues.queue_facts(unsure, NOW)]

    def test_facts(self) -> None:
        one = row(
            counts=Counts(waiting=1),
            workers=2,
            schedulers=1,
            concurrency=4,
            limit=RateLimit(10, 1000, 3, 400),
            version="bullmq:5.81.5",
            oldest_waiting_at=NOW - 240_000,
        )
        assert [fact for fact, _ in queues.queue_facts(one, NOW)] == [
            "BullMQ 5.81.5",
            "2 workers",
            "1 scheduler",
            "at most 4 at once",
            "10 per 1.0s, 3 used",
            "next added 4m 00s ago",
        ]


class TestJobCells:
    @pytest.mark.parametrize("state", list(JobState))
    def test_there_is_a_cell_for_each_column(self, state: JobState) -> None:
        one = JobSummary("1", state, "charge")
        assert len(jobs.cells(one, NOW)) == len(jobs.columns(state))
        assert len(jobs.fitted(jobs.columns(state), [one], {})) == len(jobs.columns(state))

    def shown(self, one: JobSummary) -> dict[str, str]:
        keys = (column.column.key for column in jobs.columns(one.state))
        return dict(zip(keys, map(said, jobs.cells(one, NOW)), strict=True))

    def test_failed(self) -> None:
        one = JobSummary(
            "7", JobState.FAILED, "charge", NOW - 90_000, NOW - 61_000, NOW - 60_000,
            attempts_made=1, max_attempts=1, failed_reason="boom\nmore",
        )  # fmt: skip
        assert self.shown(one) | {"id": "7"} == {
            "sign": "", "id": "7", "name": "charge", "ago": "1m 00s", "wait": "29.0s", "run": "1.0s", "tries": "1/1",
            "priority": "–", "error": "boom",
        }  # fmt: skip

    def test_what_a_retry_waited_is_not_known(self) -> None:
        # From its adding to its last start other attempts ran: that is no time in the queue.
        one = JobSummary("7", JobState.FAILED, "charge", NOW - 90_000, NOW - 61_000, NOW - 60_000, attempts_made=3)
        assert self.shown(one)["wait"] == "–"
        assert self.shown(replace(one, state=JobState.ACTIVE, attempts_made=1))["wait"] == "–"
        assert self.shown(replace(one, state=JobState.ACTIVE, attempts_made=0))["wait"] == "29.0s"

    def test_what_is_still_to_come_has_no_age(self) -> None:
        one = JobSummary("7", JobState.FAILED, "charge", NOW, NOW, NOW + 3_600_000)
        assert self.shown(one)["ago"] == "future"
        assert self.shown(replace(one, finished_on=NOW + 5_000))["ago"] == "0s"  # clocks differ a little
        assert self.shown(JobSummary("7", JobState.WAITING, "charge", NOW + 3_600_000))["age"] == "future"

    def test_active(self) -> None:
        one = JobSummary(
            "7", JobState.ACTIVE, "charge", NOW - 9000, NOW - 5000, max_attempts=3, progress=40, locked=False
        )
        shown = self.shown(one)
        assert (shown["sign"], shown["name"], shown["run"]) == ("!", "stalled charge", "5.0s")
        assert (shown["tries"], shown["progress"]) == ("1/3", "40%")

    def test_delayed(self) -> None:
        one = JobSummary("7", JobState.DELAYED, "charge", NOW, score=float((NOW + 61_000) * 4096), attempts_made=1,
                         failed_reason="boom")  # fmt: skip
        assert (self.shown(one)["due"], self.shown(one)["why"]) == ("1m 01s", "boom")
        late = replace(one, score=float((NOW - 61_000) * 4096))
        assert self.shown(late)["due"] == "late 1m 01s"

    def test_missing_and_foreign(self) -> None:
        assert self.shown(JobSummary("7", JobState.FAILED, missing=True))["name"] == "missing"
        assert self.shown(JobSummary("7", JobState.FAILED, foreign=True))["error"].startswith("its key is no hash")

    def test_a_large_payload_has_its_size(self) -> None:
        assert self.shown(JobSummary("7", JobState.WAITING, "x", data_size=3_145_728))["why"] == "3.0 MiB of data"

    @pytest.mark.parametrize(
        ("progress", "shown"),
        [(0, ""), (42, "42%"), (99.6, "100%"), ({"percent": 5}, "5%"), ("half", "half"), (True, ""), (None, ""),
         ({"step": "resize", "of": 3}, "step resize, of 3"), ([1], "[1]"), (float("1e300"), "")],
    )  # fmt: skip
    def test_progress(self, progress: object, shown: str) -> None:
        assert jobs.progress_text(progress) == shown

    def test_names_and_ids_get_what_they_need(self) -> None:
        one = JobSummary("1234567890", JobState.WAITING, "a")
        wide = {column.key: column for column in jobs.fitted(jobs.columns(JobState.WAITING), [one], {})}
        assert (wide["id"].min, wide["id"].max) == (10, 10)
        known = {"id": 30}
        again = {column.key: column for column in jobs.fitted(jobs.columns(JobState.WAITING), [one], known)}
        assert again["id"].max == 30


class TestTrace:
    NODE = (
        "Error: boom\n    at charge (/app/src/pay.ts:10:5)\n    at Worker.run (/app/node_modules/bullmq/x.js:1:1)\n"
        "    at process.processTicks (node:internal/process:1:1)\n    at new Promise (<anonymous>)\n"
        "Caused by: other"
    )
    PYTHON = (
        'Traceback (most recent call last):\n  File "/app/jobs.py", line 3, in run\n    pay()\n'
        '  File "/usr/lib/python3/site-packages/httpx.py", line 9, in get\n    raise X\nValueError: boom'
    )

    def test_node(self) -> None:
        kinds = [kind for kind, _ in classify(self.NODE)]
        library = FrameKind.LIBRARY
        assert kinds == [FrameKind.MESSAGE, FrameKind.OWN, library, library, library, FrameKind.MESSAGE]

    def test_python(self) -> None:
        kinds = [kind for kind, _ in classify(self.PYTHON)]
        library, message = FrameKind.LIBRARY, FrameKind.MESSAGE
        assert kinds == [message, FrameKind.OWN, FrameKind.OWN, library, library, message]

    def test_attempts_newest_first_and_the_same_error_once(self) -> None:
        shown = text(error_lines(opened(failed(1))))
        assert shown.index("attempt 3, the newest") < shown.index("attempt 2: the same error")
        assert "attempt 1: the same error" in shown
        assert shown.count("pay.ts:10:5") == 1

    def test_no_error(self) -> None:
        assert text(error_lines(opened(job(1), JobState.WAITING))) == "No error: this job has not failed."
        bare = FakeJob("1", {"name": "x"})
        assert "neither a reason nor a stack trace" in text(error_lines(opened(bare)))

    def test_attempts_left(self) -> None:
        one = failed(1)
        one.fields["atm"] = "1"
        assert "Attempts were left" in text(error_lines(opened(one)))

    def test_no_trace_is_too_long(self) -> None:
        assert len(classify("x\n" * 100_000)) == 2000


class TestTimeline:
    def test_a_failed_job(self) -> None:
        shown = text(timeline_lines(opened(failed(1)), NOW, 80))
        assert "added" in shown
        assert "attempt 3" in shown
        assert "+1.0s" in shown
        assert "3 of 3 attempts made" in shown

    def test_a_delayed_job(self) -> None:
        one = replace(job(1), score=float((NOW + 60_000) * 4096))
        shown = text(timeline_lines(opened(one, JobState.DELAYED), NOW, 80))
        assert "due" in shown
        assert "in 1m 00s" in shown
        assert "▶" in shown

    def test_a_running_job_goes_on(self) -> None:
        one = job(1, processedOn=str(NOW - 5000))
        assert "5.0s" in text(timeline_lines(opened(one, JobState.ACTIVE), NOW, 80))

    @pytest.mark.parametrize("width", [20, 40, 200])
    @pytest.mark.parametrize("at", [-(10**15), 0, NOW, 10**18])
    def test_no_bar_is_wider_than_there_is_room(self, width: int, at: int) -> None:
        one = failed(1)
        one.fields["timestamp"] = str(at)
        bars = [line for line in timeline_lines(opened(one), NOW, width) if "█" in said(line)]
        assert bars
        assert all(len(said(line)) <= max(width, 34) for line in bars)

    def test_no_times(self) -> None:
        assert "No times" in text(timeline_lines(opened(FakeJob("1", {"name": "x"})), NOW, 80))


class TestJob:
    def test_title_and_facts(self) -> None:
        one = failed(1, priority="5", pb="worker-1", parentKey="bull:orders:9", deid="once")
        shown = said(title(opened(one))) + " " + said(facts(opened(one), NOW))
        for part_of_it in (
            "✖ failed", "charge", "failed 1m 00s ago", "ran 1.0s", "attempt 3 of 3", "priority 5", "by worker-1",
            "child of bull:orders:9", "dedup once",
        ):  # fmt: skip
            assert part_of_it in shown

    def test_an_active_job_without_a_lock_is_stalled(self) -> None:
        one = opened(job(1, processedOn=str(NOW - 1000)), JobState.ACTIVE)
        assert "stalled" in said(title(one))
        assert "no lock" in said(facts(one, NOW))
        locked = opened(job(1, processedOn=str(NOW - 1000)), JobState.ACTIVE, lock_ttl_ms=20_000)
        assert "lock 20.0s" in said(facts(locked, NOW))

    def test_options_that_differ_come_first(self) -> None:
        one = job(1, opts='{"attempts":3,"delay":0,"fpof":true,"kl":9,"mine":1}')
        shown = text(option_lines(opened(one)))
        for known in ("attempts", "failParentOnFailure", "keepLogs", "mine"):
            assert shown.index(known) < shown.index("defaults")
        assert shown.index("delay") > shown.index("defaults")
        assert "not an option known here" in shown

    def test_a_result_has_a_part_when_there_is_one(self) -> None:
        assert Part.RESULT not in parts(opened(job(1)))
        assert Part.RESULT not in parts(opened(job(1, returnvalue="null")))
        assert Part.RESULT in parts(opened(job(1, returnvalue="0")))

    def test_a_cut_field_says_its_size_and_what_to_do(self) -> None:
        one = opened(job(1))
        cut = replace(one, raw={**one.raw, "data": replace(one.raw["data"], size=50 * 2**20, cut=True)})
        shown = text(note(cut, Part.DATA))
        assert "50 MiB" in shown
        assert "ctrl+s" in shown

    def test_raw_fields_in_the_order_one_looks_for_them(self) -> None:
        names = [name for name, _ in raw_fields(opened(failed(1, zzz="1", aaa="2")))]
        assert names[:3] == ["name", "data", "opts"]
        assert names.index("aaa") < names.index("zzz")
        unread = text(raw_cells("data", Field("", 50_000_000, cut=True)))
        assert "empty" not in unread
        assert "too large to show" in unread
        assert "empty" in text(raw_cells("data", Field("", 0)))
        shown = text(raw_cells("atm", opened(failed(1)).raw["atm"]))
        assert "attemptsMade" in shown


class TestHeader:
    IDENTITY = header.Identity("redis://prod:6379", "")
    ONLINE = Snapshot(
        1, NOW, (row("a", Counts(failed=3, waiting=1200)),), health=Health(Link.ONLINE, 1.24),
        discovery=Discovery(finished_at=NOW),
    )  # fmt: skip

    @pytest.mark.parametrize("width", [40, 60, 80, 110, 140, 200])
    def test_it_fits_and_keeps_what_matters(self, width: int) -> None:
        shown = said(header.header(self.IDENTITY, self.ONLINE, NOW + 2500, width))
        assert len(shown) <= width
        assert "● ONLINE" in shown
        if width >= 60:
            assert "2s ago" in shown
        if width >= 80:
            assert "failed 3" in shown
        if width >= 140:
            for known in ("redis://prod:6379", "1.2 ms", "1 queue", "waiting 1.2k"):
                assert known in shown

    def test_banner(self) -> None:
        assert header.banner(self.ONLINE, NOW, 140) == []
        health = Health(Link.OFFLINE, None, NOW - 65_000, NOW + 4000, "Connection refused.", "Start it.")
        first, second = (said(line) for line in header.banner(replace(self.ONLINE, health=health), NOW, 140))
        assert "offline for 1m 05s  Connection refused.  next try in 4s" in first
        assert "Start it." in second

    @pytest.mark.parametrize("width", [60, 80, 140])
    def test_banner_says_all_at_every_width(self, width: int) -> None:
        message, hint = (
            "Nothing listens at redis://127.0.0.1:7905: connection refused.",
            "Check host and port of the URL.",
        )
        health = Health(Link.OFFLINE, None, NOW - 65_000, NOW + 4000, message, hint)
        lines = [said(line) for line in header.banner(replace(self.ONLINE, health=health), NOW, width)]
        assert max(map(len, lines)) <= width
        text = " ".join(" ".join(lines).split())
        for part_of_it in ("offline for 1m 05s", message, hint, "next try in 4s", "ctrl+r"):
            assert part_of_it in text

    def test_banner_tells_that_queues_are_left_out(self) -> None:
        left_out = replace(self.ONLINE, discovery=Discovery(problem="The Redis user may not read all keys."))
        (line,) = (said(line) for line in header.banner(left_out, NOW, 80))
        assert "some queues are left out" in line
        assert "The Redis user may not read all keys." in line

    def test_a_line_gives_up_its_least_important_parts(self) -> None:
        parts_of_it = [part(9, ("aaaa", "")), part(1, ("bbbb", "")), part(5, ("cccc", ""), right=True)]
        assert said(fit(parts_of_it, 16)) == " aaaa" + " " * 6 + "cccc "
        assert said(fit(parts_of_it, 20)) == " aaaa  bbbb    cccc "
        assert said(fit(parts_of_it, 5)).startswith(" aa")


class TestLists:
    def test_scheduler_states(self) -> None:
        def state(**more: object) -> str:
            return schedulers.state(replace(Scheduler("x", NOW + 1000), **more), NOW)[1]  # type: ignore[arg-type]

        assert state() == "armed"
        assert state(next_at=NOW - 60_000) == "overdue"
        assert state(armed=False) == "dead: no job for its next run"
        assert state(legacy=True) == "legacy: BullMQ 6 refuses it"

    def test_scheduler_cells(self) -> None:
        one = Scheduler("sync", NOW + 61_000, "run", every_ms=60_000, iterations=1200)
        shown = [said(cell) for cell in schedulers.cells(one, NOW)]
        assert shown == ["●", "sync", "run", "every 1m 00s", "1m 01s", "1.2k", "armed"]
        late = [said(cell) for cell in schedulers.cells(replace(one, next_at=NOW - 90_000), NOW)]
        assert "1m 30s late" in late

    def test_worker_cells(self) -> None:
        one = Worker(REF, Client(1, "x", "10.0.0.1:5", 3700, 2, "bzpopmin", "ioredis 5"), "w1")
        shown = [said(cell) for cell in workers.cells(one)]
        assert shown == ["mail", "w1", "10.0.0.1:5", "1h 01m", "2s", "bzpopmin", "ioredis 5"]
        assert workers.empty("CLIENT LIST is forbidden.", "mail").startswith("CLIENT LIST is forbidden.")
        assert workers.title(None, "mail") == "Workers of mail"

    def test_palette_entries(self) -> None:
        known = [commands.Command("sort", "sort", "Sort by the next column.", "s")]
        there = commands.destinations((row("sorting"), row("mail")))
        assert [commands.key_of(one) for one in commands.entries("sort", known, there)] == ["sort", there[0].ref]
        assert [commands.key_of(one) for one in commands.entries("column", known, there)] == ["sort"]
        assert len(commands.entries("", known, there)) == 3


class TestEmpty:
    def test_no_queues(self) -> None:
        searched = replace(EMPTY, taken_at=NOW, discovery=Discovery(scanned=5, finished_at=NOW))
        shown = empty.no_queues(Settings(queues=("mail*",)), searched, filtered=False)
        assert "5 keys" in shown
        assert "mail*" in shown
        assert "--prefix" in shown
        assert "Cluster" not in shown
        node = replace(searched, server=ServerInfo(mode="cluster"))
        assert "redis+cluster://" in empty.no_queues(Settings(), node, filtered=False)

    def test_no_jobs(self) -> None:
        one = row(counts=Counts(failed=3))
        assert "Elsewhere: 3 failed." in empty.no_jobs(one, JobState.ACTIVE, loading=False)
        assert "Reading" in empty.no_jobs(one, JobState.FAILED, loading=True)
        assert "paused" in empty.no_jobs(row(paused=True), JobState.ACTIVE, loading=False)
        assert "Choose a queue" in empty.no_jobs(None, JobState.ACTIVE, loading=False)


class TestStates:
    def test_what_one_looks_at_first(self) -> None:
        assert states.first_look(Counts(failed=1, active=1)) is JobState.FAILED
        assert states.first_look(Counts(delayed=1, completed=5)) is JobState.DELAYED
        assert states.first_look(Counts()) is JobState.WAITING

    def test_a_paused_list_has_a_tab_where_it_holds_jobs(self) -> None:
        assert "paused" in [tab.id for tab in states.state_tabs(row(counts=Counts(paused=1)), JobState.FAILED, 100)]
        assert "paused" not in [tab.id for tab in states.state_tabs(row(), JobState.FAILED, 100)]
        assert "paused" in [tab.id for tab in states.state_tabs(row(), JobState.PAUSED, 100)]

    def test_zeros_go_where_room_is_scarce(self) -> None:
        counts = Counts(waiting=1204, active=8, delayed=40, completed=98_000, failed=312)
        wide = states.state_tabs(row(counts=counts), JobState.FAILED, 120)
        narrow = states.state_tabs(row(counts=counts), JobState.FAILED, 60)
        assert [tab.count for tab in wide] == ["1.2k", "8", "0", "40", "0", "98k", "312"]
        assert [tab.count for tab in narrow] == ["1.2k", "8", "", "40", "", "98k", "312"]

    def test_head(self) -> None:
        line = said(fit(states.jobs_head("mail", row(workers=1), "newest first", "", NOW), 60))
        assert line.split() == ["mail", "BullMQ", "5", "1", "worker", "newest", "first"]
        assert said(fit(states.jobs_head("mail", None, "", "It is away.", NOW), 60)) == " mail  It is away. "


def test_pieces_of_a_cell() -> None:
    both: Pieces = [("a", "x"), ("b", "")]
    assert pieces("a") == [("a", "")]
    assert pieces(("a", "x")) == [("a", "x")]
    assert pieces(both) == both


def test_shares_without_colours_are_letters() -> None:
    bar = pieces(proportions(Counts(waiting=2, failed=2, completed=4), 8, LETTERS))
    assert "".join(text for text, _ in bar) == "xxww····"


def test_a_deed_says_on_which_of_several_servers_it_was_done() -> None:
    deed = Deed("1", NOW, Intent("pause", "127.0.0.1:1/0", ("bull:mail",)))
    told = "\n".join("".join(text for text, _ in line) for line in deed_lines(deed, 70, {"127.0.0.1:1/0": "us"}))
    assert "us  127.0.0.1:1/0" in told
