"""Every command that changes something, on a real queue that has something for it."""

from typing import Any

import pytest
from redis import Redis

from tests.cli.desk import NOW, Desk, contents, fill


def scene(raw: Redis) -> None:
    """A queue with something for every action: failed 1 to 3, delayed 4, waiting 5, stalled 6, a parent 8 whose child 9
    waits, a scheduler, and keys of deduplication and of a rate limit."""
    fill(raw)
    job: dict[Any, Any] = {
        "name": "charge",
        "data": "{}",
        "opts": '{"attempts":1}',
        "timestamp": NOW,
        "delay": "0",
        "priority": "0",
    }
    for number in (4, 5, 6, 8, 9):
        raw.hset(f"bull:payments:{number}", mapping=dict(job))
    raw.set("bull:payments:id", 9)
    raw.hset("bull:payments:4", "delay", "3600000")
    raw.zadd("bull:payments:delayed", {"4": (NOW + 3_600_000) * 4096})
    raw.rpush("bull:payments:wait", "9", "5")
    raw.rpush("bull:payments:active", "6")
    raw.zadd("bull:payments:waiting-children", {"8": NOW})
    raw.sadd("bull:payments:8:dependencies", "bull:payments:9")
    raw.hset(
        "bull:payments:9", mapping={"parentKey": "bull:payments:8", "parent": '{"id":"8","queueKey":"bull:payments"}'}
    )
    raw.zadd("bull:payments:repeat", {"nightly": NOW + 60_000})
    raw.hset("bull:payments:repeat:nightly", mapping={"name": "report", "every": "60000", "ic": "1"})
    run = f"repeat:nightly:{NOW + 60_000}"
    raw.hset(f"bull:payments:{run}", mapping={**job, "rjk": "nightly", "delay": "60000"})
    raw.zadd("bull:payments:delayed", {run: (NOW + 60_000) * 4096})
    raw.set("bull:payments:de:once", "5")
    raw.set("bull:payments:limiter", "9", px=3_600_000)
    raw.xadd("bull:payments:events", {"event": "added", "jobId": "5"})


EVERY = (
    ("jobs retry payments 1 2 --reset-attempts", "2 jobs retried."),
    ("jobs remove payments 1 2", "2 jobs removed."),
    ("jobs remove payments 8 --children", "1 job removed."),
    ("jobs promote payments 4", "1 job promoted."),
    ("jobs duplicate payments 1", "1 job duplicated as 10."),
    ("jobs replay payments 1 --data [7] --name other", "1 job replayed. `bulltui undo 1`"),
    ("jobs replay payments 1 --data [7] --copy", "1 job replayed as 10."),
    ("jobs add payments charge --priority 3", "1 job added as 10."),
    ("jobs reprioritize payments 5 --priority 3", "1 job reprioritized."),
    ("jobs reschedule payments 4 --in 10m", "1 job rescheduled."),
    ("jobs update-data payments 5 --data [7]", "1 job given other data."),
    ("jobs add-log payments 5 --line hello", "1 job given a log line."),
    ("jobs release payments 6", "1 job released."),
    ("jobs fail payments 6 --message lost", "1 job failed by hand."),
    ("jobs remove-children payments 8", "1 job freed of unprocessed children."),
    ("queues pause payments", "1 queue paused."),
    ("queues drain payments --delayed", "3 jobs drained. 1 skipped: the next run of a scheduler"),
    ("queues clean payments --state failed --older-than 1h", "3 jobs cleaned away."),
    ("queues retry-all payments --limit 2", "2 jobs retried."),
    ("queues promote-all payments --scheduled", "2 jobs promoted."),
    ("queues obliterate payments --force", "payments obliterated, with "),
    ("queues concurrency payments 5", "1 queue given another concurrency."),
    ("queues limit payments --max 100 --per 1s", "1 queue given another rate limit."),
    ("queues clear-rate-limit payments", "1 queue freed of the running rate limit."),
    ("queues remove-deduplication payments once", "1 queue freed of a deduplication key."),
    ("queues trim-events payments --keep 0", "1 queue trimmed."),
    ("schedulers trigger payments nightly", "1 scheduler triggered as "),
    ("schedulers remove payments nightly", "1 scheduler removed."),
)


@pytest.mark.parametrize(("words", "text"), EVERY, ids=[words for words, _ in EVERY])
def test_every_command_on_a_real_queue(desk: Desk, raw: Redis, words: str, text: str) -> None:
    scene(raw)
    if "obliterate" in words:  # an active job without a lock is brought back to where a worker takes it from
        raw.delete("bull:payments:active", "bull:payments:6")
    before = contents(raw)
    said = desk(*words.split(), "--dry-run")
    assert (said.code, said.err, contents(raw)) == (0, "", before)
    ended = desk(*words.split(), "-y")
    assert (ended.code, ended.err) in ((0, ""), (3, ""))
    assert ended.out.startswith(text)
    assert contents(raw) != before or "trim" in words
    assert ("It can be undone" in said.out) is ("bulltui undo 1" in ended.out)
    if "bulltui undo 1" in ended.out:
        undone = desk("undo", "-y")
        assert (undone.code, undone.err) == (0, "")
        assert contents(raw) == before
