"""A job on its way through an editor: what a person gets to see of it, and what has become of it."""

from dataclasses import dataclass

from bulltui.domain.actions import Replay
from bulltui.domain.errors import NotAllowedError, UsageError
from bulltui.domain.fields import long_options
from bulltui.domain.job import Job
from bulltui.domain.job_options import check_options, check_size, read_options, stored_options
from bulltui.domain.json_layout import compact, indented, members
from bulltui.domain.jsontext import dump, harmless, parse
from bulltui.domain.new_job import json_data
from bulltui.domain.redacting_jobs import is_masked

_FIELDS = ("name", "data", "opts")


@dataclass(frozen=True, slots=True)
class Editable:
    """What of a job can be edited, each as JSON text: its name, data and options (under their public names). None
    where it cannot: a field that is cut, no JSON or no UTF-8 would not come back as it was."""

    name: str | None
    data: str | None
    opts: str | None

    @property
    def text(self) -> str:
        """The JSON document for the editor, the same bytes for the same job."""
        found = {field: text for field in _FIELDS if (text := getattr(self, field)) is not None}
        return indented("{" + ",".join(f'"{field}":{text}' for field, text in found.items()) + "}") + "\n"


def check_shown(job: Job) -> None:
    """Raises NotAllowedError for a job that is not shown in full: what came back from an editor would put the masks in
    the place of what they hide."""
    if is_masked(job.raw):
        raise NotAllowedError(
            "This job cannot be edited here: values of it are hidden by `redact`, and would be lost.",
            hint="Give it whole data instead: `bulltui jobs replay QUEUE ID --data JSON`, or `update-data`.",
            code="redacted",
        )


def editable(job: Job) -> Editable:
    """What of `job` can be edited. Fields have to be read whole before."""

    def whole(field: str) -> str | None:
        found = job.raw.get(field)
        text = found.text if found else "{}"
        if (found and found.cut) or not _is_unicode(text):
            return None
        return text

    name, data, opts = whole("name"), whole("data"), whole("opts")
    if data is not None:
        data = harmless(compact(data)) if parse(data).ok and data.strip() else None
    options = None if opts is None or not isinstance(job.opts.value, dict) else dump(long_options(job.opts.value))
    return Editable(None if name is None else dump(job.name), data, options)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Edited:
    """What was changed, by the names of the fields, and the fields as they would be stored (None: as they were)."""

    name: str | None = None
    data: str | None = None
    opts: str | None = None

    @property
    def changed(self) -> tuple[str, ...]:
        """The fields that are not as they were."""
        return tuple(field for field in _FIELDS if getattr(self, field) is not None)

    def replay(self, *, copy: bool) -> Replay:
        """The action."""
        return Replay(self.name, self.data, self.opts, copy)


def edited_job(before: Editable, text: str) -> Edited:
    """What has become of a job in the editor. A field that is left out stays as it was.

    Raises UsageError for text that is no JSON object of these fields, and for what the library would refuse.
    """
    found = members(text)
    if found is None:
        problem = parse(text).problem
        raise UsageError(
            f"What was edited is {problem or 'no JSON object'}.", hint="It has to be an object with name, data, opts."
        )
    for field in found:
        if field not in _FIELDS:
            raise UsageError(f"A job has no {field!r} to edit.", hint="It has name, data and opts.")
        if getattr(before, field) is None:
            raise UsageError(
                f"The {field} of this job cannot be edited here: it is no JSON or no UTF-8.", hint="Leave it out."
            )
    return edited_fields(before, **found)


def edited_fields(
    before: Editable, *, name: str | None = None, data: str | None = None, opts: str | None = None
) -> Edited:
    """The same from JSON texts of single fields. Raises UsageError."""
    new_name: str | None = None
    if name is not None and compact(name) != before.name:
        value = parse(name).value
        if not isinstance(value, str) or not value:
            raise UsageError("The name of a job has to be a text.", code="name")
        new_name = value
    new_data = None if data is None else json_data(data)
    if new_data == before.data:
        new_data = None
    stored: str | None = None
    kept = read_options(before.opts or "{}")
    options = kept
    if opts is not None:
        given = read_options(opts)
        if given != kept or list(given) != list(kept):
            options = check_options(given, kept)
            stored = stored_options(options)
    if new_data is not None or stored is not None:
        check_size(options, new_data if new_data is not None else before.data or "")
    return Edited(new_name, new_data, stored)
