"""What our reader says equals what the libraries say of the same queues, job for job.

Where we differ on purpose a comment says so beside the comparison. All of ours is read first: a library that counts or
lists takes markers out of the lists of versions 3 and 4.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bulltui.domain.job import Dependencies, Job
from bulltui.domain.job_json import job_document
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.series import MetricSeries
from bulltui.domain.states import LISTED, JobState
from bulltui.domain.worker import Worker, assign
from bulltui.services.protocols import Reader
from bulltui.store.reader import RedisReader
from tests.interop.support import LIBRARIES, PLAIN_USER, PYTHON, Oracle, Scenario
from tests.thorough import tried

pytestmark = pytest.mark.interop

ALL = (*LIBRARIES, PYTHON)
PAGE = 50
MANY = 100
"""Of queues with so many jobs a part is read once more without scripts: they are alike."""
WHOLE = 1 << 20  # bytes of a field: the largest payload of the scenarios fits

Json = dict[str, Any]


@dataclass(frozen=True)
class Ours:
    """All that our reader finds. `order` is by state, and within it by whether the oldest comes first."""

    queues: Mapping[str, Queue]
    order: Mapping[str, Mapping[JobState, Mapping[bool, list[str]]]]
    jobs: Mapping[str, Mapping[str, Job]]
    logs: Mapping[str, Mapping[str, tuple[str, ...]]]
    schedulers: Mapping[str, tuple[Scheduler, ...]]
    series: Mapping[str, tuple[MetricSeries, MetricSeries]]
    workers: dict[QueueRef, tuple[Worker, ...]]


@dataclass(frozen=True)
class Pair:
    """Both sides, of one scenario. `plain` is what we read as a user who may not run scripts."""

    lib: str
    ours: Ours
    plain: Ours
    library: Oracle

    def each(self) -> list[tuple[str, Queue, Json]]:
        """Every queue: its name, our read of it, what the library says."""
        return [(name, self.ours.queues[name], said) for name, said in self.library["queues"].items()]


async def _ids(reader: Reader, ref: QueueRef, state: JobState, *, oldest_first: bool) -> list[str]:
    """All ids of a state, page by page."""
    ids: list[str] = []
    while True:
        page = await reader.page(ref, state, len(ids), PAGE, oldest_first=oldest_first)
        ids += [job.id for job in page.jobs]
        if not page.jobs or len(ids) >= page.total:
            return ids


async def _read(url: str, prefix: str, *, scripts: bool = True) -> Ours:
    reader = RedisReader.from_url(url if scripts else url.replace("://", f"://{PLAIN_USER}:{PLAIN_USER}@"))
    try:
        refs = [ref async for step in reader.discover([prefix]) for ref in step.refs]
        queues = {queue.ref.name: queue for queue in await reader.counts(refs)}
        order: dict[str, dict[JobState, dict[bool, list[str]]]] = {}
        jobs: dict[str, dict[str, Job]] = {}
        logs: dict[str, dict[str, tuple[str, ...]]] = {}
        schedulers: dict[str, tuple[Scheduler, ...]] = {}
        for name, queue in queues.items():
            order[name] = {
                state: {up: await _ids(reader, queue.ref, state, oldest_first=up) for up in (True, False)}
                for state in LISTED
            }
            jobs[name], logs[name] = {}, {}
            ids = [*dict.fromkeys(job_id for state in LISTED for job_id in order[name][state][True])]
            for job_id in ids if scripts or len(ids) < MANY else tried(ids, ids[::5]):
                job = await reader.job(queue.ref, job_id, cap=WHOLE)
                assert job is not None
                jobs[name][job_id] = job
                if job.log_count:
                    logs[name][job_id] = (await reader.logs(queue.ref, job_id, 0, 1000)).lines
            schedulers[name] = (await reader.schedulers(queue.ref, 0, 100)).items
        series = {ref.name: found for ref, found in (await reader.series(refs, 1000)).items()}
        workers = assign(await reader.clients(), refs)
        assert reader.scripts_allowed is scripts
        return Ours(queues, order, jobs, logs, schedulers, series, workers)
    finally:
        await reader.close()


@pytest.fixture(scope="module")
def pair(scenario: Scenario) -> Pair:
    """Our reads of a scenario, then the library's."""
    ours, plain = (asyncio.run(_read(scenario.url, scenario.prefix, scripts=scripts)) for scripts in (True, False))
    return Pair(scenario.lib, ours, plain, scenario.oracle())


every_library = pytest.mark.parametrize("scenario", ALL, indirect=True)


@every_library
def test_queues_found(pair: Pair, scenario: Scenario) -> None:
    assert sorted(pair.ours.queues) == scenario.queues


@every_library
def test_counts(pair: Pair) -> None:
    for name, ours, said in pair.each():
        counts = {state: ours.counts.of(JobState(state)) for state in said["counts"]}
        assert counts == said["counts"], name
        assert ours.counts.total == sum(said["counts"].values()), name


@every_library
def test_pause_limits_and_version(pair: Pair) -> None:
    for name, ours, said in pair.each():
        assert ours.paused == said["paused"], name
        assert ours.concurrency == said["globalConcurrency"], name
        limit = said["globalRateLimit"] or {"max": None, "duration": None}
        assert (ours.limit.maximum, ours.limit.duration_ms) == (limit["max"], limit["duration"]), name
        if said["meta"] is not None:
            assert ours.version == said["meta"].get("version", ""), name
            assert ours.max_events == said["meta"].get("maxLenEvents"), name
        if said["rateLimitTtl"] is not None and limit["max"] is None:
            assert (ours.limit.ttl_ms > 0) == (said["rateLimitTtl"] > 0), name


@every_library
def test_order_of_every_state_in_both_directions(pair: Pair) -> None:
    for name, ours in pair.ours.order.items():
        said = pair.library["queues"][name]["order"]
        for state in said:
            # Asked for the waiting jobs, versions 3 to 5 give those of the paused list after them.
            ours_of = [JobState.WAITING, JobState.PAUSED] if state == "waiting" and "paused" in said else [state]
            if pair.lib == "bull4":
                ours_of = [state]
            for oldest_first, word in ((True, "asc"), (False, "desc")):
                ids = [job_id for each in ours_of for job_id in ours[JobState(each)][oldest_first]]
                assert ids == said[state][word], (name, state, word)


@every_library
def test_state_of_every_job(pair: Pair) -> None:
    for name, jobs in pair.ours.jobs.items():
        said = pair.library["queues"][name]["jobs"]
        assert sorted(jobs) == sorted(said), name
        for job_id, job in jobs.items():
            # The list of paused jobs is a state to us and to Bull; BullMQ calls its jobs waiting.
            state = "waiting" if job.state is JobState.PAUSED and pair.lib != "bull4" else job.state.value
            assert state == said[job_id]["state"], (name, job_id)


# What the libraries' Job objects carry beside the job: their own workings, or the same under an older name.
_NOT_THE_JOB = {"queueQualifiedName", "discarded", "debounceId", "nextRepeatableJobId"}
# What we add to a job: where it is, and why it will fail.
_OUR_OWN = {"queue", "prefix", "state", "deferredFailure"}


def _without_absent(form: Json) -> Json:
    """JSON leaves out what is undefined; null and an empty reason mean the same here."""
    return {name: value for name, value in form.items() if value not in (None, "")}


def _said_form(lib: str, said: Json) -> Json:
    form = {name: value for name, value in said.items() if name not in _NOT_THE_JOB}
    if lib == "bull4":
        form["deduplicationId"] = said.get("debounceId")
    if lib in ("3", "4", "bull4"):  # fields that came later, and the priority that was an option only
        form |= {"attemptsStarted": 0, "stalledCounter": 0, "priority": said["opts"].get("priority", 0)}
    return _without_absent(form)


def _our_form(lib: str, job: Job) -> Json:
    ours = {name: value for name, value in job_document(job).items() if name not in _OUR_OWN}
    # We show the options as they are stored; BullMQ fills one in and has moved one to the job.
    if lib != "bull4":
        ours["opts"] = {"attempts": 0, **ours["opts"]}
        ours["opts"].pop("repeatJobKey", None)
    if lib in ("3", "4", "bull4"):
        ours["priority"] = ours["priority"] or 0
    if lib == "bull4":  # it gives an empty object or null for all that is false to JavaScript
        ours["data"] = ours["data"] if ours["data"] or ours["data"] == [] else {}
        ours["returnvalue"] = ours.get("returnvalue") or None
    return _without_absent(ours)


@every_library
def test_fields_of_every_job(pair: Pair) -> None:
    compared = 0
    for name, jobs in pair.ours.jobs.items():
        for job_id, job in jobs.items():
            said = pair.library["queues"][name]["jobs"][job_id]["json"]
            assert _our_form(pair.lib, job) == _said_form(pair.lib, said), (name, job_id)
            assert not job.problems, (name, job_id)
            compared += 1
    assert compared > 40


def _lasting(ours: Ours, looked_at: Ours) -> list[Any]:
    """What does not change with every second, of the jobs that were looked at without scripts too."""
    queues = {name: replace(queue, limit=replace(queue.limit, ttl_ms=0)) for name, queue in ours.queues.items()}
    jobs = {
        name: [replace(ours.jobs[name][job_id], lock_ttl_ms=None) for job_id in found]
        for name, found in looked_at.jobs.items()
    }
    logs = {name: {job_id: found[job_id] for job_id in looked_at.logs[name]} for name, found in ours.logs.items()}
    return [queues, jobs, logs, ours.order, ours.schedulers, ours.series]


@every_library
def test_the_same_without_scripts(pair: Pair) -> None:
    assert all(len(pair.plain.jobs[name]) >= min(MANY, len(jobs)) // 5 for name, jobs in pair.ours.jobs.items())
    for with_scripts, without in zip(*(_lasting(one, pair.plain) for one in (pair.ours, pair.plain)), strict=True):
        assert with_scripts == without


@every_library
def test_logs(pair: Pair) -> None:
    for name, said in pair.library["queues"].items():
        logs = {job_id: tuple(job["logs"]["logs"]) for job_id, job in said["jobs"].items() if job["logs"]["count"]}
        assert pair.ours.logs[name] == logs, name
        for job_id, job in pair.ours.jobs[name].items():
            assert job.log_count == said["jobs"][job_id]["logs"]["count"], (name, job_id)


@pytest.mark.parametrize("scenario", ["3", "4", "5", "6", PYTHON], indirect=True)
def test_dependencies_of_every_parent(pair: Pair) -> None:
    parents = 0
    for name, jobs in pair.ours.jobs.items():
        for job_id, job in jobs.items():
            said = pair.library["queues"][name]["jobs"][job_id]["dependenciesCount"]
            assert job.dependencies == Dependencies(**(said or {})), (name, job_id)
            parents += bool(said)
    assert parents >= 3


def _rule(scheduler: Scheduler) -> tuple[Any, ...]:
    return (scheduler.id, scheduler.next_at, scheduler.name, scheduler.pattern or None, scheduler.every_ms)


@pytest.mark.parametrize("scenario", ["5", "6", PYTHON], indirect=True)
def test_schedulers(pair: Pair) -> None:
    for name, ours, said in pair.each():
        found = {each.id: each for each in pair.ours.schedulers[name]}
        assert [each["key"] for each in said["schedulers"]] == list(found), name
        assert ours.schedulers == len(found), name
        for each in said["schedulers"]:
            mine = found[each["key"]]
            assert _rule(mine) == (each["key"], each["next"], each["name"], each.get("pattern"), each.get("every"))
            optional = ("limit", "startDate", "endDate", "iterationCount")
            assert (mine.limit, mine.start_at, mine.end_at, mine.iterations) == tuple(map(each.get, optional))
            assert (mine.timezone or None, mine.offset_ms or None) == (each.get("tz"), each.get("offset") or None)
            template = each.get("template", {})
            assert (mine.template_data.value or None) == template.get("data")
            assert (mine.template_opts or None) == template.get("opts")
            assert mine.armed
            assert mine.legacy == ("iterationCount" not in each)


@pytest.mark.parametrize("scenario", ["3", "4", "bull4"], indirect=True)
def test_repeatables(pair: Pair) -> None:
    for name, _, said in pair.each():
        found = pair.ours.schedulers[name]
        assert [each.id for each in found] == [each["key"] for each in said["repeatables"]], name
        for mine, each in zip(found, said["repeatables"], strict=True):
            rule = each.get("pattern") or each.get("cron") or each["every"]  # 3 and 4 call an interval a pattern
            assert (mine.pattern or str(mine.every_ms)) == str(rule)
            assert (mine.next_at, mine.name, mine.timezone or None) == (each["next"], each["name"], each["tz"])
            assert mine.end_at == each["endDate"]
            assert mine.armed
            assert mine.legacy


@pytest.mark.parametrize("scenario", LIBRARIES, indirect=True)
def test_workers(pair: Pair) -> None:
    seen = 0
    for name, ours, said in pair.each():
        workers = pair.ours.workers.get(ours.ref, ())
        assert sorted(str(worker.client.id) for worker in workers) == sorted(each["id"] for each in said["workers"])
        names = [each.get("rawname", "").partition(":w:")[2] for each in said["workers"]]
        assert sorted(worker.name for worker in workers) == sorted(names), name
        seen += len(workers)
    assert seen >= 6


@pytest.mark.parametrize("scenario", [PYTHON], indirect=True)
def test_workers_of_the_python_package_which_the_library_does_not_see(pair: Pair) -> None:
    names = {
        name: sorted(worker.name for worker in pair.ours.workers.get(ours.ref, ()))
        for name, ours, said in pair.each()
        if not said["workers"]
    }
    # One worker of that package has several connections, all with its name: it shows once.
    assert {name: found for name, found in names.items() if found} == {
        "py-orders": ["till"],
        "py-flows": ["packer"],
        "py-shipments": [""],
    }


@every_library
def test_metrics(pair: Pair) -> None:
    for name, _, said in pair.each():
        for ours, word in zip(pair.ours.series[name], ("completed", "failed"), strict=True):
            meta, data = said["metrics"][word]["meta"], said["metrics"][word]["data"]
            assert (ours.count, ours.rolled_at, ours.rolled_count) == (meta["count"], meta["prevTS"], meta["prevCount"])
            assert list(ours.points) == [int(point) for point in data], name
