"""Jobs to be added that stand in a file: as JSON lines or as a JSON array, such as an export writes them."""

import json
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from bulltui.domain.actions import Add
from bulltui.domain.errors import UsageError
from bulltui.domain.job_options import OPTIONS, check_id, check_options, check_size, stored_options
from bulltui.domain.json_layout import members
from bulltui.domain.jsontext import Json, dump, parse
from bulltui.domain.new_job import json_data
from bulltui.domain.redaction import has_mask
from bulltui.domain.text import is_unicode

_START = 64 * 1024
"""Bytes in which the first sign of a file stands."""

_PIECE = 1024 * 1024

_OWN = ("repeat", "repeatJobKey", "prevMillis", "parent")
"""Options that belong to the place of a job in a flow or to its scheduler; a new one has neither."""


class Fact(StrEnum):
    """What becomes of a job that is not all that the file says, as a sentence behind a number of jobs."""

    ID_LEFT = "name an id that is left out: every job gets a new number, unless --keep-ids is said"
    ID_NEW = "have an id that BullMQ gives out itself or refuses: they get a new number"
    ALONE = "had a parent or a scheduler: they are added without it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One job of a file: the `number` of its line, in an array of the element, from 1 on; the order to add it, or the
    `problem` why it cannot be added."""

    number: int
    add: Add | None = None
    problem: str = ""
    facts: frozenset[Fact] = frozenset()


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a file: how many jobs can be added, by name, how many are wrong with the first few of these, and how
    many there are of each fact."""

    count: int
    names: Counter[str]
    wrong: int
    first_wrong: tuple[Entry, ...]
    facts: Counter[Fact]

    @classmethod
    def of(cls, entries: Iterator[Entry]) -> "Contents":
        """Goes through all of them."""
        names: Counter[str] = Counter()
        facts: Counter[Fact] = Counter()
        first: list[Entry] = []
        wrong = 0
        for entry in entries:
            if entry.add is None:
                wrong += 1
                first += [entry] if len(first) < 5 else []
                continue
            if entry.add.name in names or len(names) < 1_000:
                names[entry.add.name] += 1
            else:
                names[""] += 1
            facts.update(entry.facts)
        return cls(names.total(), names, wrong, tuple(first), facts)


def entries(file: BinaryIO, *, keep_ids: bool = False) -> Iterator[Entry]:
    """The jobs of a file, from its start on. `keep_ids` gives each the id that it names. Never raises for what is in
    the file; an array that breaks off or is no JSON ends with an entry that says so."""
    file.seek(0)
    start = file.read(_START)
    file.seek(0)
    found = _elements(file) if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else _lines(file)
    for number, text in found:
        if isinstance(text, UsageError):
            yield Entry(number, problem=text.message)
            continue
        try:
            yield _entry(number, text, keep_ids=keep_ids)
        except UsageError as error:
            yield Entry(number, problem=f"{error.message} {error.hint}".strip())


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | UsageError]]:
    for number, line in enumerate(file, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            yield number, UsageError("It is not UTF-8.")
            continue
        if text:
            yield number, text


def _elements(file: BinaryIO) -> Iterator[tuple[int, str | UsageError]]:
    """The elements of a JSON array, read piece by piece. An element that does not end yet waits for a larger piece."""
    decoder, parser = getincrementaldecoder("utf-8-sig")("surrogateescape"), json.JSONDecoder()
    text, at, number, size = "", 0, 0, _PIECE
    opened = False
    while True:
        at = _behind_space(text, at, ", \t\r\n" if opened else " \t\r\n")
        if not opened and text[at : at + 1] == "[":
            opened, at = True, at + 1
            continue
        if opened and text[at : at + 1] == "]":
            return
        try:
            _, end = parser.raw_decode(text, at)
        except RecursionError:
            yield number + 1, UsageError("It is nested too deeply to parse.")
            return
        except ValueError as error:
            piece = file.read(size)
            if not piece:
                problem = "the array is not closed" if at >= len(text) else str(error)
                yield number + 1, UsageError(f"It is no JSON: {problem}.")
                return
            text, at, size = text[at:] + decoder.decode(piece), 0, size * 2
            continue
        number, size = number + 1, _PIECE
        element = text[at:end]
        yield number, element if is_unicode(element) else UsageError("It is not UTF-8.")
        at = end


def _behind_space(text: str, at: int, signs: str) -> int:
    while text[at : at + 1] and text[at] in signs:
        at += 1
    return at


def _entry(number: int, text: str, *, keep_ids: bool) -> Entry:
    """Raises UsageError for what is no job, or none that can be added."""
    parsed = parse(text)
    if not parsed.ok:
        raise UsageError(f"It is {parsed.problem}.")
    document = parsed.value
    if not isinstance(document, dict):
        raise UsageError("It is no JSON object.")
    _check_whole(document)
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise UsageError("It has no name.", hint="Workers go by it.")
    opts = document.get("opts") or {}
    if not isinstance(opts, dict):
        raise UsageError("Its opts are no JSON object.")
    facts: set[Fact] = set()
    if any(document.get(field) for field in ("parent", "parentKey", "repeatJobKey")) or any(map(opts.get, _OWN)):
        facts.add(Fact.ALONE)
    options = {key: value for key, value in opts.items() if key not in (*_OWN, "jobId")}
    named = document.get("id") or opts.get("jobId")
    if named and not keep_ids:
        facts.update([Fact.ID_LEFT] if "state" not in document else [])
    elif named:
        if _can_have(named):
            options["jobId"] = named
        else:
            facts.add(Fact.ID_NEW)
    # Of a job that was there, options that the library has no more are none of a person's mistakes.
    kept = {key: value for key, value in options.items() if key not in OPTIONS} if "state" in document else {}
    checked = check_options(options, kept)
    data = json_data(_data_in(text, document))
    check_size(checked, data)
    if has_mask(data) or has_mask(dump(options)):
        raise UsageError("Values of it were hidden by `redact` when it was written, and are not there.")
    return Entry(number, Add(name, data, stored_options(checked)), facts=frozenset(facts))


def _check_whole(document: dict[str, Json]) -> None:
    """Raises UsageError for a job of which an export says that this is not all."""
    if document.get("missing"):
        raise UsageError("It is an id without a job.")
    raw, sizes = document.get("raw"), document.get("sizes")
    for field in ("data", "opts"):
        if isinstance(raw, dict) and field in raw:
            raise UsageError(f"Its {field} are no JSON, which no library could add.")
        if isinstance(sizes, dict) and field in sizes:
            raise UsageError(f"Its {field} are not all there.")


def _data_in(text: str, document: dict[str, Json]) -> str:
    """The data as it is written; the library's own `{}` where there is none."""
    if "data" not in document:
        return "{}"
    found = members(text)
    return found["data"] if found else "{}"


def _can_have(job_id: object) -> bool:
    try:
        check_id(job_id if isinstance(job_id, str) else "")
    except UsageError:
        return False
    return True
