"""The title of an error: its message on one line, with signs for what varies from job to job."""

import re
from itertools import groupby

from bulltui.domain.fingerprint_spans import without_values
from bulltui.domain.fingerprint_words import HOST, NUMBER, PATH

LONGEST = 240
"""Characters of a title."""

_READ = 2_000  # characters of a message that are looked at

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PRISMA = re.compile(r"^(Invalid `[^`]+` invocation)(?: in\s+\S+)?:?")
_LISTED = re.compile(",| and | or ")
_SIGN = re.compile(r"#|<\w+>|…")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_EXCERPT = re.compile(r"[{}→]|\d+\s")
_BLANKS = re.compile(r"\s+")

_PATH_WITH_BLANKS = re.compile(r"<path>(?: [\w#.()-]+/[^\s:,;]*)+")


def title_of(message: str) -> str:
    """`message` in at most LONGEST characters. What is a title already stays as it is."""
    text = _one_line(message[:_READ])
    if "{" in text:
        text = _without_objects(text)
    text = without_values(text)
    text = _BLANKS.sub(" ", text).strip()
    if PATH in text:
        text = _PATH_WITH_BLANKS.sub(PATH, text)
    text = text.replace(f"[{HOST}]:{NUMBER}", HOST)
    if _LISTED.search(text):
        text = _each_once(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _each_once(text: str) -> str:
    """A list of the same signs as one of them, since lists have any length: `#, # and #` is `#`."""
    kept: list[str] = []
    for word in text.split(" "):
        if "," in word[:-1]:
            word = ",".join(key for key, _ in groupby(word.split(",")))  # noqa: PLW2901
        if _SIGN.search(word) and kept:
            bare = word.rstrip(",")
            if len(kept) > 1 and kept[-1] in ("and", "or") and kept[-2].rstrip(",") == bare:
                kept.pop()
                kept[-1] = word
                continue
            if kept[-1].endswith(",") and kept[-1].rstrip(",") == bare:
                kept[-1] = word
                continue
        kept.append(word)
    return " ".join(kept)


def _one_line(message: str) -> str:
    """What a message of several lines says: its first line, with the next one where that only leads to it."""
    if "\x1b" in message:
        message = _ANSI.sub("", message)
    message = message.strip()
    if "\n" not in message:
        return message
    if found := _PRISMA.match(message):
        return f"{found[1]}: {_after_excerpt(message[found.end() :])}"
    if message[0] in "[{":
        return message
    lines = [line.strip() for line in message.split("\n")]
    first = lines[0]
    if first.endswith((":", "(", ",")):
        return f"{first} {next(line for line in lines[1:] if line)}"
    return first


def _after_excerpt(text: str) -> str:
    """What Prisma says of a call, below the lines of code that it shows: in a paragraph of its own, or right behind the
    line with the call."""
    paragraphs = [part.strip() for part in _PARAGRAPH.split(text) if part.strip()]
    told = 0
    for place, paragraph in enumerate(paragraphs):
        if _EXCERPT.match(paragraph):
            told = place + 1
    if told < len(paragraphs):
        return _BLANKS.sub(" ", paragraphs[told])
    last = paragraphs[-1] if paragraphs else ""
    _, _, behind = last.partition("(\n")
    return _BLANKS.sub(" ", behind or last)


# --- objects written into a message, mostly answers of a service

_BRACE = re.compile(r"[{}]")
_IS_ERROR = re.compile(r'"(?:code|errors?|status|statusCode|fault|path|error_code)"\s*:')
_OBJECT_CODE = re.compile(r'"(?:code|error_code|type|error)"\s*:\s*"([\w.-]{2,60})"')
_OBJECT_MESSAGE = re.compile(r'"(?:message|error_description|detail|reason|msg|error)"\s*:\s*"((?:[^"\\{]|\\.)+)"')


def _without_objects(text: str) -> str:
    """`text` with each `{...}` in it replaced by what it says of an error, else by `{…}`. Of several only the first."""
    parts: list[str] = []
    depth, start, end = 0, 0, 0
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            if not depth:
                start = found.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                _add_object(parts, text[end:start], text[start : found.end()])
                end = found.end()
    if depth:  # the message ends within
        _add_object(parts, text[end:start], text[start:])
        return "".join(parts)
    return "".join(parts) + text[end:]


def _add_object(parts: list[str], before: str, written: str) -> None:
    if parts and not before.strip(" ,\n"):
        return
    alone = not parts and not before.strip()
    parts += (before, _said_by(written) if alone or _IS_ERROR.search(written) else "{…}")


def _said_by(written: str) -> str:
    code, message = _OBJECT_CODE.search(written), _OBJECT_MESSAGE.search(written)
    said = ": ".join(dict.fromkeys(found[1].replace('\\"', '"') for found in (code, message) if found))
    return said or "{…}"
