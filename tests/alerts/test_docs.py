"""docs/alerts.md says what is so."""

import hashlib
import hmac
import json
import re
from pathlib import Path

from bulltui.config.alert_keys import RULE, SHARED, WAY
from bulltui.config.profiles import parse
from bulltui.domain.alert import UNITS, Watched
from bulltui.domain.alert_names import FIELDS
from bulltui.domain.alert_rules import BUILT_IN, REASONS
from bulltui.notify.webhook import signature
from tests.alerts.test_notify import message

TEXT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


def test_every_rule_of_ours_with_its_reason() -> None:
    for rule in BUILT_IN:
        assert re.search(rf"\| `{rule.name}` \| {rule.severity.value} \|.*\| {re.escape(REASONS[rule.name])} \|", TEXT)


def test_every_kind_with_its_unit() -> None:
    for watched in Watched:
        assert re.search(rf"\| `{watched}` \|[^|]*\| ?{re.escape(UNITS[watched])} ?\|", TEXT), watched


def test_the_configuration_is_understood_and_has_every_key() -> None:
    text = "\n".join(blocks("toml"))
    environment = {"ALERT_WEBHOOK": "https://h/x", "ALERT_SECRET": "s", "SLACK_URL": "slack://a/b/c"}
    found = parse(text.encode(), "docs", environment)
    assert not found.problems
    assert len(found.watching.alerts.ways) == 4
    left_out = {"under", "servers", "title"}  # said beside
    for key in (*SHARED, *RULE, *WAY):
        assert re.search(rf"^{key.name} = ", text, re.MULTILINE) or (key.name in left_out and f"`{key.name}`" in TEXT)


def test_every_name_of_templates() -> None:
    for name in FIELDS:
        assert f"`{{{name}}}`" in TEXT


def test_the_document_has_the_keys_that_are_sent() -> None:
    (shown,) = map(json.loads, blocks("json"))
    sent = message().document
    assert shown.keys() == sent.keys()
    assert shown["alerts"][0].keys() == sent["alerts"][0].keys()


def test_a_signature_is_verified_as_it_says() -> None:
    (code,) = blocks("python")
    body = b'{"x": 1}'
    known = {"header": signature("s", body, 1000), "secret": b"s", "body": body, "hmac": hmac, "hashlib": hashlib}
    known["time"] = type("Clock", (), {"time": staticmethod(lambda: 1000)})
    exec(code, known)
