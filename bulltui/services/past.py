"""An entry of the journal that may be taken back, or why it may not."""

from bulltui.domain.errors import NotAllowedError, NotFoundError
from bulltui.domain.history import Past
from bulltui.domain.text import visible
from bulltui.services.acting import Journal


async def find(journal: Journal, number: int, server: str) -> Past:
    """The entry. Raises NotFoundError where there is none, NotAllowedError for one of another server, one that still
    runs and one that was taken back."""
    for past in await journal.entries():
        if past.number == number:
            break
    else:
        raise NotFoundError(
            f"There is nothing with the number {number} that could be undone.",
            hint="`bulltui undo list` shows what can.",
        )
    if past.intent.server != server:
        raise NotAllowedError(
            f"Number {number} was done on {visible(past.intent.server)}, and this is {visible(server)}.",
            hint="Undo it with the --url or --profile of that server.",
            code="other-server",
        )
    if past.running:
        raise NotAllowedError(
            f"Number {number} is still running.", hint="Wait until it has ended, or stop it.", code="running"
        )
    if past.undone:
        raise NotAllowedError(f"Number {number} was undone already.", hint="Nothing is left to do.", code="undone")
    return past
