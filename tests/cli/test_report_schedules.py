"""What `docs/reports.md` and the files beside it say can be done: every command in them, and each schedule."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Run
from tests.cli.fakes import Opened

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy" / "report"
SCRIPT = FOLDER / "bulltui-report"
CRON = FOLDER / "bulltui-report.cron"
DOCUMENT = ROOT / "docs" / "reports.md"
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def required(name: str) -> str:
    """A command that must be there in CI."""
    if found := shutil.which(name):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} must be there in CI")
    pytest.skip(f"there is no {name}")


def cronjob() -> Any:
    return yaml.safe_load((FOLDER / "cronjob.yaml").read_text())


def commands() -> Iterator[tuple[str, ...]]:
    """The words behind `bulltui` of each command that makes a report, as a shell divides them."""
    for block in re.findall(r"```(?:console)?\n(.*?)```", DOCUMENT.read_text(), re.DOTALL):
        for line in block.splitlines():
            if (at := line.find("bulltui report ")) >= 0 or line.startswith("bulltui report"):
                words = shlex.split(line[max(at, 0) :], comments=True)
                end = next((place for place, word in enumerate(words) if word in ("|", ">")), len(words))
                yield tuple(words[1:end])
    yield tuple(cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"])


def at_times(line: str) -> list[str]:
    """The five fields of a line of a crontab, each within what it may be."""
    fields = line.split()[:5]
    for field, (least, most) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            numbers = re.fullmatch(r"\*(?:/(\d+))?|(\d+)(?:-(\d+))?", part)
            assert numbers, part
            assert all(least <= int(number) <= most for number in numbers.groups()[1:] if number)
    return fields


def test_every_command_of_the_document_works(
    run: Run, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    told = list(commands())
    assert len(told) >= 9
    for words in told:
        words = tuple(f"there/{Path(word).name}" if word.startswith("/") else word for word in words)  # noqa: PLW2901
        words = tuple("2025-06-14" + word[10:] if word.startswith("2026-11-27") else word for word in words)  # noqa: PLW2901
        ended = run(*words)
        # The history of the fake is empty, so that it is not whole.
        assert ended.code == 3, (words, ended.err)
        assert "Not whole: The history has nothing" in ended.err
    assert {path.name for path in (tmp_path / "there").iterdir()} == {"day.html"}


def test_the_document_names_every_field(run: Run, opened: Opened) -> None:
    document = run("report", "-o", "json").json
    text = DOCUMENT.read_text()
    for name in (*document, *document["total"], *document["period"], *document["errors"], *document["total"]["run"]):
        assert f"`{name}`" in text, name


def test_the_crontab_can_be_read() -> None:
    lines = [line for line in CRON.read_text().splitlines() if line and not line.startswith("#")]
    jobs = [line for line in lines if not re.match(r"[A-Z_]+=", line)]
    assert [at_times(line) for line in jobs] == [["5", "7", "*", "*", "*"], ["15", "7", "*", "*", "1"]]
    assert [line.split()[5:] for line in jobs] == [
        ["bulltui", "bulltui-report", "day"],
        ["bulltui", "bulltui-report", "week"],
    ]
    assert "%" not in "".join(jobs)  # which ends a line there


def test_the_job_of_kubernetes_is_at_the_same_time_and_may_do_little() -> None:
    spec = cronjob()["spec"]
    assert at_times(spec["schedule"]) == at_times("5 7 * * *")
    assert spec["concurrencyPolicy"] == "Forbid"
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
    written = Path(container["args"][container["args"].index("--to") + 1])
    assert any(written.is_relative_to(one["mountPath"]) for one in container["volumeMounts"])


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = required("systemd-analyze")
    for path in FOLDER.iterdir():
        # The commands must be there for it, and the user.
        text = path.read_text().replace("/usr/local/bin/bulltui-report", str(SCRIPT))
        (tmp_path / path.name).write_text(text.replace("=bulltui\n", "=root\n") if "User=" in text else text)
    units = [
        "bulltui-report@day.service",
        "bulltui-report@week.service",
        "bulltui-report@day.timer",
        "bulltui-report@week.timer",
    ]
    for kind in ("day", "week"):
        shutil.copy(tmp_path / "bulltui-report@.service", tmp_path / f"bulltui-report@{kind}.service")
    done = subprocess.run(
        [analyze, "verify", "--man=no", *(str(tmp_path / unit) for unit in units)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ours = [line for line in done.stderr.splitlines() if "bulltui" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
    for kind in ("day", "week"):
        when = re.search(r"^OnCalendar=(.*)$", (FOLDER / f"bulltui-report@{kind}.timer").read_text(), re.MULTILINE)
        assert when is not None
        subprocess.run([analyze, "calendar", when[1]], check=True, capture_output=True, timeout=30)


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 3), (6, 6)])
def test_the_script_writes_mails_and_drops_what_is_old(tmp_path: Path, code: int, ends: int) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    stub = (
        '#!/bin/sh\necho "bulltui $*" >>"$CALLS"\n'
        'while [ $# -gt 0 ]; do [ "$1" = --to ] && echo page >"$2"; shift; done\necho text\nexit "$ENDS"\n'
    )
    (tools / "bulltui").write_text(stub)
    (tools / "mail").write_text('#!/bin/sh\necho "mail $* $(cat)" >>"$CALLS"\n')
    for path in tools.iterdir():
        path.chmod(0o755)
    folder = tmp_path / "reports"
    folder.mkdir()
    old = folder / "day-2020-01-01.html"
    old.write_text("old")
    os.utime(old, (0, 0))
    (folder / "week-2020-01-01.html").write_text("new")
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls"), "ENDS": str(code)}
    environment |= {"BULLTUI_REPORTS": str(folder), "BULLTUI_REPORT_TO": "ops@example.com"}
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT)], env=environment, check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == ends, done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert re.fullmatch(
        rf"bulltui report --period day --last --to {folder}/day-\d{{4}}-\d\d-\d\d\.html --overwrite", calls[0]
    )
    if code == 6:
        assert len(calls) == 1
        return
    assert calls[1:] == [
        "bulltui report --period day --last --format md",
        "mail -s BullMQ, the last day ops@example.com text",
    ]
    assert not old.exists()
    assert len(list(folder.iterdir())) == 2
