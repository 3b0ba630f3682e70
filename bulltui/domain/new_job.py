"""A job to be added, checked before anything is sent as the library's `Queue.add` checks it."""

from collections.abc import Mapping

from bulltui.domain.actions import Add
from bulltui.domain.errors import UsageError
from bulltui.domain.job_options import check_options, check_size, stored_options
from bulltui.domain.json_layout import compact
from bulltui.domain.jsontext import Json, parse


def new_job(name: str, data: str, options: Mapping[str, Json]) -> Add:
    """A job of this name with `data` (JSON text of any value, kept as it is written but for the space between) and
    `options` under BullMQ's public names; `jobId` among them is the id that it is to have.

    Raises UsageError for what the library would refuse or lose.
    """
    if not name:
        raise UsageError("A job needs a name.", hint="Workers go by it.", code="name")
    checked = check_options(options)
    text = json_data(data)
    check_size(checked, text)
    return Add(name, text, stored_options(checked))


def json_data(text: str) -> str:
    """`text` without the space between its tokens. Raises UsageError for what is no JSON."""
    found = parse(text)
    if not text.strip() or not found.ok:
        problem = found.problem or "empty, and that is not JSON"
        raise UsageError(
            f"The data is {problem}.", hint="A text stands in double quotes within JSON: '\"text\"'.", code="json"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("The data is not UTF-8.", hint="JSON is written in UTF-8.", code="json") from None
    return compact(text)
