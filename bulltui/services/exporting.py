"""What an export needs beside the server: somewhere to write to."""

from typing import Protocol

from bulltui.domain.export_mark import Mark


class Sink(Protocol):
    """Takes what is written, in order. Each method raises a `BulltuiError` where there is no room or no right."""

    async def write(self, content: bytes, mark: Mark) -> None:
        """Some more, whole lines; `mark` is how far that is, for whoever goes on later."""

    async def finish(self, content: bytes) -> None:
        """The last of it: the file is whole."""
