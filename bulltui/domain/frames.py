"""The lines of a stack trace, of Node and of Python: which are the user's own code, and what stays the same of them
from release to release."""

import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache

from bulltui.domain.jsontext import parse_start_of_texts
from bulltui.domain.text import visible_lines

_MOST_LINES = 2000  # of one trace


class FrameKind(StrEnum):
    """What a line of a stack trace is."""

    MESSAGE = "message"
    OWN = "own"
    LIBRARY = "library"


_NODE_FRAME = re.compile(r"^\s+at\s")
_PYTHON_FRAME = re.compile(r'^\s+File "')
_NODE_CORE = "events|net|fs|timers|dns|tls|http|https|domain|vm|module|buffer|assert|util|stream|zlib|child_process"
_LIBRARY = re.compile(
    r"node_modules[/\\]|\bnode:|\(internal/|at internal/|<anonymous>(?::\d+:\d+)?\)*\s*$|site-packages|dist-packages"
    r"|/lib/python3|File \"<frozen|\bnative\)?\s*$|/\.pnpm/|/\.yarn/|\bwasm:|webpack/(?:bootstrap|runtime)"
    rf"|[( ](?:{_NODE_CORE}|_[a-z_]+)\.js:\d|\(index \d+\)\s*$"
)


def classify(trace: str) -> list[tuple[FrameKind, str]]:
    """Each line of a trace with its kind. A line of source code under a Python frame goes with its frame."""
    lines: list[tuple[FrameKind, str]] = []
    kind = FrameKind.MESSAGE
    for line in visible_lines(trace).split("\n")[:_MOST_LINES]:
        if is_frame(line):
            kind = FrameKind.LIBRARY if _LIBRARY.search(line) else FrameKind.OWN
        elif not (kind is not FrameKind.MESSAGE and line.startswith("    ")):
            kind = FrameKind.MESSAGE
        lines.append((kind, line))
    while lines and not lines[-1][1].strip():
        lines.pop()
    return lines


def is_frame(line: str) -> bool:
    """Whether a line of a trace says where the code was."""
    return bool(_NODE_FRAME.match(line) or _PYTHON_FRAME.match(line))


def kinds_of_frames(lines: Iterable[tuple[FrameKind, str]]) -> list[FrameKind]:
    """The kinds of those lines that are frames."""
    return [kind for kind, line in lines if is_frame(line)]


# --- the last trace of the field `stacktrace`

_HEAD = 1_000  # characters of what stands before the frames that are looked at


def last_trace(field: str) -> str:
    """The newest of the traces in a job's field `stacktrace`, a JSON array of texts, of which one end may be cut off.
    What is no such array is taken for a trace itself. Never raises.

    >>> last_trace('["Error: a", "Error: b"]')
    'Error: b'
    """
    text = field.rstrip()
    if text.endswith('"]'):
        return _unescaped(text[_start_of_last(text) : -2])
    if text.startswith("["):
        texts = parse_start_of_texts(text)
        return texts[-1] if texts else ""
    return "" if text == "null" else field


def head_and_frame(field: str) -> tuple[str, str]:
    """Of the newest trace in a job's field `stacktrace` what stands before its frames (the class and the message, of a
    long one the start; of a trace of Python all), and its `own_frame`. This is `last_trace` made for many jobs: the
    same frames are looked at once, and no trace is taken out of its JSON as a whole."""
    if field.endswith('"]'):
        start = _start_of_last(field)
        at = field.find("\\n    at ", start)
        if at >= 0:
            return _unescaped(field[start : min(at, start + _HEAD)]), _frame_of(field[at:-2])
    trace = last_trace(field)
    return trace, own_frame(trace)


@lru_cache(4_096)
def _frame_of(escaped: str) -> str:
    return own_frame(_unescaped(escaped))


def _start_of_last(text: str) -> int:
    """Where the last text of an array that ends with `"]` begins; 0 where its beginning is cut off."""
    at = len(text) - 2
    while (at := text.rfind('"', 0, at)) > 0:
        before = at
        while before and text[before - 1] == "\\":
            before -= 1
        if (at - before) % 2 == 0:
            break
    return at + 1


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        found = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text.replace("\\n", "\n").replace('\\"', '"')
    return str(found)


# --- the top frame of one's own code


def own_frame(trace: str) -> str:
    """The frame nearest to the error that is the user's own code, as it stays from release to release: its function and
    the end of its path. Empty where no line of the trace is the user's own.

    >>> own_frame("Error: no\\n    at charge (/srv/app/releases/20251101/src/pay.ts:8:13)")
    'charge (src/pay.ts)'
    """
    root = _root(trace)
    if 'File "' in trace:
        for line in _last_block(trace):
            if found := _stable_python(line, root):
                return found
    for line in trace.split("\n", _MOST_LINES)[:_MOST_LINES]:
        if "at " in line and (found := _stable_node(line, root)):
            return found
    return ""


def _root(trace: str) -> str:
    """The folder that the libraries lie in, which is that of the program: its path up to there is of no interest."""
    for folder in ("node_modules", ".venv", "venv/"):
        at = trace.find(folder)
        if at > 0:
            start = max(trace.rfind(sign, 0, at) for sign in '( "') + 1
            return _plain(trace[start:at])
    return ""


def _last_block(trace: str) -> Iterator[str]:
    """The frames of the error that was raised last, the nearest to it first: Python writes that one last."""
    lines = trace[-64 * 1024 :].split("\n")
    for line in reversed(lines):
        if line.startswith("Traceback ("):
            return
        if _PYTHON_FRAME.match(line):
            yield line


_NODE_PARTS = re.compile(
    r"^\s+at (?:async )?(?:(?P<function>.+?) \((?P<path>.+?)(?::\d+){0,2}\)|(?P<bare>.+?)(?::\d+){0,2})\s*$"
)
_PYTHON_PARTS = re.compile(r'^\s+File "(?P<path>[^"]+)"(?:, line \d+)?(?:, in (?P<function>.+?))?\s*$')
_ALIAS = re.compile(r" \[as [^\]]*\]")
_UNNAMED = re.compile(r"^(?:Object|process|Module|global|globalThis|exports|module\.exports|e|t|n|r)\.<?")


@lru_cache(8_192)
def _stable_node(line: str, root: str) -> str:
    if len(line) > 1000 or not _NODE_FRAME.match(line) or _LIBRARY.search(line):
        return ""
    found = _NODE_PARTS.match(line)
    return _stable(found["function"] or "", found["path"] or found["bare"], root) if found else ""


@lru_cache(8_192)
def _stable_python(line: str, root: str) -> str:
    if len(line) > 1000 or _LIBRARY.search(line):
        return ""
    found = _PYTHON_PARTS.match(line)
    return _stable(found["function"] or "", found["path"], root) if found else ""


def _stable(function: str, path: str, root: str) -> str:
    name, place = _stable_name(function), stable_path(path, root)
    return f"{name} ({place})" if name else place


def _stable_name(function: str) -> str:
    """A function's name without what only this build or call knows; empty for one that has none."""
    name = _ALIAS.sub("", function).strip()
    while (shorter := _UNNAMED.sub("", name)) != name:
        name = shorter
    if name.startswith("eval at") or name in ("anonymous>", "<anonymous>", "<module>", "eval", "new <anonymous>"):
        return ""
    # A minifier's names change with every build.
    return "" if all(len(part) <= 2 for part in name.removeprefix("new ").split(".")) else name


_SCHEME = re.compile(r"^(?:file|webpack|webpack-internal|rsc|app|evalmachine)?:/{1,3}(?:[\w@.-]*/\./|\(\w+\)/\./)?")
_ROOTS = frozenset(("src", "dist", "build", "lib", "out"))
_EXTENSION = re.compile(r"\.[cm]?[jt]sx?$|\.py$")
_BUILD = re.compile(r"(?<=[.-])[A-Za-z0-9_]{8,}(?=[.-]|$)")
_CHANGING = re.compile(r"(?=[^/]*\d)[0-9a-f]{6,}|\d[\d.:T_-]*|v?\d+(?:\.\d+)+[\w.-]*")
_SIGNS = re.compile("#(?:[.-]?#)+")


def stable_path(path: str, root: str = "") -> str:
    """The end of a path, seen from the folder `root` where it lies there: at most three names, from the root of the
    sources on where it is seen, with what a release or a build puts into them replaced by `#`."""
    plain = _plain(path).partition("?")[0]
    if root and plain.startswith(root):
        plain = plain[len(root) :]
    names = [name for name in plain.split("/") if name not in ("", ".", "..")][-3:]
    kept: list[str] = []
    for name in names:
        stable = _stable_part(name)
        if stable == "#" and name is not names[-1]:
            kept.clear()  # a release: what stands before it only says where it was unpacked
        else:
            kept.append(stable)
    for place, name in enumerate(kept[:-1]):
        if name in _ROOTS:
            return "/".join(kept[place:])
    return "/".join(kept)


def _plain(path: str) -> str:
    """A path as Unix writes it, without what a loader puts before it."""
    return _SCHEME.sub("/", path.replace("\\", "/"))


def _stable_part(name: str) -> str:
    ending = _EXTENSION.search(name)
    stem = name[: ending.start()] if ending else name
    stable = _CHANGING.sub("#", _BUILD.sub(_build, stem))
    return _SIGNS.sub("#", stable) + (ending[0] if ending else "")


def _build(match: re.Match[str]) -> str:
    """A part of a file's name that a bundler made of its contents is known by its digits, or by its capitals."""
    part = match[0]
    capitals = sum(sign.isupper() for sign in part)
    return "#" if capitals * 10 >= len(part) * 3 or any(sign.isdigit() for sign in part) else part
