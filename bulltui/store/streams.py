"""The entries of streams and how streams stand, as the server answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.event import Event
from bulltui.domain.fields import raw_field
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import exact
from bulltui.store.calls import Calls, Raw, Refused, ScriptsRefusedError

START = "0-0"
"""The place before the first entry of any stream."""

CAP = 512
"""How many bytes of a field an event keeps."""

FIELDS = 32
"""How many fields of an entry an event keeps; the libraries write up to five."""

ID_CAP = 4096
"""How many bytes a job's id may have to be kept whole."""

_BUDGET_MS = 3
_KEYS_A_CALL = 100

Entry = tuple[bytes, Sequence[bytes]]
"""The id, then the names and values of its fields in turn."""


def size_of(entry: Entry) -> int:
    """The bytes of an entry."""
    return sum(map(len, entry[1]))


def entries_of(reply: Raw) -> list[Entry]:
    """The entries in an answer. Those that were deleted while they were read have no fields and are left out."""
    return [(entry[0], entry[1]) for entry in reply or () if entry and entry[1] is not None]


def streams_of(reply: Raw) -> dict[bytes, list[Entry]]:
    """The answer of XREAD by key, in either version of the protocol."""
    pairs = reply.items() if isinstance(reply, dict) else reply or ()
    return {key: entries_of(entries) for key, entries in pairs}


def event_of(ref: QueueRef, entry: Entry) -> Event:
    """An entry as an event. It never raises, whoever wrote it."""
    kind = job_id = ""
    fields: dict[str, str] = {}
    cut: list[str] = []
    words = entry[1]
    for at in range(0, len(words) - 1, 2):
        name, value = words[at], words[at + 1]
        if name == b"event":
            kind = exact(value[:CAP])
        elif name == b"jobId":
            job_id = exact(value[:ID_CAP])
        elif len(fields) < FIELDS:
            shown = exact(name[:CAP])
            if len(value) > CAP:
                fields[shown] = raw_field(value[:CAP], len(value)).text
                cut.append(shown)
            else:
                fields[shown] = exact(value)
    return Event(ref, exact(entry[0]), kind, job_id, fields, frozenset(cut))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a stream stands. `kind` is the type of its key (`none`, `stream`, another), empty where it may not be looked
    at, and then `refusal` says why. `last` is the last id it ever had, `first` the first it has now or empty, `added`
    how many entries it ever had, None before Redis 7. `holes`: entries were deleted out of its middle."""

    kind: str
    last: str = START
    length: int = 0
    added: int | None = None
    first: str = ""
    holes: bool = False
    refusal: str = ""


def _standing(answer: Sequence[Raw]) -> Standing:
    kind = exact(answer[0])
    if kind != "stream":
        return Standing(kind)
    _, last, length, added, first, deleted = answer
    holes = exact(deleted or b"") not in ("", START)
    return Standing(kind, exact(last), length, added if isinstance(added, int) else None, exact(first or b""), holes)


async def read_standings(calls: Calls, keys: Sequence[bytes]) -> list[Standing]:
    """How the streams at `keys` stand, without reading their entries where scripts are allowed."""
    found: list[Standing] = [Standing("none")] * len(keys)
    groups = calls.together(keys)
    alone = [group[0] for group in groups if len(group) == 1]
    for group in groups:
        if len(group) > 1:
            for at, standing in zip(group, await _standings(calls, [keys[at] for at in group]), strict=True):
                found[at] = standing
    for at, standing in zip(alone, await _each_standing(calls, [keys[at] for at in alone]), strict=True):
        found[at] = standing
    return found


async def _each_standing(calls: Calls, keys: Sequence[bytes]) -> list[Standing]:
    """How streams stand, each asked about by itself."""
    try:
        answers = await calls.scripts("streams", [(key, [_BUDGET_MS]) for key in keys])
    except (ScriptsRefusedError, NotAllowedError):  # keys that may not be read are told one by one
        return await _plain_standings(calls, keys)
    return [_standing(rows[0]) for rows in answers]


async def _standings(calls: Calls, keys: Sequence[bytes]) -> list[Standing]:
    """How streams stand over which one call may go."""
    found: list[Standing] = []
    while len(found) < len(keys):
        part = keys[len(found) : len(found) + _KEYS_A_CALL]
        try:
            found += map(_standing, await calls.script("streams", part, [_BUDGET_MS]))
        except (ScriptsRefusedError, NotAllowedError):  # keys that may not be read are told one by one
            found += await _plain_standings(calls, part)
    return found


async def _plain_standings(calls: Calls, keys: Sequence[bytes]) -> list[Standing]:
    kinds = await calls.pipeline([("TYPE", key) for key in keys], may_lack=("TYPE",))
    asked = [key for key, kind in zip(keys, kinds, strict=True) if kind == b"stream"]
    told = dict(zip(asked, await calls.pipeline([("XINFO", "STREAM", key) for key in asked]), strict=True))
    return [_plain_standing(kind, told.get(key)) for key, kind in zip(keys, kinds, strict=True)]


def _plain_standing(kind: Raw, told: Raw) -> Standing:
    if isinstance(kind, Refused):
        return Standing("", refusal=kind.text)
    if told is None or isinstance(told, Refused):
        return Standing(exact(kind) if told is None else "none")
    words: Mapping[bytes, Raw] = told if isinstance(told, dict) else dict(zip(told[::2], told[1::2], strict=True))
    first = words.get(b"first-entry")
    return _standing(
        [
            kind,
            words[b"last-generated-id"],
            words[b"length"],
            words.get(b"entries-added"),
            first[0] if first else b"",
            words.get(b"max-deleted-entry-id"),
        ]
    )
