"""The numbers of a bottleneck in words: what is set, what is used of it, and how fast the queue is."""

from bulltui.domain.bottleneck import ENOUGH_JOBS, Bottleneck, Numbers, Verdict, took
from bulltui.domain.human import age, duration, rate
from bulltui.domain.text import plural

Fact = tuple[str, str]
"""A name and what is said of it."""

WORDS = {
    Verdict.PAUSED: "paused",
    Verdict.NO_WORKERS: "no workers",
    Verdict.RATE_LIMITED: "rate limited",
    Verdict.SATURATED: "at its concurrency",
    Verdict.STALLED: "stalled",
    Verdict.STUCK: "stuck",
    Verdict.SLOWER: "slower jobs",
    Verdict.GROWING: "growing",
    Verdict.BUSY: "workers busy",
    Verdict.DRAINING: "draining",
    Verdict.FINE: "fine",
    Verdict.STARVED: "workers wait for jobs",
    Verdict.IDLE: "idle",
}
"""Verdicts in a few words."""


def limit_facts(found: Bottleneck, *, brief: bool = False) -> list[Fact]:
    """All of them, in the order in which one asks; `brief` leaves out what is of a limit that there is not."""
    numbers = found.numbers
    facts = [
        ("rate limit", _limit(numbers)),
        ("window now", _window(numbers)),
        ("starts", _starts(numbers)),
        ("limited", _share(numbers.limited, numbers)),
        ("concurrency", _concurrency(numbers)),
        ("used up", "–" if numbers.concurrency is None else _share(numbers.saturated, numbers)),
        ("workers", "not known" if numbers.workers is None else f"{numbers.workers:,} connected"),
        ("backlog", _backlog(numbers)),
        ("run time", _runs(numbers)),
    ]
    idle = set()
    if brief and numbers.limit.maximum is None and numbers.limit.ttl_ms <= 0:
        idle |= {"window now"} | ({"limited"} if not numbers.limited else set())
    if brief and numbers.concurrency is None:
        idle.add("used up")
    return [one for one in facts if one[0] not in idle]


def _limit(numbers: Numbers) -> str:
    limit, allowed = numbers.limit, numbers.limit_per_minute
    if limit.maximum is None:
        return "no global one" if limit.ttl_ms <= 0 or limit.manual else "of its workers: how many is not stored"
    if allowed is None:
        return f"{limit.maximum:,}"
    per_minute = "" if limit.duration_ms == 60_000 else f", which is {rate(allowed)} a minute"
    return f"{limit.maximum:,} in {duration(limit.duration_ms or 0)}{per_minute}"


def _window(numbers: Numbers) -> str:
    limit = numbers.limit
    if limit.ttl_ms <= 0:
        return "none runs"
    left = f"{duration(limit.ttl_ms)} left"
    if limit.manual:
        return f"held by a worker's `rateLimit()`, {left}"
    of = "" if limit.maximum is None else f" of {limit.maximum:,}"
    return f"{limit.used:,}{of} used, {left}" + ("; workers wait" if limit.limited else "")


def _starts(numbers: Numbers) -> str:
    if numbers.started is None:
        return "not measured"
    share = ""
    if numbers.limit_per_minute:
        share = f", {numbers.started / numbers.limit_per_minute:.0%} of the limit"
    return f"{exact_rate(numbers.started)} a minute{share}, over {duration(numbers.starts_ms)}"


def exact_rate(per_minute: float) -> str:
    """Jobs a minute to three digits at least, so that it is not cut by more than it was measured.

    >>> exact_rate(5987.4), exact_rate(99.84), exact_rate(0)
    ('5,987', '99.8', '0')
    """
    return f"{per_minute:,.0f}" if per_minute >= 100 or not per_minute else f"{per_minute:.1f}"


def _share(share: float | None, numbers: Numbers) -> str:
    if share is None:
        return "not measured"
    return f"{share:.0%} of the time, {plural(numbers.looks, 'look')} in {duration(numbers.looks_ms)}"


def _concurrency(numbers: Numbers) -> str:
    if numbers.concurrency is None:
        return f"no global one; {plural(numbers.active, 'job')} active"
    return f"{numbers.active:,} active of {numbers.concurrency:,} at most"


def _backlog(numbers: Numbers) -> str:
    waits = f"{numbers.waiting:,} waiting"
    if numbers.added is None or numbers.finished is None:
        return waits
    flow = f"{waits}; {rate(numbers.added)} in and {rate(numbers.finished)} out a minute"
    if numbers.drains_ms is not None:
        return f"{flow}, empty in about {age(numbers.drains_ms)}"
    growth = numbers.growth or 0
    return f"{flow}, {rate(growth)} more each minute" if growth >= 0.5 and numbers.waiting else flow


def _runs(numbers: Numbers) -> str:
    if not numbers.runs or numbers.run_p50 is None or numbers.run_p95 is None:
        return "not measured"
    now = f"p50 {took(numbers.run_p50)}, p95 {took(numbers.run_p95)} of {plural(numbers.runs, 'job')}"
    if numbers.before_runs < ENOUGH_JOBS or numbers.before_p50 is None or numbers.before_p95 is None:
        return now
    return f"{now}; an hour ago {took(numbers.before_p50)} and {took(numbers.before_p95)}"
