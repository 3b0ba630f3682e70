"""The screen as a process of its own, used by somebody who looks around, telling of itself once in a while.

python -m tests.soak.looking URL FOLDER, until standard input closes; a line of JSON every 5 s.
"""

import asyncio
import gc
import json
import os
import sys
import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path

from textual.pilot import WaitForScreenTimeout

from bulltui.config.settings import Settings
from bulltui.tui.app import BulltuiApp
from bulltui.wiring import open_runtime
from tests.tui.fakes import hurried

TELL_S = 5.0
LOOK_S = 2.0
# Queues, jobs, a job, its tabs, errors, why, events, find, the server, and out again.
KEYS = "down enter down enter tab X X end home ] ] [ E X L X ctrl+f X I X s ctrl+r".replace("X", "escape").split(" ")


def rss_mb() -> float:
    """Memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1024 / 1024


async def main(url: str, folder: str) -> None:
    """Looks around until standard input closes."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: over.set())
    async with open_runtime(Settings(url=url, state_folder=folder)) as runtime:
        app = BulltuiApp(runtime)
        async with hurried(), app.run_test(size=(140, 40)) as pilot:
            told = 0.0
            for key in cycle(KEYS):
                with suppress(WaitForScreenTimeout):
                    await pilot.press(key)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await over.wait()
                if over.is_set():
                    app.exit()
                    return
                if time.monotonic() - told >= TELL_S:
                    told = time.monotonic()
                    tell(app)


def tell(app: BulltuiApp) -> None:
    """One line of what this process is and sees."""
    last = app._runtime.bus.last
    gc.collect()
    print(
        json.dumps(
            {
                "rss_mb": round(rss_mb(), 2),
                "cpu_s": round(time.process_time(), 3),
                "tasks": len(asyncio.all_tasks()),
                "files": len(list(Path("/proc/self/fd").iterdir())),
                "objects": len(gc.get_objects()),
                "queues": len(last.rows),
                "totals": last.totals.as_tuple(),
                "link": last.health.link.value,
                "age_s": round((time.time() * 1000 - last.taken_at) / 1000, 1),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
