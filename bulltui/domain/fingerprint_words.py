"""What stays of a single word of an error message, and which sign stands for what varies in it."""

import re
from functools import lru_cache

NUMBER = "#"
"""Stands for numbers and ids alike: an id may happen to consist of digits only."""

HOST = "<host>"
EMAIL = "<email>"
PATH = "<path>"

_CODE = re.compile(r"P[1-6]\d{3}|E1\d{4}|ORA-\d{5}|TS\d{4,5}|PGRST\d{3}")
"""Codes of errors with digits that are no ids: of Prisma, MongoDB, Oracle, TypeScript, PostgREST."""

_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"([A-Za-z][\w+.-]*)://[^/?]*([^?]*)")
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:/\d{1,2})?(?![\d.])")
_IPV6 = re.compile(
    r"(?<![\w:])(?=:*[0-9a-fA-F])(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){5})[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:%\w+)?(?::\d+)?(?![\w:])"
)
_TOPS = (
    "com|net|org|io|dev|app|co|cloud|internal|intern|local|localdomain|lan|corp|private|cluster|svc|info|biz|eu|de|uk"
)
_NAMED_HOST = re.compile(
    rf"(?<![\w@-])(?:[A-Za-z0-9_](?:[\w-]*\w)?\.)+(?:(?:{_TOPS}|fr|nl|us|in|ch|test|example)\.?(?::\d+)?|[A-Za-z]\w*:\d{{2,5}})(?![\w.-])"
)
_WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\)[^:*?\"<>|]+")
_PATH = re.compile(r"(?:~|\.{1,2})?/[^/=&]*[^=&]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX = re.compile(
    r"(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]+|(?=[0-9a-fA-F]*\d)(?:[0-9a-f]{6,}|[0-9A-F]{6,})|[0-9a-f]{24,})(?![A-Za-z0-9])"
)
_RUN = re.compile(r"[A-Za-z0-9]+")
_NUMBERS = re.compile(r"(?:(?<![\w)])[+-])?#(?:[.,:_/+-]{0,2}#)*")
_CHANGE = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])")
_CONSONANTS = re.compile("^(?:[a-z]*|[A-Z][a-z]*)[bcdfghjklmnpqrstvwxz]{6,}|^[A-Z]*[BCDFGHJKLMNPQRSTVWXZ]{6,}[A-Z]*$")
_HEX_LETTERS = re.compile("[a-f]+|[A-F]+")
_CAMEL = re.compile(
    "[a-z]*(?:(?:To|By|Id|Is|Of|In|On|At|As|Or|If|Db|Js|My|No|Do|Go|Up|So|Re|Un|Ip|Os|Io)(?![a-z])|[A-Z]+[a-z]{2,})*[A-Z]*"
)
_LOWER, _UPPER, _DIGIT = re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]")
_LONG_ID = re.compile(r"(?<![A-Za-z0-9_-])(?P<prefix>(?:[a-z]{2,12}_)*)(?P<id>[A-Za-z0-9_-]{8,})")
_PARTS = re.compile("[-_0-9]+")
_MIXED = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")


@lru_cache(32_768)
def shape(word: str) -> str:
    """A word of a message, without blanks, with what varies in it replaced. The shape of a shape is itself."""
    if word.isalpha():
        return NUMBER if _unspeakable(word) else word
    if len(word) > 400:
        return NUMBER
    if _CODE.fullmatch(word.rstrip(":.")):
        return word
    if "@" in word:
        word = _EMAIL.sub(EMAIL, word)
    if ":" in word:
        word = _IPV6.sub(HOST, word)
    if "." in word:
        word = _IPV4.sub(HOST, word)
        word = _NAMED_HOST.sub(HOST, word)
    if _WINDOWS_PATH.match(word) or ("/" in word and _PATH.fullmatch(word) and word.strip("/.")):
        return PATH + word[len(word.rstrip(":.")) :]
    return _plain(word)


def url_shape(url: str) -> str:
    """A URL by its scheme and the shape of its path."""
    found = _URL.match(url)
    if found is None:
        return HOST
    scheme, path = found.groups()
    return f"{scheme}://{PATH}" if scheme.lower() == "file" else f"{scheme}://{HOST}{route(path)}"


def route(path: str) -> str:
    """The path of a URL, each name in it by its shape."""
    return "/".join(_plain(name) for name in path.split("/")[:12])


def _plain(word: str) -> str:
    """A word that is no address: its ids and numbers replaced."""
    if len(word) < 8 and not _DIGIT.search(word):
        return word
    if len(word) >= 8:
        word = _LONG_ID.sub(_long, _UUID.sub(NUMBER, word))
    return _NUMBERS.sub(NUMBER, _RUN.sub(_run, _HEX.sub(NUMBER, word)))


def _long(match: re.Match[str]) -> str:
    prefix, run = match.groups()
    return f"{prefix}{NUMBER}" if _random(run, prefixed=bool(prefix)) else match[0]


def _random(run: str, *, prefixed: bool) -> bool:
    """Whether what has letters, digits, `_` and `-` was drawn at random: behind a prefix such as `cus_` that needs
    little, else letters of both cases and digits change places as in no name."""
    lower, upper, digit = _LOWER.search(run), _UPPER.search(run), _DIGIT.search(run)
    if prefixed and "_" not in run and "-" not in run:
        return bool(lower and (upper or digit))
    if not (lower and upper):
        return False
    if digit and len(_MIXED.findall(run)) * 10 > len(run) * (2 if len(run) >= 16 else 3):
        return True
    return len(run) >= 16 and any(_mixed(part) for part in _PARTS.split(run) if len(part) > 3)


def _run(match: re.Match[str]) -> str:
    """Letters and digits without anything between them."""
    run = match[0]
    if run.isalpha():
        return NUMBER if _unspeakable(run) else run
    if run.isdigit():
        return NUMBER
    letters = run.rstrip("0123456789")
    if _HEX_LETTERS.fullmatch(letters):  # however long: as an id it may have any number of digits
        return NUMBER
    if len(letters) <= 12 and letters.isalpha() and not (_mixed(letters) or _unspeakable(letters)):
        return letters + NUMBER
    if len(_CHANGE.findall(run)) <= 1 and len(run) < 8:  # 30s, 10MB, 3rd
        return NUMBER + run.lstrip("0123456789")
    return NUMBER


def _unspeakable(letters: str) -> bool:
    """Whether letters are an id: as long as one, and no word or name in any way to write one."""
    if len(letters) < 8 or not letters.isascii():
        return False
    return _mixed(letters) or bool(_CONSONANTS.search(letters))


def _mixed(letters: str) -> bool:
    """Whether letters of both cases change places as in no name."""
    if letters.islower() or letters.isupper() or letters.istitle():
        return False
    return not _CAMEL.fullmatch(letters) or (len(letters) >= 8 and len(_UPPER.findall(letters)) * 2 > len(letters))
