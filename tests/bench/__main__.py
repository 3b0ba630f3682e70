"""`make bench`: speed and scale, each figure beside the least possible or another tool on the same data."""

import asyncio
import sys

from bulltui.demo.server import EmbeddedServer
from tests.bench import acting, errors, exporting, finding, following, history, load, refresh, scale, screen, watching
from tests.bench.data import QUEUES, fill, node_ready
from tests.bench.figures import Figure, table


def main() -> int:
    """Measures everything and prints the table. The exit code is 1 when a promise is not held."""
    reason = node_ready()
    if reason:
        print(f"Without Node: no comparison with bull-board ({reason}).")
    figures: list[Figure] = []
    with EmbeddedServer() as server:
        print(fill(server.url, with_node=not reason), flush=True)
        figures += asyncio.run(refresh.measure(server.url, with_node=not reason))
        figures += screen.measure(server.url, f"{QUEUES:,} queues")
        print("what a watched server does for it, for five minutes ...", flush=True)
        figures += load.measure(server, with_node=not reason)
        print("a queue of two million jobs ...", flush=True)
        figures += asyncio.run(scale.measure(server.url))
    print("bulk actions on a hundred thousand jobs ...", flush=True)
    with EmbeddedServer() as server:
        figures += asyncio.run(acting.measure(server.url, with_node=not reason))
    print("a hundred thousand failed jobs by their errors ...", flush=True)
    with EmbeddedServer() as server:
        figures += asyncio.run(errors.measure(server.url))
    print("five thousand events a second, and a wide flow ...", flush=True)
    with EmbeddedServer() as server:
        figures += asyncio.run(following.measure(server.url))
    print("watching a thousand queues, idle and with five thousand events a second ...", flush=True)
    with EmbeddedServer() as server:
        figures += asyncio.run(watching.measure(server.url))
    print("a string among a million jobs ...", flush=True)
    with EmbeddedServer() as server:
        figures += asyncio.run(finding.measure(server.url))
        print("a million jobs into a file ...", flush=True)
        figures += exporting.measure(server.url)
    print("ninety days of a thousand queues ...", flush=True)
    figures += history.measure()
    print(table(figures))
    return int(any(figure.held is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
