"""Roles of the configuration: `[roles.NAME]` with `actions`, `queues` and `require_reason`."""

from collections.abc import Mapping
from dataclasses import replace

from bulltui.config.toml_values import Place, flag, texts, unknown, wrong
from bulltui.domain.errors import UsageError
from bulltui.domain.roles import BUILTIN, Role, builtin, custom
from bulltui.domain.text import visible

_KEYS = ("actions", "queues", "require_reason")


def role_from(name: str, table: object, place: Place) -> Role:
    """A role of a file. Raises UsageError that names file and key."""
    path = ("roles", name)
    if not isinstance(table, dict):
        raise wrong(place, path, "a table")
    for key in table:
        if key not in _KEYS:
            raise unknown(place, (*path, key), _KEYS)
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("actions", "queues"):
        try:
            lists[key] = texts(table[key]) if table.get(key, []) != [] else ()
        except TypeError:
            raise wrong(place, (*path, key), "a text or a list of texts") from None
    try:
        reason = flag(table.get("require_reason", False))
    except TypeError:
        raise wrong(place, (*path, "require_reason"), "true or false") from None
    try:
        return custom(name, lists["actions"], lists["queues"], require_reason=reason)
    except UsageError as error:
        raise UsageError(f"{place.at(path)}: {error.message}", hint=error.hint, code="config") from None


def role_named(name: str, roles: Mapping[str, Role], where: str) -> Role:
    """A role by its name; `where` says who asks for it. Raises UsageError."""
    found = roles.get(name) or builtin(name)
    if found is None:
        known = ", ".join([role.name for role in BUILTIN] + [visible(one) for one in sorted(roles)])
        raise UsageError(f"{where} names no role: {visible(name)}.", hint=f"There are: {known}.", code="config")
    return found


def narrowed(role: Role, limit: Role) -> Role:
    """`role` within `limit`, that of a profile: who asks for less gets less. Raises UsageError where it is more."""
    more = role.verbs is None if limit.verbs is not None else False
    if not more and role.verbs is not None and limit.verbs is not None:
        more = not role.verbs <= limit.verbs
    if more or (limit.queues and role.queues and role.queues != limit.queues):
        raise UsageError(
            f"The role {visible(role.name)} allows more than {visible(limit.name)}, which the profile says.",
            hint="Change `role` of the profile where that is wrong.",
            code="config",
        )
    return replace(role, queues=role.queues or limit.queues, require_reason=role.require_reason or limit.require_reason)
