"""Looks through the jobs of a state on the server (domain/scan.py says what is asked and answered)."""

from collections.abc import Sequence

from bulltui.domain.errors import BulltuiError
from bulltui.domain.fields import Field
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import ID, READABLE, Candidate, Look, Probe, Spot
from bulltui.domain.states import LISTS, SUFFIX
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, ScriptsRefusedError
from bulltui.store.keys import base, job_key, key
from bulltui.store.plain_find import bound, cut_to, fields_of, plain_look
from bulltui.store.plain_pages import PageRequest, wrong_type

BUDGET_MS = 5
"""How long one call goes on to the next job."""

BUDGET = 1024 * 1024
"""Bytes of values that one call answers before it stops."""

FOUND = 250
"""Jobs that pass after which one call stops: to take them in must not hold up the screen."""

MOST = 4_000
"""Entries of one call at most."""

Words = list[bytes | str | int]


class RedisFinder:
    """See `services.finding.Finder`. `timeout_s` bounds one look."""

    def __init__(self, calls: Calls, timeout_s: float = 5.0) -> None:
        self._calls = calls
        self._timeout_s = timeout_s

    @property
    def on_server(self) -> bool:
        """See Finder."""
        return self._calls.scripts_allowed is not False

    async def look(self, probe: Probe) -> Look:
        """See Finder."""
        try:
            where = key(probe.ref, SUFFIX[probe.state])
            answer = await self._calls.script("find", [where], _arguments(probe), timeout_s=self._timeout_s)
        except ScriptsRefusedError:
            return await plain_look(self._calls, probe)
        except BulltuiError as error:
            if "WRONGTYPE" not in error.message:
                raise
            raise wrong_type(PageRequest(probe.ref, probe.state, 0, 1)) from error
        return _look(probe, answer)

    async def holders(self, refs: Sequence[QueueRef], job_id: str) -> list[QueueRef]:
        """See Finder."""
        names = [job_key(ref, job_id) for ref in refs]
        asked = (("HLEN", ""), ("HSTRLEN", "", "timestamp"))
        rows = await self._calls.batch(names, asked)
        # Other hashes of a queue have names like `meta` or `repeat:daily`, and no time of creation.
        least = 1 if job_id == "meta" or ":" in job_id else 0
        return [
            ref
            for ref, (length, stamp) in zip(refs, rows, strict=True)
            if isinstance(length, int) and length and stamp >= least
        ]


def _arguments(probe: Probe) -> Words:
    """The probe as find.lua takes it."""
    spot = probe.spot
    words: Words = [
        base(probe.ref),
        "list" if probe.state in LISTS else "zset",
        max(1, min(probe.limit, MOST)),
        bound(probe.low, "-inf"),
        bound(probe.high, "+inf"),
        spot.score,
        to_bytes(spot.member),
        spot.left,
        BUDGET_MS,
        FOUND,
        BUDGET,
        READABLE,
    ]
    names = fields_of(probe.filter)
    words += (len(names), *map(to_bytes, names), len(probe.wants))
    for want in probe.wants:
        words += (to_bytes(want.name), want.cap, "1" if want.tail else "")
    words.append(len(probe.filter.clauses))
    places = {ID: 0} | {name: place for place, name in enumerate(names, 1)}
    for clause in probe.filter.clauses:
        words.append(len(clause))
        for test in clause:
            words += (test.kind, to_bytes(test.text), len(test.fields), *(places[name] for name in test.fields))
    return words


def _look(probe: Probe, answer: Sequence[Raw]) -> Look:
    jobs, total, score, member, left, found, unread = answer
    return Look(
        examined=jobs,
        total=total,
        found=tuple(_candidate(probe, row) for row in found),
        spot=None if member is None else Spot(exact(score), exact(member), left),
        unread=tuple(map(exact, unread)),
    )


def _candidate(probe: Probe, row: Sequence[Raw]) -> Candidate:
    job_id, score, *values, cut = row
    sizes = dict(zip(cut[::2], cut[1::2], strict=True))
    raw: dict[str, Field] = {}
    for place, (want, value) in enumerate(zip(probe.wants, values, strict=True), 1):
        if value is not None:
            raw[want.name] = cut_to(want, value, sizes.get(place, len(value)))
    return Candidate(probe.ref, exact(job_id), probe.state, None if score is None else float(score), raw)
