"""`[alerts]`: what is watched for, and who is told."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bulltui.config.alert_keys import KINDS, NAME, RULE, SHARED, WAY, is_web
from bulltui.config.tables import Around, Table, read_table
from bulltui.config.toml_values import dotted, wrong
from bulltui.config.watching import AlertSettings, Way
from bulltui.domain.alert import UNITS, Rule, Watched
from bulltui.domain.alert_names import FIELDS, names_in
from bulltui.domain.alert_rules import BUILT_IN
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

TABLE = "alerts"
KEYS = SHARED
_TERMINAL = KINDS[0]
_WITHOUT_LIMIT = frozenset((Watched.NO_WORKERS, Watched.NO_COMPLETIONS, Watched.STALLED, Watched.OVERDUE_SCHEDULER))
_OURS = {rule.name: rule for rule in BUILT_IN}
_OF_KIND = {
    "url": ("webhook", "apprise"),
    "argv": ("command",),
    "secret": ("webhook",),
    "title": ("command", "apprise"),
    "timeout_s": ("webhook", "apprise", "command"),
    "per_minute": ("webhook", "apprise", "command"),
}
_WRITTEN = {"argv": "command", "timeout_s": "timeout"}
"""How fields are called in the file, where it is not by their names."""

T = TypeVar("T")


def alerts_from(table: object, around: Around) -> tuple[AlertSettings, Table]:
    """What the table says, and what is wrong with it."""
    if not isinstance(table, dict):
        return AlertSettings(), read_table(table, (TABLE,), KEYS, around)
    plain = {key: value for key, value in table.items() if key not in ("rules", "ways")}
    tables = [read_table(plain, (TABLE,), KEYS, around)]
    named = table.get("ways", {})
    known = _known(named)
    ways = _each(table, "ways", around, tables, _Ways(around).way)
    rules = _each(table, "rules", around, tables, _Rules(around, known).rule)
    missing = tuple(lack for one in tables for lack in one.missing)
    settings = AlertSettings(
        tuple(rule for _, rule in rules if rule is not None),
        tuple(way for _, way in ways if way is not None),
        off=tuple(name for name, rule in rules if rule is None),
        missing=missing,
        **tables[0].values,
    )
    problems = tuple(problem for one in tables for problem in one.problems)
    return settings, Table(tables[0].values, problems, missing)


def _known(ways: object) -> frozenset[str]:
    """The names of ways that a rule may be told to. The terminal is there without being written, unless it is written
    by another name: then nobody would be told by `terminal`."""
    if not isinstance(ways, dict):
        return frozenset((_TERMINAL,))
    written = any(isinstance(way, dict) and way.get("kind") == _TERMINAL for way in ways.values())
    return frozenset(ways) if written else frozenset((*ways, _TERMINAL))


def rules_of(settings: AlertSettings) -> tuple[Rule, ...]:
    """The rules that hold: ours first, unless another one stands for them or they are switched off."""
    named = {rule.name for rule in settings.rules} | set(settings.off)
    ours = tuple(rule for rule in BUILT_IN if rule.name not in named) if settings.built_in else ()
    return (*ours, *settings.rules)


def _each(
    table: Mapping[str, Any],
    key: str,
    around: Around,
    tables: list[Table],
    read: "Callable[[str, dict[str, Any]], tuple[Table, T | None]]",
) -> "list[tuple[str, T | None]]":
    """What is read of each table below a key, those in which nothing is wrong."""
    some, path = table.get(key, {}), (TABLE, key)
    if not isinstance(some, dict):
        tables.append(Table(problems=(wrong(around.place, path, f"a table of tables, `[alerts.{key}.NAME]`"),)))
        return []
    found: list[tuple[str, T | None]] = []
    for name, one in some.items():
        here = (*path, name)
        if not NAME.fullmatch(name):
            problem = wrong(around.place, here, "called by letters, digits, `-`, `_` and `.`")
            tables.append(Table(problems=(problem,)))
        elif not isinstance(one, dict):
            tables.append(Table(problems=(wrong(around.place, here, "a table"),)))
        else:
            told, value = read(name, one)
            tables.append(told)
            if not told.problems and not told.missing:
                found.append((name, value))
    return found


class _Reader:
    kind = ""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._problems: list[UsageError] = []

    def _wrong(self, name: str, key: str, expected: str) -> None:
        path = (TABLE, self.kind, name, key) if key else (TABLE, self.kind, name)
        self._problems.append(wrong(self._around.place, path, expected))

    def _told(self, found: Table) -> Table:
        problems, self._problems = self._problems, []
        return replace(found, problems=(*found.problems, *problems))


class _Rules(_Reader):
    """Reads rules; `ways` may be named by them."""

    kind = "rules"

    def __init__(self, around: Around, ways: frozenset[str]) -> None:
        super().__init__(around)
        self._ways = ways

    def rule(self, name: str, table: dict[str, Any]) -> tuple[Table, Rule | None]:
        """A rule, None for one that is switched off."""
        found = read_table(table, (TABLE, self.kind, name), RULE, self._around)
        values = dict(found.values)
        enabled = values.pop("enabled", True)
        if found.problems or found.missing:
            return found, None
        ours = _OURS.get(name)
        base = ours if ours is not None and values.get("watched", ours.watched) is ours.watched else None
        if base is None and "watched" not in values:
            if not enabled and ours is None:
                self._wrong(name, "enabled", f"of a rule that there is; ours are {', '.join(_OURS)}")
            else:
                message = f"{dotted((TABLE, self.kind, name))} in {self._place(name)} does not say what is watched."
                hint = f'Write watch = "failed", or another of {", ".join(Watched)}.'
                self._problems.append(UsageError(message, hint=hint, code="config"))
            return self._told(found), None
        rule = replace(base, built_in=False) if base else Rule(name, values["watched"])
        rule = replace(rule, **self._limits(name, rule, values, has_one=base is not None))
        rest = ("for_s", "clear_s", "window_s", "queues", "severity", "to")
        rule = replace(rule, **{key: values[key] for key in rest if key in values})
        if "servers" in values:
            rule = replace(rule, queues=values["servers"])
        self._check(name, rule, values)
        return self._told(found), rule if enabled else None

    def _place(self, name: str) -> str:
        return self._around.place.at((TABLE, self.kind, name))

    def _limits(self, name: str, rule: Rule, values: Mapping[str, Any], *, has_one: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        given = [key for key in ("over", "under") if key in values]
        if len(given) > 1:
            self._wrong(name, "under", "left out where there is `over`")
            return found
        if not UNITS[rule.watched]:
            for key in (*given, *(("clear",) if "clear" in values else ())):
                self._wrong(name, key, f"left out, as {rule.watched.value} is so or not")
            return found
        if given:
            found |= {"threshold": values[given[0]], "below": given[0] == "under", "clear": None}
        elif not has_one and rule.watched not in _WITHOUT_LIMIT:
            message = f"{dotted((TABLE, self.kind, name))} in {self._place(name)} does not say from which value on."
            hint = f"Write over = NUMBER, of {UNITS[rule.watched]}, or under = NUMBER."
            self._problems.append(UsageError(message, hint=hint, code="config"))
            return found
        if "clear" in values:
            found["clear"] = values["clear"]
            threshold, below = found.get("threshold", rule.threshold), found.get("below", rule.below)
            if values["clear"] < threshold if below else values["clear"] > threshold:
                self._wrong(name, "clear", f"{'at least' if below else 'at most'} the value it fires at, {threshold:g}")
        return found

    def _check(self, name: str, rule: Rule, values: Mapping[str, Any]) -> None:
        wrong_one = "queues" if rule.watched.of_server else "servers"
        if wrong_one in values:
            right = "`servers`" if rule.watched.of_server else "`queues`, where SERVER/GLOB means those of a server"
            self._wrong(name, wrong_one, f"left out, as the rule has {right}")
        for way in rule.to:
            if way not in self._ways:
                known = ", ".join(map(visible, sorted(self._ways)))
                self._wrong(name, "to", f"one of {known}, and {visible(way)} is none")


class _Ways(_Reader):
    """Reads ways of delivery."""

    kind = "ways"

    def way(self, name: str, table: dict[str, Any]) -> tuple[Table, Way | None]:
        """A way of delivery."""
        found = read_table(table, (TABLE, self.kind, name), WAY, self._around)
        if found.problems or found.missing:
            return found, None
        values = found.values
        if "kind" not in values:
            self._wrong(name, "", f"told how it delivers, kind = {' or '.join(KINDS)}")
            return self._told(found), None
        kind = values["kind"]
        for field, kinds in _OF_KIND.items():
            if field in values and kind not in kinds:
                self._wrong(name, _WRITTEN.get(field, field), f"left out for {kind}")
        if kind in _OF_KIND["url"] and "url" not in values:
            self._wrong(name, "", f"told where it delivers, by `url`, as {kind} needs")
        if kind == "command" and "argv" not in values:
            self._wrong(name, "", "told what is run, by `command`")
        if kind == "webhook" and "url" in values and not is_web(values["url"]):
            self._wrong(name, "url", "a URL of HTTP, http:// or https://")
        if kind == _TERMINAL and ("body" in values or "title" in values):
            self._wrong(name, "body" if "body" in values else "title", "left out for terminal")
        for key in ("title", "body"):
            for one in names_in(values.get(key, "")):
                if one not in FIELDS:
                    self._wrong(name, key, f"a text with names of {', '.join(FIELDS)}, and {{{visible(one)}}} is none")
        return self._told(found), Way(name, **values)
