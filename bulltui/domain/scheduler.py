"""Job schedulers, and the repeatable jobs that came before them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import md5

from bulltui.domain.fields import Field, HashReader, long_options, whole
from bulltui.domain.jsontext import Json, Parsed, parse
from bulltui.domain.text import to_bytes


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A scheduler of a queue.

    `next_at` is when the next run is due (epoch ms). `every_ms` or `pattern` (cron) says when it repeats. `armed` is
    whether the next run's job exists: without it nothing will ever run. `legacy` marks repeatable jobs of BullMQ up to
    5, which BullMQ 6 refuses.
    """

    id: str
    next_at: int
    name: str = ""
    every_ms: int | None = None
    pattern: str = ""
    timezone: str = ""
    limit: int | None = None
    start_at: int | None = None
    end_at: int | None = None
    offset_ms: int | None = None
    iterations: int | None = None
    template_data: Parsed = field(default_factory=lambda: Parsed("", None))
    template_opts: Json = None
    armed: bool = True
    legacy: bool = False

    @property
    def rule(self) -> str:
        """When it repeats, for people."""
        if self.pattern:
            return f"{self.pattern} {self.timezone}".strip()
        return f"every {self.every_ms} ms" if self.every_ms is not None else "unknown"

    def overdue_ms(self, now_ms: int) -> int:
        """How long ago the next run was due; 0 when it is still to come."""
        return max(0, now_ms - self.next_at)


@dataclass(frozen=True, slots=True)
class SchedulerPage:
    """Some schedulers, soonest first, of `total`."""

    items: tuple[Scheduler, ...]
    total: int


def decode_scheduler(scheduler_id: str, next_at: int, fields: Mapping[str, Field], *, armed: bool) -> Scheduler:
    """A scheduler from its hash, or from its member of the set `repeat` where the old libraries kept all in that."""
    if not fields:
        return _from_member(scheduler_id, next_at, armed=armed)
    reader = HashReader(fields)
    return Scheduler(
        id=scheduler_id,
        next_at=next_at,
        name=reader.text("name"),
        every_ms=reader.integer("every"),
        pattern=reader.text("pattern"),
        timezone=reader.text("tz"),
        limit=reader.integer("limit"),
        start_at=reader.integer("startDate"),
        end_at=reader.integer("endDate"),
        offset_ms=reader.integer("offset"),
        iterations=reader.integer("ic"),
        template_data=reader.json("data"),
        template_opts=long_options(reader.json("opts").value),
        armed=armed,
        # The hash of late BullMQ 5 repeatables has no iteration count (reference, section 5.7).
        legacy="ic" not in fields,
    )


def _member_parts(member: str) -> tuple[str, str, str, str, str] | None:
    """Name, id, end, time zone and rule of `name:id:endDate:tz:pattern-or-every`; None for a member of another form.

    The pattern may hold colons itself. Bull leaves the time zone out where the rule is an interval.
    """
    parts = member.split(":", 3)
    if len(parts) < 4:
        return None
    name, own_id, end, rest = parts
    timezone, colon, rule = rest.partition(":")
    if not colon:
        timezone, rule = "", rest
    return name, own_id, end, timezone, rule


def _from_member(member: str, next_at: int, *, armed: bool) -> Scheduler:
    parts = _member_parts(member)
    if parts is None:
        return Scheduler(member, next_at, armed=armed, legacy=True)
    name, _, end, timezone, rule = parts
    every = whole(rule) if rule.isascii() and rule.isdigit() else None
    return Scheduler(
        id=member,
        next_at=next_at,
        name=name,
        every_ms=every,
        pattern="" if every is not None else rule,
        timezone=timezone,
        end_at=whole(end) if end else None,
        template_data=parse(None),
        armed=armed,
        legacy=True,
    )


def run_ids(member: str, next_at: int) -> tuple[str, ...]:
    """The ids that the job of the run at `next_at` (epoch ms) may have: of a scheduler by its id, of the repeatables of
    BullMQ 3 and 4 and of Bull by a hash over the name, the id (which Bull writes with a colon) and the member."""
    ids = [f"repeat:{member}:{next_at}"]
    parts = _member_parts(member)
    if parts is not None:
        name, own_id, *_ = parts
        inner = _md5(member)
        ids += [f"repeat:{_md5(f'{name}{middle}{inner}')}:{next_at}" for middle in (own_id, f"{own_id}:")]
    return tuple(ids)


def _md5(text: str) -> str:
    return md5(to_bytes(text), usedforsecurity=False).hexdigest()
