"""What is to be written into a file, as a form: which jobs, in which format, where to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bulltui.domain.errors import UsageError
from bulltui.domain.export_mark import ref_words
from bulltui.domain.export_rows import COLUMNS, Format, columns_from
from bulltui.domain.text import visible
from bulltui.ledger.part_file import begun_at, part_of
from bulltui.services.export import Selection
from bulltui.tui.acts.form import Field, Form, Kind, Values
from bulltui.tui.acts.offers import Offer
from bulltui.tui.whole import file_stem

_NAMES_TRIED = 1000
_FORMATS = (
    (Format.JSONL.value, "JSON lines"),
    (Format.JSON.value, "JSON"),
    (Format.CSV.value, "CSV"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Jobs on their way into a file. On `again` there is an export of them that was stopped, to go on with. `about`
    are JSON values by which that is known."""

    words: str
    selection: Selection
    form: Format
    columns: tuple[str, ...]
    path: Path
    about: Mapping[str, Any]
    again: bool = False


def export_form(offers: Sequence[Offer], server: str, folder: Path, *, several: bool = False) -> Form[Wanted]:
    """Asks what of `offers` is to be written, into a file in `folder` unless another one is named. `server` is
    where, `several` whether that is more than one."""
    selections: dict[int, Selection] = {}

    def make(values: Values) -> Wanted:
        at = int(values.get("jobs", "0"))
        offer = offers[at]
        # Asked once: it may go through thousands of marked jobs.
        selection = selections.get(at) or selections.setdefault(at, offer.select())
        form = Format(values["format"])
        chosen = columns_from(values["columns"]) if form is Format.CSV else ()
        about = _about(selection, server, form, chosen)
        name = values["file"].strip()
        path, again = _named(folder, name, form, about) if name else _unnamed(folder, offer.parts, form, about)
        return Wanted(offer.words, selection, form, chosen or COLUMNS, path, about, again)

    fields = [
        Field(
            "format",
            "format",
            Format.JSONL.value,
            "JSON holds whole jobs, which `jobs add --from` takes back",
            Kind.CHOICE,
            _FORMATS,
        ),
        Field("file", "file", "", "empty for the name below; another name, or a path"),
        Field(
            "columns",
            "columns of CSV",
            ",".join((*COLUMNS, *(("server",) if several else ()), *offers[0].columns)),
            "fields of jobs, and paths such as data.orderId",
        ),
    ]
    if len(offers) > 1:
        answers = tuple((str(at), offer.answer) for at, offer in enumerate(offers))
        fields.insert(0, Field("jobs", "jobs", "0", "left and right choose", Kind.CHOICE, answers))
    title = f"Write {offers[0].words} into a file" if len(offers) == 1 else "Write jobs into a file"
    return Form(title, tuple(fields), make, _told)


def _told(wanted: Wanted) -> str:
    shown = visible(str(wanted.path))
    if wanted.again:
        return f"Goes on with {shown}, which was stopped before its end."
    return f"Writes {wanted.words} into {shown}, which only you can read."


def _about(selection: Selection, server: str, form: Format, columns: tuple[str, ...]) -> dict[str, Any]:
    """The same as on the command line, for the same jobs."""
    ids = "\0".join(job_id for part in selection.jobs for job_id in part.ids).encode("utf-8", "surrogateescape")
    refs = tuple(dict.fromkeys(part.ref for part in selection.jobs)) or selection.refs
    return {
        "server": server,
        "queues": [ref.name for ref in refs],
        "states": [state.value for state in selection.states],
        "find": selection.query.text,
        "ids": sha256(ids).hexdigest() if selection.jobs else "",
        "format": form.value,
        "columns": list(columns),
        "refs": [ref_words(ref) for ref in refs],
    }


def _is_same(begun: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
    return all(begun.get(name) == value for name, value in about.items())


def _named(folder: Path, name: str, form: Format, about: Mapping[str, Any]) -> tuple[Path, bool]:
    path = folder / Path(name).expanduser()
    if path.suffix.lower() != f".{form}":
        path = path.with_name(f"{path.name}.{form}")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {visible(str(path.parent))}.")
    if path.exists():
        raise UsageError(f"{visible(str(path))} is there already.", hint="Name another file.")
    begun = begun_at(path)
    if begun is not None and not _is_same(begun, about):
        raise UsageError(
            f"{visible(str(part_of(path)))} is there, of another export that did not come to its end.",
            hint="Name another file.",
        )
    return path, begun is not None


def _unnamed(folder: Path, parts: Sequence[str], form: Format, about: Mapping[str, Any]) -> tuple[Path, bool]:
    """The first name that is free, or at which the same export was stopped."""
    stem = file_stem(parts)
    for number in range(_NAMES_TRIED):
        path = folder / (f"{stem}-{number}.{form}" if number else f"{stem}.{form}")
        if path.exists():
            continue
        begun = begun_at(path)
        if begun is None or _is_same(begun, about):
            return path, begun is not None
    raise UsageError(f"There are too many files named {stem} here.", hint="Name another one.")
