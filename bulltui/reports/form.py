"""The forms that a report can be written in."""

from enum import StrEnum

TOP = 10
"""So many rows a table of a report for people has, unless another number is named."""


class Form(StrEnum):
    """A form, as the end of a file's name says it."""

    MD = "md"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"
