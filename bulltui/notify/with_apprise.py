"""Tells of alerts through Apprise: Slack, mail, PagerDuty and a hundred others, each by a URL (extra `alerts`)."""

from collections.abc import Sequence

from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.notify.templates import filled
from bulltui.services.watch.messages import fields_of
from bulltui.services.watch.outlets import Message, NotSentError

MISSING = "Apprise is not installed."
MISSING_HINT = "`pip install 'bulltui[alerts]'` adds it."
_SAID = 300


def notify(message: Message, url: str, *, title: str = "", body: str = "") -> None:
    """Sends a message to one service. Raises NotSentError; no sentence has the URL in it, which holds a secret."""
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise NotSentError(f"{MISSING} {MISSING_HINT}") from None
    values = fields_of(message)
    kind = apprise.NotifyType.INFO if message.trial or _all_over(message) else apprise.NotifyType.WARNING
    with apprise.LogCapture(level=apprise.logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        service = apprise.Apprise()
        if not service.add(url):
            raise NotSentError("Apprise does not understand the URL.", refused=True)
        sent = service.notify(
            title=filled(title, values) if title else message.title,
            body=filled(body, values) if body else message.text,
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
        )
        said = log.getvalue().strip().splitlines()
    if not sent:
        raise NotSentError(f"Apprise could not send it{_because(said)}.")


def _all_over(message: Message) -> bool:
    return all(one.alert.resolved_ms for one in message.transitions)


def _because(lines: Sequence[str]) -> str:
    shown = [visible(hidden(line.strip())) for line in lines if line.strip()]
    return f": {shown[0][:_SAID].rstrip('.')}" if shown else ""
