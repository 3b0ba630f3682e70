"""BullMQ itself on a real Cluster: what it made is seen as it says, and what we change its worker takes up."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain import actions
from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Queues
from bulltui.domain.worker import assign
from bulltui.services.request import Request
from bulltui.wiring import open_runtime
from tests.interop.support import NODE, require_node
from tests.servers.cluster import ClusterServer

pytestmark = pytest.mark.interop

PREFIX = "{bull}"
MAIL = QueueRef(PREFIX, "mail")


class Library:
    """The program that uses BullMQ."""

    def __init__(self, version: str, cluster: ClusterServer) -> None:
        places = [f"127.0.0.1:{node.port}" for node in cluster.nodes[:3]]
        self._process = subprocess.Popen(
            ["node", str(NODE / "cluster.mjs"), version, PREFIX, *places],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def __call__(self, what: str, **more: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what} | more) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        assert "error" not in answer, answer
        return answer.get("answer")

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterServer]:
    require_node()
    with ClusterServer() as made:
        yield made


@pytest.fixture(params=["5", "6"])
def library(request: pytest.FixtureRequest, cluster: ClusterServer) -> Iterator[Library]:
    cluster.flush()
    made = Library(request.param, cluster)
    yield made
    made.close()


def settled(library: Library, **wanted: int) -> None:
    """Waits until the library counts so."""
    end = monotonic() + 20
    while True:
        counts = library("counts")
        if all(counts[name] == count for name, count in wanted.items()):
            return
        assert monotonic() < end, counts


async def test_the_library_and_we_on_one_cluster(library: Library, cluster: ClusterServer, tmp_path: Path) -> None:
    library("work")
    library("add", count=40, name="good")
    library("add", count=25, name="bad")
    library("flow")
    settled(library, completed=41, failed=25, waiting=0)
    async with open_runtime(Settings(url=cluster.url, state_folder=str(tmp_path), prefixes=(PREFIX,))) as runtime:
        refs = {ref async for step in runtime.reader.discover((PREFIX,)) for ref in step.refs}
        assert refs == {MAIL, QueueRef(PREFIX, "orders")}
        mail, _ = await runtime.reader.counts(sorted(refs))
        assert (mail.counts.completed, mail.counts.failed) == (41, 25)

        workers = assign(await runtime.reader.clients(), refs)
        assert len(workers[MAIL]) == 1
        assert workers[MAIL][0].client.blocked

        page = await runtime.reader.page(MAIL, JobState.COMPLETED, 0, 50)
        part = next(job for job in page.jobs if job.name == "part")
        (node,) = await runtime.flows.nodes([JobRef(MAIL, part.id)])
        assert node.parent is not None
        assert node.parent.ref == QueueRef(PREFIX, "orders")

        run = runtime.runner.run
        assert (await run(Request(actions.Pause(), Queues((MAIL,))))).done == 1
        library("lenient")
        assert (await run(Request(actions.Retry(), Every(MAIL, JobState.FAILED)))).done == 25
        settled(library, failed=0, completed=41)
        assert (await run(Request(actions.Resume(), Queues((MAIL,))))).done == 1
        await asyncio.to_thread(settled, library, failed=0, completed=66, active=0)

        removed = await run(Request(actions.Remove(), Every(MAIL, JobState.COMPLETED)))
        assert removed.done == 66
        settled(library, completed=0)
