"""The title of an error: its message on one line, with signs for what varies from job to job."""

import re

from bulltui.domain.fingerprint_words import HOST, NUMBER, route, shape, url_shape

LONGEST = 240
"""Characters of a title."""

_READ = 4_000  # characters of a message that are looked at

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PRISMA = re.compile(r"^(Invalid `[^`]+` invocation)(?: in\s+\S+)?:?")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_EXCERPT = re.compile(r"[{}→]|\d+\s")
_BLANKS = re.compile(r"\s+")

_HTTP = r"(?:4(?:0\d|1[0-8]|2[1-689]|31|51)|5(?:0[0-8]|1[01]|2[0-6]))"
_REASON = (
    r"Bad\ Request|Unauthorized|Payment\ Required|Forbidden|Not\ Found|Method\ Not|Not\ Acceptable|Request\ Time|Conflict|Gone"
    r"|Payload|Unprocessable|Too\ Many|Locked|Internal|Not\ Implemented|Bad\ Gateway|Service|Gateway|Unavailable|Timeout"
)
# What goes before `code` where it is no code of an error.
_NO_DATA = "".join(
    rf"(?<!{word}\ )"
    for word in "zip postal post promo coupon discount voucher gift country product item access invite booking".split()
)
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_HOUR = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?[AP]M)?"

_SPANS = re.compile(
    rf"""
    (?P<kept>
        \b(?:status(?:[ _-]?code)?|http(?:/\d(?:\.\d)?)?|responded\ with|response)\b["']?[ :=(]{{1,3}}[1-5]\d\d\b(?![.\d])
      | {_NO_DATA}\b(?:code|errno|sqlstate)\b["']?[ :=(\[]{{1,3}}["']?(?:\d{{1,5}}(?!\d)|(?-i:[A-Z][A-Z0-9_-]+|\d[0-9A-Z]{{4}}\b))
      | \b{_HTTP}(?=\ (?:{_REASON}))
      | \({_HTTP}\)
      | ^{_HTTP}(?=\s*$|[:,]|\ [-{{(]|\ (?-i:[A-Z])|\ page\ )
      | \((?:reading|setting)\ '[\w$]+'\)
    )
    | (?P<schema>\b(?:constraint|relation|column|table|index|schema|for\ key)\ )(?P<name>"[\w.$-]+"|'[\w.$-]+'|`[\w.$-]+`)
    | (?P<query>\b(?:getaddrinfo|query[A-Z]\w+)\ (?-i:E\w+)\ )[\w.:-]+
    | (?P<url>\b[a-z][a-z0-9+.-]*://[^\s"'`()\\]*[^\s"'`()\\.,;:!?\]}}])
    | (?P<verb>\b(?-i:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\ )(?P<route>/[^\s?"'()]*)[^\s"'()]*
    | (?P<time>
        (?<![\w.-])\d{{4}}-\d\d-\d\d(?:(?:T|\ ){_HOUR})?(?:\ ?(?:Z\b|UTC\b|[+-]\d\d:?\d\d\b))?
      | \b(?:{_DAY},?\ )?(?:{_MONTH}\ \d{{1,2}},?|\d{{1,2}}\ {_MONTH})\ \d{{4}}(?:,?\ (?:at\ )?{_HOUR})?
            (?:\ (?:GMT|UTC)(?:[+-]\d+)?)?(?:\ \([A-Z][^)]*\))?
      | (?<![\w./-])\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}(?:,?\ {_HOUR})?
      | (?<![\w.:/-]){_HOUR}(?![\w:.])
    )
    | (?P<token>\bUnexpected\ token\ )\S+(?=\ in\ JSON)
    | (?P<markup><(?:!doctype|html|\?xml)\b.*$)
    | (?P<code>`(?:[^`]*)`)
    | "(?P<double>(?:[^"\\]|\\.)*"|[^"]{{200,}}$)
    | (?<!\w)'(?P<single>(?:[^'\\]|\\.|(?<=\w)'(?=\w))*?'(?!\w))
    | (?P<curly>“[^”]*”|«[^»]*»|‘[^’]*’)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_PIECES = re.compile(r"[^\s,;()\[\]{}<>=|\"'`!?*&]+|[\s,;()\[\]{}<>=|\"'`!?*&]+")
_REPEATED = re.compile(r"([^\s,]*(?:#|<\w+>|'…'|\"…\"|\{…\})[^\s,]*)(?:(?:, ?| and | or )\1(?![^\s,]))+")
_NAME_LIKE = re.compile(r"[\w.$()\[\]/#-]{1,80}")


def title_of(message: str) -> str:
    """`message` in at most LONGEST characters. What is a title already stays as it is."""
    text = _one_line(message[:_READ])
    if "{" in text:
        text = _without_objects(text)
    text = _words_by_shape(text)
    text = _REPEATED.sub(r"\1", _BLANKS.sub(" ", text).strip())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


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
    """What Prisma says of a call, below the lines of code that it shows."""
    paragraphs = [part.strip() for part in _PARAGRAPH.split(text) if part.strip()]
    told = 0
    for place, paragraph in enumerate(paragraphs):
        if _EXCERPT.match(paragraph):
            told = place + 1
    return _BLANKS.sub(" ", paragraphs[min(told, len(paragraphs) - 1)]) if paragraphs else ""


def _words_by_shape(text: str) -> str:
    parts: list[str] = []
    at = 0
    for found in _SPANS.finditer(text):
        if found.start() > at:
            parts += map(shape, _PIECES.findall(text[at : found.start()]))
        parts.append(_sign(found))
        at = found.end()
    parts += map(shape, _PIECES.findall(text[at:] if at else text))
    return "".join(parts)


def _sign(found: re.Match[str]) -> str:
    """What stands for a span of a message that is more than a word."""
    match found.lastgroup:
        case "kept":
            return found[0]
        case "name":
            return f"{found['schema']}{shape(found['name'])}"
        case "query":
            return f"{found['query']}{HOST}"
        case "url":
            return url_shape(found["url"])
        case "markup":
            return "<html>"
        case "route":
            return f"{found['verb']}{route(found['route'])}"
        case "time":
            return "<time>"
        case "token":
            return f"{found['token']}{NUMBER}"
        case "code":
            inner = found["code"][1:-1]
            return f"`{shape(inner)}`" if _NAME_LIKE.fullmatch(inner) else "`…`"
        case "single":
            return "'…'"
        case _:
            return '"…"'


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
    parts += (before, _said_by(written))


def _said_by(written: str) -> str:
    if not _IS_ERROR.search(written):
        return "{…}"
    code, message = _OBJECT_CODE.search(written), _OBJECT_MESSAGE.search(written)
    said = ": ".join(dict.fromkeys(found[1].replace('\\"', '"') for found in (code, message) if found))
    return said or "{…}"
