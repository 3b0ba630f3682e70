"""From the registry of actions to Textual's bindings, and back to what the footer, the help and the palette show."""

from textual.binding import Binding, BindingType

from bulltui.domain.registry import ACTIONS, BY_ID, Action, Where, key_name

ACTS = tuple(
    action.id
    for action in ACTIONS
    if action.writes and action.id != "menu" and action.where in (Where.OF_JOBS, Where.MAIN, Where.SCHEDULERS)
)
"""What is done to jobs, queues or schedulers: screens have one Textual action for all of it, `act`."""


def method_name(action_id: str) -> str:
    """The name of the Textual action of an action of the registry: `next-state` is `next_state`."""
    return action_id.replace("-", "_")


def bindings(*ids: str) -> list[BindingType]:
    """Bindings of the actions with these ids. Each carries the id, by which a user's keymap can remap it.

    An action with several numbered keys (`pick-state`) is told which one was pressed, and its bindings are
    `pick-state-1` and so on: with one id for all, a remapped one would take all of them. All that changes jobs, queues
    or schedulers is the action `act`, told the id.
    """
    made: list[BindingType] = []
    for action in map(BY_ID.__getitem__, ids):
        for key in action.keys:
            if action.id.startswith("pick-"):
                made.append(_binding(action, key, f"({key})", f"-{key}"))
            else:
                made.append(_binding(action, key))
    return made


def _binding(action: Action, key: str, arguments: str = "", suffix: str = "") -> Binding:
    return Binding(
        key,
        f"act('{action.id}')" if action.id in ACTS else method_name(action.id) + arguments,
        action.label,
        show=action.footer,
        tooltip=action.help,
        id=action.id + suffix,
        # A field to type in would take it for itself; one must be able to leave from everywhere.
        priority=key == "ctrl+c",
    )


def keys_text(action: Action) -> str:
    """The keys of an action for people: `: or ctrl+p`, `1..8` for numbered ones, that of the menu for those of it."""
    if not action.keys:
        return key_name(BY_ID["menu"].keys[0])
    if action.id.startswith("pick-"):
        return f"{action.keys[0]}..{action.keys[-1]}"
    return " or ".join(map(key_name, action.keys))


def order_of(binding_id: str | None) -> int:
    """The place of a binding in the registry, which is its order in the footer. Strangers come last."""
    return _ORDER.get(binding_id or "", len(_ORDER))


_ORDER = {action.id: place for place, action in enumerate(ACTIONS)}
