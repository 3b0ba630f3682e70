"""Looks through what bulltui stands on: `python -m scripts.audit` (`make audit`).

Without a network: every library of ours has a least version, every tool one exact version, none that is installed is
older than the one in which a known hole was closed, and each has a licence that ours goes with. Then pip-audit asks the
advisory service, where that answers; where it does not, that is said, and is no failure unless `--must-answer` is.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
EXTRAS = ("demo", "index", "shell")
"""What users may install beside the core."""

CLOSED: Mapping[str, tuple[str, str]] = {
    "certifi": ("2024.7.4", "CVE-2024-39689: a root that is not to be trusted"),
    "idna": ("3.7", "CVE-2024-3651: names that take forever"),
    "markdown-it-py": ("2.2.0", "CVE-2023-26302 and CVE-2023-26303: a crash by text"),
    "pygments": ("2.15.1", "CVE-2022-40896: expressions that take forever"),
    "redis": ("4.5.5", "CVE-2023-28858 and CVE-2023-28859: answers for somebody else"),
    "requests": ("2.32.4", "CVE-2024-47081: passwords for another host"),
    "urllib3": ("2.5.0", "CVE-2025-50181: redirects that were switched off"),
}
"""The version in which the last hole known here was closed, and which one it was. Extended when another is known."""

LICENCES = re.compile(
    r"MIT|BSD|Apache|ISC|Python Software Foundation|PSF|MPL|Mozilla|Unlicense|ZPL|0BSD", re.IGNORECASE
)
COPYLEFT = re.compile(r"(?<!L)(?:AGPL|GPL)|Affero|General Public Licen[cs]e", re.IGNORECASE)

NO_ANSWER = re.compile(
    r"ServiceError|ConnectionError|Max retries|timed out|Temporary failure|Name or service|ProxyError|SSLError|"
    r"Connection refused|No route|Network is unreachable|[45][0-9][0-9] (?:Client|Server) Error",
    re.IGNORECASE,
)


def bounds(project: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the versions that a pyproject asks for."""
    optional = project.get("optional-dependencies")
    extras: Mapping[str, list[str]] = optional if isinstance(optional, dict) else {}
    core = project.get("dependencies")
    for group, lines in (("core", core if isinstance(core, list) else []), *extras.items()):
        for line in lines:
            wanted = Requirement(line)
            operators = {one.operator for one in wanted.specifier}
            if wanted.name == "bulltui":
                continue
            if wanted.url:
                yield f"{wanted.name} ({group}) comes from {wanted.url}, not from the index."
            elif not operators & {">=", "==", "~=", ">"}:
                yield f"{wanted.name} ({group}) has no least version."


def closure(roots: Iterable[str]) -> set[str]:
    """The names of all that is installed for these requirements."""
    found: set[str] = set()
    todo = [(one.name, frozenset(one.extras)) for one in map(Requirement, roots)]
    while todo:
        name, wanted = todo.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found and not wanted:
            continue
        try:
            requires = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            continue
        found.add(key)
        for line in requires:
            one = Requirement(line)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
                todo.append((one.name, frozenset(one.extras)))
    return found


def too_old(installed: Mapping[str, str]) -> Iterator[str]:
    """Those in which a hole is still open."""
    for name, version in sorted(installed.items()):
        closed = CLOSED.get(name)
        if closed is not None and Version(version) < Version(closed[0]):
            yield f"{name} {version} is older than {closed[0]} ({closed[1]})."


def licences(names: Iterable[str]) -> Iterator[str]:
    """Those whose licence is not one that ours goes with."""
    for name in sorted(names):
        told = metadata.metadata(name)
        words = [line[:200] for field in ("License-Expression", "License") for line in told.get_all(field) or ()]
        words += [line for line in told.get_all("Classifier") or () if line.startswith("License")]
        text = " ".join(words)
        if not LICENCES.search(text) or (COPYLEFT.search(text) and not re.search(r"\bOR\b", text)):
            yield f"{name} has a licence that is not known to go with ours: {text.strip()[:80] or 'none told'}."


def ask_service(command: Iterable[str]) -> tuple[bool, list[str]]:
    """Whether the advisory service answered, and what it has to say."""
    try:
        done = subprocess.run([*command], capture_output=True, text=True, timeout=180, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, [str(error)]
    said = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode == 0:
        return True, []
    if NO_ANSWER.search("\n".join(said)):
        return False, said[-1:]
    return True, said


def roots_of(project: Mapping[str, Any]) -> list[str]:
    """What users install: the core, and what stands beside it."""
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]


def problems() -> list[str]:
    """All that can be found without a network."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = closure(roots_of(project))
    installed = {name: metadata.version(name) for name in ours}
    return [*bounds(project), *too_old(installed), *licences(ours)]


def main() -> int:
    """The exit code: 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offline", action="store_true", help="do not ask the advisory service")
    parser.add_argument("--must-answer", action="store_true", help="fail where the service does not answer")
    given = parser.parse_args()
    found = problems()
    answered = True
    if not given.offline:
        answered, said = ask_service([sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner=off"])
        if answered:
            found += said
        else:
            print(f"The advisory service did not answer: {' '.join(said)}")
    for line in found:
        print(line)
    print(f"{len(found)} found." if found else "Nothing found.")
    return int(bool(found) or (given.must_answer and not answered))


if __name__ == "__main__":
    sys.exit(main())
