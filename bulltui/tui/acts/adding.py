"""A job to be added, as a form."""

from bulltui.domain.errors import UsageError
from bulltui.domain.jsontext import Json, parse
from bulltui.domain.targets import Queues
from bulltui.services.request import Request
from bulltui.tui.acts.form import Field, Form, Kind, Values, number_of, span_of, text_of
from bulltui.tui.acts.scene import Scene
from bulltui.tui.present.requests import target_words


def add_form(scene: Scene) -> Form[Request]:
    """The form of a new job."""

    def make(values: Values) -> Request:
        from bulltui.domain.new_job import new_job

        options = _more_options(values["opts"])
        given = {
            "delay": span_of(values, "delay", "Delay") or None,
            "priority": number_of(values, "priority", "Priority"),
            "attempts": number_of(values, "attempts", "Attempts", least=1),
            "jobId": values["id"].strip() or None,
        }
        options |= {name: value for name, value in given.items() if value is not None}
        return Request(new_job(text_of(values, "name", "A name"), values["data"], options), Queues(scene.refs))

    return Form(
        f"Add a job to {target_words(Queues(scene.refs))}",
        (
            Field("name", "name", "", "workers go by it"),
            Field("data", "data", "{}", "JSON; ctrl+o opens $EDITOR", Kind.AREA),
            Field("delay", "delay", "", "90s, 10m, 2d; empty for none"),
            Field("priority", "priority", "", "1 comes first; empty for none, before all others"),
            Field("attempts", "attempts", "", "empty for one"),
            Field("id", "id", "", "empty for the next number"),
            Field("opts", "other options", "", 'JSON, like {"removeOnComplete": true}'),
        ),
        make,
    )


def _more_options(text: str) -> dict[str, Json]:
    if not text.strip():
        return {}
    found = parse(text)
    if not found.ok or not isinstance(found.value, dict):
        raise UsageError(f"Other options: {found.problem or 'an object is needed, in braces'}.")
    return dict(found.value)
