"""The words that queries know before a colon or an operator."""

from difflib import get_close_matches

from bulltui.domain.query.tree import Measure, Place

HAS = "has"
"""Asks whether there is anything: `has:data.coupon`."""

PLACES: dict[str, Place] = {
    **{place.value: place for place in Place if place is not Place.TEXT},
    "failedReason": Place.ERROR,
    "returnvalue": Place.RESULT,
    "options": Place.OPTS,
    "stacktrace": Place.STACK,
    "processedBy": Place.WORKER,
}
"""Words for a place, the library's own names of fields among them."""

MEASURES: dict[str, Measure] = {measure.value: measure for measure in Measure} | {
    "attemptsMade": Measure.ATTEMPTS,
    "stalledCounter": Measure.STALLED,
    "timestamp": Measure.ADDED,
    "processedOn": Measure.STARTED,
    "finishedOn": Measure.FINISHED,
}
"""Words for a number of a job."""

WHOLE = frozenset({Place.ID, Place.NAME, Place.STATE, Place.QUEUE})
"""Places that a colon compares as a whole, the others only hold the text."""

JSON = frozenset({Place.DATA, Place.RESULT, Place.OPTS})
"""Places with paths."""

SPANS = frozenset({Measure.DELAY, Measure.RUN, Measure.WAIT})
TIMES = frozenset({Measure.ADDED, Measure.STARTED, Measure.FINISHED, Measure.COMPLETED, Measure.FAILED, Measure.DUE})

ALL = (*PLACES, *MEASURES, HAS)


def like(word: str, words: tuple[str, ...] = ALL) -> str | None:
    """The word that was probably meant."""
    found = get_close_matches(word.lower(), [known.lower() for known in words], 1, 0.75)
    return next((known for known in words if known.lower() == found[0]), None) if found else None
