"""Numbers, spans and sizes as queries say them."""

from bulltui.domain import spans
from bulltui.domain.errors import UsageError
from bulltui.domain.query import words
from bulltui.domain.query.numbers import byte_count, decimal
from bulltui.domain.query.times import HOW
from bulltui.domain.query.tree import Measure


def amount(measure: Measure, text: str) -> float:
    """A number in the unit of the measure. Raises ValueError with a sentence."""
    if measure in words.SPANS:
        try:
            return spans.span(text)
        except UsageError as error:
            raise ValueError(error.message.rstrip(".")) from error
    if measure is Measure.SIZE:
        size = byte_count(text)
        if size is None:
            raise ValueError(f"{text!r} is no size")
        return size
    number = decimal(text)
    if number is None:
        raise ValueError(f"{text!r} is no number")
    return float(number)


def how(measure: Measure) -> str:
    """How one is written."""
    if measure in words.TIMES:
        return HOW
    if measure in words.SPANS:
        return f"Write it like {measure}>90s, {measure}>10m or {measure}<2d."
    if measure is Measure.SIZE:
        return "Write it like size>500, size>20kb or size>1mb."
    return f"Write it like {measure}>3 or {measure}=0."
