"""A million jobs in a state: any page, and the memory for it."""

import time

import redis

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.store.reader import RedisReader
from tests.bench.data import fill_millions
from tests.bench.figures import Figure, own_memory_mb

REF = QueueRef("bull", "millions")
PAGE = 50


def _server_ms(client: "redis.Redis") -> float:
    """What all commands since the last reset took the server. Commands within a script are in the script's time."""
    stats = client.info("commandstats")
    scripts = [value["usec"] for name, value in stats.items() if name.startswith(("cmdstat_eval", "cmdstat_fcall"))]
    return float(sum(scripts)) / 1000


async def measure(url: str) -> list[Figure]:
    """Figures of pages in a queue with a million waiting and a million completed jobs."""
    client = redis.Redis.from_url(url)
    fill_millions(client, f"{REF.key}:")
    reader = RedisReader.from_url(url, timeout_s=10)
    figures: list[Figure] = []
    before = own_memory_mb()
    for state in (JobState.WAITING, JobState.COMPLETED):
        worst_server, worst_wall = 0.0, 0.0
        for start in (0, 250_000, 500_000, 750_000, 1_000_000 - PAGE):
            for oldest_first in (False, True):
                client.config_resetstat()
                started = time.perf_counter()
                page = await reader.page(REF, state, start, PAGE, oldest_first=oldest_first)
                worst_wall = max(worst_wall, (time.perf_counter() - started) * 1000)
                worst_server = max(worst_server, _server_ms(client))
                assert len(page.jobs) == PAGE, (state, start, len(page.jobs))
        figures.append(Figure(f"any page of 1,000,000 {state.value}, server time", worst_server, "ms", 50))
        figures.append(Figure(f"any page of 1,000,000 {state.value}, seen", worst_wall, "ms"))
    client.config_resetstat()
    await reader.job(REF, "999999")
    figures.append(Figure("a job by id in 1,000,000 waiting, server time", _server_ms(client), "ms"))
    figures.append(Figure("memory that all these pages added", own_memory_mb() - before, "MB", 20))
    await reader.close()
    client.delete(*[f"{REF.key}:{suffix}" for suffix in ("wait", "completed", "id", "meta")])
    return figures
