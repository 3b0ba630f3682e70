"""What is remembered from one run to the next: searches, how the jobs of a queue are shown, the colours of the screen.

One JSON file in the state folder, `remembered.json`, that only its owner may read. Whoever changes it holds a lock and
reads it anew before, so that two processes never undo each other's changes.
"""

import asyncio
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bulltui.domain.errors import BulltuiError, NotFoundError, UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.saved_search import NAME, SavedSearch
from bulltui.domain.text import valid_unicode, visible
from bulltui.ledger.locks import held
from bulltui.ledger.paths import check_folder, ensure_folder, open_private, told_as

FILE = "remembered.json"
HISTORY = 100
"""So many searches are kept, each once, the newest first."""

QUEUES = 1_000
"""Of so many queues it is kept how their jobs are shown, those that were changed last."""

LONGEST = 10_000
"""A longer search (characters) is not kept."""

_LARGEST = 4 * 1024 * 1024
"""A larger file (bytes) is none of ours."""

_View = tuple[tuple[str, ...], str]
_USUAL: _View = ((), "")


@dataclass(frozen=True, slots=True)
class Content:
    """What the file holds. `views` are columns and sort by the key of a queue, `theme` is the name of one."""

    history: tuple[str, ...] = ()
    saved: Mapping[str, SavedSearch] = field(default_factory=dict)
    views: Mapping[str, _View] = field(default_factory=dict)
    theme: str = ""


class Remembered:
    """What is remembered in a folder. Properties tell what was there when it was read last; `load` reads it. Without
    `keeps_history` no search is written down, save for those that a person saves.

    `problem` is a sentence about what could not be read or written without being asked for, empty where all is well.
    """

    def __init__(self, folder: Path, *, keeps_history: bool = True) -> None:
        self.problem = ""
        self.keeps_history = keeps_history
        self._folder = folder
        self._file = folder / FILE
        self._content = Content()
        self._theme = ""

    # --- what is there

    @property
    def history(self) -> tuple[str, ...]:
        """Searches as they were typed, the newest first, each once."""
        return self._content.history if self.keeps_history else ()

    @property
    def saved(self) -> tuple[SavedSearch, ...]:
        """Searches that a person gave a name, by name."""
        return tuple(search for _, search in sorted(self._content.saved.items()))

    def columns(self, ref: QueueRef) -> tuple[str, ...]:
        """The columns chosen for the jobs of a queue, none for the usual ones."""
        return self._view(ref)[0]

    def sort(self, ref: QueueRef) -> str:
        """What the jobs of a queue are sorted by, empty for the usual order."""
        return self._view(ref)[1]

    @property
    def theme(self) -> str:
        """The name of the theme that was chosen last, empty where none was. It may be one that is not there."""
        return self._content.theme

    def _view(self, ref: QueueRef) -> _View:
        return self._content.views.get(valid_unicode(ref.key), _USUAL)

    async def load(self) -> None:
        """Reads what is there now. What cannot be read counts as nothing, with a `problem`."""
        self._content = await asyncio.to_thread(self._read)

    # --- changes

    async def note(self, query: str) -> None:
        """Puts a search first in the history. Where it cannot be written there is a `problem`."""
        text = valid_unicode(query.strip())
        if not text or not self.keeps_history or len(text) > LONGEST:
            return
        try:
            await self._change(lambda now: replace(now, history=_first(text, now.history)[:HISTORY]))
        except BulltuiError as error:
            self.problem = error.message

    async def forget_history(self) -> None:
        """Empties the history. Raises BulltuiError."""
        await self._change(lambda now: replace(now, history=()))

    async def save(self, search: SavedSearch) -> None:
        """Keeps a search under its name, in place of one that had it. Raises UsageError for a name that cannot be,
        BulltuiError where it cannot be written."""
        if not NAME.fullmatch(search.name):
            raise UsageError(
                f"A search cannot be called {visible(search.name)!r}.",
                hint="A name has letters, digits, `-`, `_`, `.`.",
            )
        clean = replace(search, query=valid_unicode(search.query))
        await self._change(lambda now: replace(now, saved={**now.saved, search.name: clean}))

    async def forget(self, name: str) -> None:
        """Drops a saved search. Raises NotFoundError, or BulltuiError where it cannot be written."""

        def drop(now: Content) -> Content:
            if name not in now.saved:
                raise NotFoundError(
                    f"No search is saved here as {visible(name)}.", hint="`bulltui jobs searches` lists all."
                )
            return replace(now, saved={key: search for key, search in now.saved.items() if key != name})

        await self._change(drop)

    async def set_columns(self, ref: QueueRef, columns: tuple[str, ...]) -> None:
        """Chooses the columns for the jobs of a queue. Where it cannot be written there is a `problem`."""
        await self._show(ref, lambda view: (columns, view[1]))

    async def set_sort(self, ref: QueueRef, sort: str) -> None:
        """Chooses the order for the jobs of a queue. Where it cannot be written there is a `problem`."""
        await self._show(ref, lambda view: (view[0], sort))

    async def set_theme(self, name: str) -> None:
        """Chooses the colours of the screen. Where it cannot be written there is a `problem`."""
        self._theme = valid_unicode(name)
        # Of two that are written at once either may be the later one: both write what was chosen last.
        await self._keep(lambda now: replace(now, theme=self._theme))

    async def _show(self, ref: QueueRef, change: Callable[[_View], _View]) -> None:
        key = valid_unicode(ref.key)

        def changed(now: Content) -> Content:
            others = {name: view for name, view in now.views.items() if name != key}
            view = change(now.views.get(key, _USUAL))
            kept = list(others.items())[-(QUEUES - 1) :]
            return replace(now, views=dict(kept) | ({key: view} if any(view) else {}))

        await self._keep(changed)

    async def _keep(self, change: Callable[[Content], Content]) -> None:
        self._content = change(self._content)  # shown so in this run, whatever becomes of the file
        try:
            await self._change(change)
        except BulltuiError as error:
            self.problem = error.message

    async def _change(self, change: Callable[[Content], Content]) -> None:
        self._content = await asyncio.to_thread(self._write, change)

    # --- the file

    def _write(self, change: Callable[[Content], Content]) -> Content:
        with told_as(self._file, "What is to be remembered cannot be written"):
            ensure_folder(self._folder)
            with held(self._folder / "remembered.lock"):
                content = change(self._read())
                fresh = self._folder / f"{FILE}.{secrets.token_hex(4)}"
                try:
                    with os.fdopen(open_private(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
                        file.write(_written(content))
                    fresh.replace(self._file)
                finally:
                    fresh.unlink(missing_ok=True)
        return content

    def _read(self) -> Content:
        try:
            check_folder(self._folder)
            with os.fdopen(open_private(self._file, os.O_RDONLY), "rb") as file:
                found = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return Content()
        except OSError as error:
            self.problem = f"{visible(str(self._file))} cannot be read: {error.strerror or error}."
            return Content()
        try:
            if len(found) > _LARGEST:
                raise ValueError
            return _content(json.loads(found))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._set_aside()
            return Content()

    def _set_aside(self) -> None:
        aside = self._file.with_suffix(".damaged")
        shown = visible(str(self._file))
        try:
            self._file.replace(aside)
        except OSError:
            self.problem = f"{shown} is damaged: searches and columns of before are lost."
        else:
            self.problem = f"{shown} is damaged and was set aside as {visible(aside.name)}."


def _first(text: str, history: tuple[str, ...]) -> tuple[str, ...]:
    return (text, *(other for other in history if other != text))


def _written(content: Content) -> bytes:
    document: dict[str, Any] = {
        "version": 1,
        "history": content.history,
        "searches": [asdict(search) for search in content.saved.values()],
        "theme": content.theme,
        "views": {key: {"columns": columns, "sort": sort} for key, (columns, sort) in content.views.items()},
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def _content(document: Any) -> Content:
    """Raises one of several errors for what is none of ours."""
    searches = [
        SavedSearch(_text(one["name"]), _text(one["query"]), _texts(one["queues"]), _texts(one["states"]))
        for one in document["searches"]
    ]
    return Content(
        history=_texts(document["history"])[:HISTORY],
        saved={search.name: search for search in searches},
        theme=_text(document.get("theme", "")),
        views={_text(key): (_texts(view["columns"]), _text(view["sort"])) for key, view in document["views"].items()},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_text, value))
