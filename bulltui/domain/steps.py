"""What to do next, in words that hold on the screen and on the command line."""

import shlex

from bulltui.domain.queue import DEFAULT_PREFIX, QueueRef
from bulltui.domain.registry import BY_ID, key_name
from bulltui.domain.text import visible


def step(text: str, key: str, words: str, ref: QueueRef, *arguments: str) -> str:
    """A sentence that says what to do, the key for it on the screen, and the command.

    >>> step("Resume the queue", "pause", "queues resume", QueueRef("bull", "mail"))
    'Resume the queue: P, or `bulltui queues resume mail`.'
    """
    on_screen = _on_screen(key)
    called = command(words, ref, *arguments)
    return f"{text}: {on_screen}, or {called}." if on_screen else f"{text}: {called}."


def command(words: str, ref: QueueRef, *arguments: str) -> str:
    """A command on a queue, to be typed in a shell. What cannot be typed stands as a word for it. Where several servers
    are shown, the one of the queue is called what its profile is called.

    >>> command("queues resume", QueueRef("bull", "mail", "eu"))
    '`bulltui queues resume --profile eu mail`'
    """
    server = ("--profile", _typed(ref.server, "PROFILE")) if ref.server else ()
    prefix = () if ref.prefix == DEFAULT_PREFIX else ("-p", _typed(ref.prefix, "PREFIX"))
    options = [one for one in arguments if one.startswith("--")]
    ids = [_typed(one, "ID") for one in arguments if not one.startswith("--")]
    guard = ("--",) if any(one.startswith("-") for one in (ref.name, *ids)) else ()
    return f"`{' '.join(('bulltui', words, *server, *prefix, *options, *guard, _typed(ref.name, 'QUEUE'), *ids))}`"


def _typed(text: str, otherwise: str) -> str:
    return shlex.quote(text) if visible(text) == text and "`" not in text else otherwise


def _on_screen(key: str) -> str:
    action = BY_ID.get(key)
    if action is None:
        return ""
    if action.keys:
        return key_name(action.keys[0])
    return f"{key_name(BY_ID['menu'].keys[0])} {action.label.rstrip('…')}"
