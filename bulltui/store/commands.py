"""What a command is called in measures, and which keys it goes to."""

from collections.abc import Sequence

Word = bytes | str | int | float
Words = Sequence[Word]

_IN_TWO_WORDS = frozenset(("ACL", "CLIENT", "CLUSTER", "CONFIG", "MEMORY", "OBJECT", "SCRIPT", "XINFO"))

_KEYLESS = frozenset(
    (
        "ACL",
        "ASKING",
        "AUTH",
        "BGREWRITEAOF",
        "BGSAVE",
        "CLIENT",
        "CLUSTER",
        "COMMAND",
        "CONFIG",
        "DBSIZE",
        "ECHO",
        "FUNCTION",
        "HELLO",
        "INFO",
        "KEYS",
        "LASTSAVE",
        "LATENCY",
        "LOLWUT",
        "MODULE",
        "PING",
        "PUBLISH",
        "RANDOMKEY",
        "READONLY",
        "ROLE",
        "SCAN",
        "SCRIPT",
        "SELECT",
        "SLOWLOG",
        "TIME",
        "WAIT",
    )
)
_ALL_ARE_KEYS = frozenset(("DEL", "EXISTS", "MGET", "TOUCH", "UNLINK"))
_KEY_BEHIND_TWO = frozenset(("MEMORY", "OBJECT", "XGROUP", "XINFO"))
SCRIPT_VERBS = frozenset(("EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO"))


def text_of(word: Word) -> str:
    """A word as text, whatever it is."""
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)


def bytes_of(word: Word) -> bytes:
    """A word as it is sent."""
    return word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")


def verb_of(words: Words) -> str:
    """What a command is called in measures: its verb, and the next word where that says what it does."""
    verb = text_of(words[0]).upper()
    return f"{verb} {text_of(words[1]).upper()}" if verb in _IN_TWO_WORDS and len(words) > 1 else verb


def name_of(commands: Sequence[Words]) -> str:
    """What a pipeline is called in measures."""
    verbs = {verb_of(words) for words in commands}
    return verbs.pop() if len(verbs) == 1 else "pipeline"


def keys_of(words: Words) -> list[bytes]:
    """The keys that a command goes to, none where it is about the server. Commands that are not known are taken for
    such as have one key, in front."""
    verb = text_of(words[0]).upper()
    if verb in SCRIPT_VERBS:
        count = int(words[2]) if len(words) > 2 else 0
        return [bytes_of(word) for word in words[3 : 3 + count]]
    if verb in _KEY_BEHIND_TWO:
        return [bytes_of(word) for word in words[2:3]]
    if verb in _KEYLESS:
        return []
    if verb in ("XREAD", "XREADGROUP"):
        upper = [text_of(word).upper() for word in words]
        start = upper.index("STREAMS") + 1 if "STREAMS" in upper else len(words)
        return [bytes_of(word) for word in words[start : start + (len(words) - start) // 2]]
    return [bytes_of(word) for word in words[1:]] if verb in _ALL_ARE_KEYS else [bytes_of(word) for word in words[1:2]]
