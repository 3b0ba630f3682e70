"""The language of queries by examples: the help of the screen and of the command line, and the README, show these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A query and what it means."""

    query: str
    meaning: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "Texts": (
        Example("timeout", "jobs with `timeout` in name, data or error; an exact id is answered at once"),
        Example('"connect timeout"', 'the phrase; within quotes `\\"` is a quote'),
        Example("=ETIMEDOUT", "with the case as it is written; without `=` it does not matter"),
        Example("error:ECONNREFUSED", "in the error; as well `data:` `result:` `opts:` `stack:` `worker:` `parent:`"),
        Example("name:charge,mail*", "whose name is one of these, `*` for any text; as well `id:` `queue:`"),
        Example("state:failed,delayed", "in one of these states"),
        Example("/ORD-\\d{4}/i", "a regular expression, `i` without regard to case; `error:/5\\d\\d/` in the error"),
    ),
    "Data": (
        Example("data.user.id=42", "with 42 there, as a number or as a text"),
        Example("data.items.sku=A-1", "of any element of a list; `data.items.0.sku` of the first"),
        Example("data.total>10", "a larger number; texts compare by their characters"),
        Example("data.note:urgent", "with the text in what stands there"),
        Example("has:data.coupon", "with anything but null there; `has:error` with an error"),
        Example("result.ok!=true", "of the result, not true or not there; `opts.attempts>1` of the options"),
    ),
    "Numbers": (
        Example("attempts>3", "tried more than 3 times; as well `priority` `stalled` `progress`"),
        Example("run>5s", "that ran, or runs, for more than 5 seconds"),
        Example("wait>1m", "that waited to be started, or waits, for more than a minute; `delay>1h` as asked for"),
        Example("size>1mb", "with more than 1 MiB of data"),
    ),
    "Times": (
        Example("failed:<2h", "that failed within the last 2 hours"),
        Example("failed:>2h ago", "that failed longer ago than 2 hours"),
        Example("completed:2026-11-01..2026-11-03", "in these days, the last one included"),
        Example("finished:2026-11-01T10:00..", "completed or failed, from then on"),
        Example("added:today", "as well `yesterday`; `added:` `started:` `finished:` `completed:` `failed:` `due:`"),
        Example("due:<10m", "delayed jobs that are due within 10 minutes"),
    ),
    "Together": (
        Example("name:charge error:timeout", "both"),
        Example("-error:timeout", "not; `NOT` as well"),
        Example("timeout OR refused", "any of them"),
        Example("(timeout OR refused) attempts>1", "brackets say what belongs together"),
    ),
}
"""Examples by what they are about."""
