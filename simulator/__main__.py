"""The command line of the simulator."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from .running import LOST, Plan, ShopError, run

EXIT_FAILED, EXIT_USAGE, EXIT_NOT_ALLOWED, EXIT_UNREACHABLE = 1, 2, 5, 6


def parse(argv: Sequence[str] | None) -> Plan:
    """The plan that the arguments ask for."""
    default_url = os.environ.get("BULLTUI_URL") or os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
    parser = argparse.ArgumentParser(prog="simulator", description="A believable shop on BullMQ.")
    add = parser.add_argument
    add("--url", default=default_url, help="Redis to use (default: $BULLTUI_URL, $REDIS_URL or 127.0.0.1:6379)")
    add("--prefix", default="bull", help="BullMQ's key prefix (default: %(default)s)")
    add("--queues", type=_positive, metavar="N", help="number of queues: fewer than the shop has, or tenants' on top")
    add("--rate", type=float, default=12.0, metavar="N", help="jobs a second on average (default: %(default)s)")
    add("--backlog", type=_positive, default=0, metavar="N", help="add N waiting jobs first")
    add("--backlog-queue", default="", metavar="QUEUE", help="put the whole backlog in this queue")
    add("--seed", type=int, default=7, metavar="N", help="the same seed makes the same jobs (default: %(default)s)")
    add("--duration", type=float, metavar="S", help="close after S seconds (default: on Ctrl+C)")
    add("--empty", action="store_true", help="open without a past: no jobs but those that come")
    add("--still", action="store_true", help="write a shop with every state filled, start no worker, and exit")
    add("--now", type=int, metavar="MS", help="epoch ms that the past is counted back from (default: now)")
    args = vars(parser.parse_args(argv))
    args["now"] = args["now"] if args["now"] is not None else int(time.time() * 1000)
    if args["still"] and args["empty"]:
        parser.error("--still and --empty exclude each other")
    return Plan(**args)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator; gives the exit code."""
    plan = parse(argv)
    try:
        asyncio.run(_until_signal(plan))
    except (AuthenticationError, NoPermissionError) as error:
        return _complain(f"{_place(plan.url)} refused: {error}", EXIT_NOT_ALLOWED)
    except LOST as error:
        return _complain(f"cannot reach a Redis at {_place(plan.url)}: {error}", EXIT_UNREACHABLE)
    except ShopError as error:
        return _complain(str(error), EXIT_FAILED)
    except ValueError as error:
        return _complain(f"not a Redis URL: {error}", EXIT_USAGE)
    except RedisError as error:
        return _complain(f"{_place(plan.url)} answered: {error}", EXIT_FAILED)
    return 0


async def _until_signal(plan: Plan) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    await run(plan, stopping, lambda line: print(line, flush=True))


def _place(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path if parts.scheme == 'unix' else ''}"


def _complain(sentence: str, code: int) -> int:
    print(f"simulator: {' '.join(sentence.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
