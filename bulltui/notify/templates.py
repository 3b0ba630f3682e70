"""Templates of messages: names in braces, `{title}`, and nothing else. Other braces stay, so JSON can be written."""

import json
from collections.abc import Mapping

from bulltui.domain.alert_names import NAME


def is_json(template: str) -> bool:
    """Whether a template is meant to be JSON."""
    return template.lstrip()[:1] in ("{", "[") and not NAME.match(template.lstrip())


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its values; in JSON they are escaped as parts of a text."""
    escape = _escaped if is_json(template) else str
    return NAME.sub(lambda found: escape(values[found[1]]) if found[1] in values else found[0], template)


def _escaped(value: str) -> str:
    return json.dumps(value)[1:-1]
