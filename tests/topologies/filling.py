"""Queues as the libraries leave them, under any prefix."""

from typing import Any

from redis.cluster import RedisCluster

from bulltui.domain.layout import Layout

VERSIONS = {Layout.V5: "5.81.5", Layout.V6: "6.7.0"}
T = 1_700_000_000_000
COUNTS = {"waiting": 7, "active": 2, "prioritized": 3, "delayed": 4, "waiting-children": 1, "completed": 5, "failed": 9}
"""How many jobs of each state the queue `pay` has."""


class Filler:
    """Writes queues with one client, all commands of a queue in one trip."""

    def __init__(self, raw: Any, layout: Layout = Layout.V5) -> None:
        self._raw = raw
        self._layout = layout
        self._pipe = raw.pipeline(transaction=False)

    def queue(self, base: str) -> None:
        """A queue that has had a hundred jobs."""
        self._pipe.hset(f"{base}:meta", mapping={"version": f"bullmq:{VERSIONS[self._layout]}", "opts.maxLenEvents": 9})
        self._pipe.set(f"{base}:id", 100)
        self._pipe.xadd(f"{base}:events", {"event": "added", "jobId": "w1"})

    def job(self, base: str, job_id: str, **fields: Any) -> str:
        """The hash of a job that has run once."""
        plain = {"name": "charge", "data": '{"to":"ann","amount":5}', "opts": '{"attempts":3}', "timestamp": T}
        counted = {"delay": 0, "priority": 0, "atm": 1, "ats": 1}
        self._pipe.hset(f"{base}:{job_id}", mapping=plain | counted | fields)
        return job_id

    def ended(self, base: str, state: str, job_id: str, number: int, **fields: Any) -> None:
        """A job that completed or failed."""
        self.job(base, job_id, processedOn=T, finishedOn=T + number, **fields)
        self._pipe.zadd(f"{base}:{state}", {job_id: T + number})

    def failed(self, base: str, job_id: str, number: int, reason: str = "boom") -> None:
        """A job that failed."""
        self.ended(base, "failed", job_id, number, failedReason=reason, stacktrace=f'["Error: {reason}\\n at x.js:1"]')

    def send(self) -> None:
        """All of it."""
        self._pipe.execute()


def fill(raw: Any, prefix: str, layout: Layout = Layout.V5) -> None:
    """`pay` with a bit of everything, `shop` with a parent of some of its jobs, and `{mail}` of the usual prefix, whose
    name has a hash tag of its own."""
    to = Filler(raw, layout)
    pay, shop, mail = f"{prefix}:pay", f"{prefix}:shop", "bull:{mail}"
    for base in (pay, shop, mail):
        to.queue(base)
    pipe = to._pipe
    pipe.zadd(f"{pay}:marker", {"0": 0, "1": T})
    for number in range(1, 6):
        pipe.lpush(f"{pay}:wait", to.job(pay, f"w{number}"))
        to.ended(pay, "completed", f"c{number}", number, returnvalue="1")
    for number in range(1, 4):
        pipe.zadd(f"{pay}:prioritized", {to.job(pay, f"p{number}", priority=number): number * 2**32 + number})
        pipe.zadd(f"{pay}:delayed", {to.job(pay, f"d{number}", delay=5000): (T + 5000) * 4096 + number})
    pipe.set(f"{pay}:pc", 3)
    for number in range(1, 10):
        to.failed(pay, f"f{number}", number, f"card {number}4242 declined" if number < 7 else "no route to bank")
    pipe.rpush(f"{pay}:f1:logs", "one", "two", "three")
    for job_id in ("held", "stuck"):
        pipe.lpush(f"{pay}:active", to.job(pay, job_id, processedOn=T))
    pipe.set(f"{pay}:held:lock", "token", px=600_000)
    pipe.hset(f"{pay}:w1", "deid", "other")
    pipe.set(f"{pay}:de:other", "w1")
    _flow(to, pay, shop)
    run = to.job(pay, f"repeat:night:{T}", rjk="night", delay=9000)
    pipe.zadd(f"{pay}:delayed", {run: T * 4096})
    pipe.zadd(f"{pay}:repeat", {"night": T})
    pipe.hset(f"{pay}:repeat:night", mapping={"name": "night", "pattern": "0 3 * * *", "ic": 4})
    for number in range(1, 4):
        pipe.lpush(f"{mail}:wait", to.job(mail, f"m{number}", data='{"to":"ann"}'))
        to.failed(mail, f"n{number}", number, "mailbox full")
    to.send()


def _flow(to: Filler, pay: str, shop: str) -> None:
    """A parent in `shop` that waits for two children in `pay`, one of which waits for one of its own."""
    pipe = to._pipe
    pipe.zadd(f"{shop}:waiting-children", {to.job(shop, "root"): T})
    link = {"parentKey": f"{shop}:root", "parent": f'{{"id":"root","queueKey":"{shop}"}}'}
    pipe.lpush(f"{pay}:wait", to.job(pay, "child", **link))
    pipe.zadd(f"{pay}:waiting-children", {to.job(pay, "middle", **link): T + 1})
    pipe.sadd(f"{shop}:root:dependencies", f"{pay}:child", f"{pay}:middle")
    below = {"parentKey": f"{pay}:middle", "parent": f'{{"id":"middle","queueKey":"{pay}"}}'}
    pipe.lpush(f"{pay}:wait", to.job(pay, "leaf", **below))
    pipe.sadd(f"{pay}:middle:dependencies", f"{pay}:leaf")


def fill_failed(raw: Any, base: str, count: int) -> None:
    """A queue of failed jobs with the ids 0 to `count` - 1."""
    for start in range(0, count, 2_000):
        to = Filler(raw)
        if not start:
            to.queue(base)
        for number in range(start, min(start + 2_000, count)):
            to.failed(base, str(number), number)
        to.send()


def keyspace(raw: Any) -> dict[bytes, object]:
    """Every key with its value, less the event streams, the counter of priorities, which only grows, and the markers,
    of which one too many only wakes a worker."""
    left_out = (b":events", b":pc", b":marker")
    everywhere = {"target_nodes": RedisCluster.PRIMARIES} if isinstance(raw, RedisCluster) else {}
    keys = [key for key in sorted(raw.keys("*", **everywhere)) if not key.endswith(left_out)]
    kinds = raw.pipeline(transaction=False)
    for key in keys:
        kinds.type(key)
    values = raw.pipeline(transaction=False)
    for key, kind in zip(keys, kinds.execute(), strict=True):
        match kind:
            case b"list":
                values.lrange(key, 0, -1)
            case b"set":
                values.smembers(key)
            case b"hash":
                values.hgetall(key)
            case b"zset":
                values.zrange(key, 0, -1, withscores=True)
            case _:
                values.get(key)
    return dict(zip(keys, values.execute(), strict=True))
