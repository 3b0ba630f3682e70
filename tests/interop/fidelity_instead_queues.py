"""Where ours differs from the libraries on purpose in what it does to whole queues."""

from bulltui.domain.outcome import Reason
from tests.interop.fidelity import Differs
from tests.interop.fidelity_instead import by
from tests.interop.keyspace import Keyspace
from tests.interop.reshape import (
    LINES,
    bring_back,
    drop,
    drop_key,
    entries,
    events,
    field,
    line,
    put,
    set_entries,
    set_events,
    without_events,
)

MAIL = "bull:mail"
ORDERS, STORE = "bull:orders", "bull:store"


def _silent(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = dict(theirs)
    without_events(space, MAIL, lambda one: one["event"] == "cleaned" and one["count"] == "0")
    return space


def _markers_stay(before: Keyspace, theirs: Keyspace, base: str = MAIL) -> Keyspace:
    space = dict(theirs)
    for suffix in LINES:
        key = f"{base}:{suffix}"
        markers = tuple(one for one in entries(before, key) if one.startswith("0:"))
        set_entries(space, key, (*markers, *(one for one in entries(theirs, key) if one not in markers)))
    return space


def _markers_are_no_jobs(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = _markers_stay(before, theirs)
    said = events(space, MAIL)
    said[-1]["count"] = str(int(said[-1]["count"]) - 1)
    set_events(space, MAIL, said)
    return space


def _repeatables_stay(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = dict(theirs)
    for part, score in before.items():
        if part[:2] == (f"{MAIL}:delayed", "score") and field(before, f"{MAIL}:{part[2]}", "rjk"):
            put(space, f"{MAIL}:delayed", "zset", "score", part[2], value=score)
            bring_back(space, before, f"{MAIL}:{part[2]}")
    return space


def _armed_stay(before: Keyspace, theirs: Keyspace) -> Keyspace:
    """Next runs are where they were, and nothing else is left in the list."""
    space = _repeatables_stay(before, _markers_stay(before, theirs))
    for suffix in LINES:
        key = f"{MAIL}:{suffix}"
        armed = tuple(one for one in entries(before, key) if field(before, f"{MAIL}:{one}", "rjk"))
        set_entries(space, key, (*(one for one in entries(space, key) if one.startswith("0:")), *armed))
    return space


def _repeatables_stay_unsaid(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = _repeatables_stay(before, theirs)
    set_events(space, MAIL, events(before, MAIL))
    return space


def _two_are_cleaned(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = dict(theirs)
    drop_key(space, f"{MAIL}:stuck-aging")
    set_entries(
        space, f"{MAIL}:active", tuple(one for one in entries(theirs, f"{MAIL}:active") if one != "stuck-aging")
    )
    set_events(space, MAIL, [*events(space, MAIL), {"event": "cleaned", "count": "1"}])
    return space


def _near_goes_on(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = _markers_stay(before, theirs, ORDERS)
    bring_back(space, before, f"{ORDERS}:near")
    _go_on(space, before, ORDERS, "near")
    return space


def _inner_goes_on(before: Keyspace, theirs: Keyspace) -> Keyspace:
    """Its own parent still waits for it."""
    space = dict(theirs)
    for key in (f"{STORE}:d-inner", f"{ORDERS}:deep"):
        bring_back(space, before, key)
    key = line(before, ORDERS)
    set_entries(space, key, tuple(one for one in entries(space, key) if one != "deep"))
    score = before[f"{ORDERS}:waiting-children", "score", "deep"]
    put(space, f"{ORDERS}:waiting-children", "zset", "score", "deep", value=score)
    _go_on(space, before, STORE, "d-inner")
    return space


def _go_on(space: Keyspace, before: Keyspace, base: str, job_id: str) -> None:
    drop_key(space, f"{base}:{job_id}:dependencies")
    drop(space, f"{base}:waiting-children", "score", job_id)
    key = line(before, base)
    set_entries(space, key, (*entries(space, key), job_id))
    set_events(space, base, [*events(space, base), {"event": "waiting", "jobId": job_id, "prev": "waiting-children"}])


def _without_limiter(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = dict(theirs)
    drop_key(space, f"{MAIL}:limiter")
    return space


def _without_orders(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = dict(theirs)
    drop_key(space, f"{ORDERS}:")
    return space


def _deep_first(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = dict(theirs)
    key = line(before, ORDERS)
    released = [one for one in entries(theirs, key) if one not in (*entries(before, key), "deep")]
    others = [one for one in entries(theirs, key) if one in entries(before, key)]
    set_entries(space, key, (*others, "deep", *released))
    return space


_SAYS = "it announces that nothing was cleaned"
CLEANS_NOTHING = by("456", _SAYS, _silent)
CLEANS_NO_HELD = by("456", _SAYS, _silent, Reason.LOCKED)
CLEANS_NO_LIST = {f"{library} paused": Differs(_SAYS, _silent) for library in "45"}
SPARES_MARKER = by("4", "it takes away what wakes workers for the next delayed job", _markers_stay)
COUNTS_NO_MARKER = by("4", "it takes a marker for a job", _markers_are_no_jobs)
SPARES_NEXT_RUNS = by(
    "56", "it trims the list by count, drops the next run of a scheduler and leaves an id without a job", _armed_stay,
    Reason.SCHEDULER,
)  # fmt: skip
SPARES_REPEATABLES = by("4", "it removes the next runs of repeatables, which end then", _armed_stay, Reason.SCHEDULER)
CLEANS_NO_REPEATABLES = by("4", SPARES_REPEATABLES["4"].why, _repeatables_stay_unsaid, Reason.SCHEDULER)
_DELETES_PARENT = "it deletes a waiting parent along with its last child, without a word"
LETS_NEAR_GO_ON = by("456", _DELETES_PARENT, _near_goes_on)
LETS_INNER_GO_ON = by("456", _DELETES_PARENT, _inner_goes_on)
CLEARS_LIMITER = by("456", "its obliterate leaves the limiter", _without_limiter)
CLEARS_PARENTS = by("456", "its obliterate leaves the waiting parents and their children's marks", _without_orders)
EMPTIES_PAUSED_LAST = by("45", "its obliterate empties `paused` before it takes the waiting parents", _deep_first)
CLEANS_UP_TO_LIMIT = by(
    "456",
    "it looks at as many as it may clean, and cleans fewer where those are locked",
    _two_are_cleaned,
    Reason.LOCKED,
)
STOPS_UNTOUCHED = dict.fromkeys("456", Differs("it pauses the queue and leaves it so when it refuses", stops="active"))
