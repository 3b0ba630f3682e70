"""Writes a report in a form."""

from importlib.util import find_spec

from bulltui.domain.errors import UsageError
from bulltui.domain.report import Report
from bulltui.reports.content import page_of
from bulltui.reports.document import json_of
from bulltui.reports.form import TOP, Form
from bulltui.reports.html import html_of
from bulltui.reports.markdown import markdown_of
from bulltui.reports.tidy import csv_of


def written(report: Report, form: Form, *, top: int = TOP, font: str = "") -> bytes:
    """The report in a form; `top` rows of each table in those for people, all in those for programs. `font` is a file
    for PDF. Takes some time: not for an event loop. Raises UsageError where PDF is wanted and cannot be made here."""
    if form is Form.PDF:
        return _pdf(report, top, font)
    if form is Form.JSON:
        text = json_of(report)
    elif form is Form.CSV:
        text = csv_of(report)
    else:
        page = page_of(report, top)
        text = html_of(page) if form is Form.HTML else markdown_of(page)
    return text.encode("utf-8", "backslashreplace")


def check(form: Form) -> None:
    """Raises UsageError where a form needs what is not installed."""
    if form is Form.PDF and find_spec("fpdf") is None:
        raise _missing()


def _missing() -> UsageError:
    return UsageError(
        "A report as PDF needs the package fpdf2, which is not installed.",
        hint="Install it: pip install 'bulltui[reports]'. HTML needs nothing, and a browser can print it.",
        code="extra",
    )


def _pdf(report: Report, top: int, font: str) -> bytes:
    try:
        from bulltui.reports.pdf import pdf_of  # noqa: PLC0415 - the extra is loaded only where it is needed
    except ImportError as error:
        raise _missing() from error
    return pdf_of(page_of(report, top), made_ms=report.made_ms, font=font)
