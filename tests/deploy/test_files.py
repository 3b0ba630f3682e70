"""What is shipped to run bulltui as a service: files that others read, checked as far as one can here."""

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

from bulltui.cli.monitor import PORT
from tests.cli.conftest import here

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
UNIT = DEPLOY / "systemd" / "bulltui-monitor.service"
NOBODYS = 10001
STATE = "/var/lib/bulltui"


# --- the container


def steps() -> list[tuple[str, str]]:
    """The instructions of the container file, each in one line."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def words(kind: str, last: bool = True) -> str:
    found = [rest for word, rest in steps() if word == kind]
    return found[-1] if last else " ".join(found)


def test_all_that_is_copied_is_there_and_in_the_context() -> None:
    ignored = (ROOT / ".containerignore").read_text()
    assert ignored == (ROOT / ".dockerignore").read_text()
    sent = {line[1:] for line in ignored.splitlines() if line.startswith("!")}
    assert ignored.startswith("*\n")
    copied = [shlex.split(rest) for word, rest in steps() if word == "COPY"]
    for copy in copied:
        *sources, _ = copy
        if sources[0].startswith("--from="):
            assert sources[0] == "--from=build"
            continue
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in sent, source
    # What a build of the package reads.
    project = (ROOT / "pyproject.toml").read_text()
    for needed in ("README.md", "LICENSE", "simulator", "bulltui"):
        assert needed in project
        assert any(needed in copy for copy in copied), needed


def test_the_image_is_small_and_nobodys() -> None:
    bases = [rest for word, rest in steps() if word == "FROM"]
    assert len(bases) == 2
    assert all(re.match(r"docker\.io/library/python:3\.\d+-slim\b", base) for base in bases)
    assert bases[0].split()[0] == bases[1], "another Python would not find what was installed for this one"
    final = steps()[[at for at, (word, _) in enumerate(steps()) if word == "FROM"][-1] :]
    assert ("USER", f"{NOBODYS}:{NOBODYS}") in final
    before = [word for word, _ in final[: final.index(("USER", f"{NOBODYS}:{NOBODYS}"))]]
    assert "ENTRYPOINT" not in before
    assert not any("apt" in rest or "pip" in rest for _, rest in final)
    assert not any(word == "ADD" for word, _ in steps())
    assert yaml.safe_load(words("VOLUME")) == [STATE]
    assert f"BULLTUI_STATE_DIR={STATE}/state" in words("ENV")
    assert str(PORT) == words("EXPOSE")


def test_its_commands_are_those_of_the_command_line() -> None:
    entry, command = yaml.safe_load(words("ENTRYPOINT")), yaml.safe_load(words("CMD"))
    assert entry == ["bulltui"]
    ended = here(*command, "--help")
    assert ended.code == 0
    check = yaml.safe_load(words("HEALTHCHECK").partition("CMD")[2])
    assert check[:2] == ["python", "-c"]
    compile(check[2], "healthcheck", "exec")
    assert f"127.0.0.1:{PORT}/healthz" in check[2]


# --- Kubernetes


def documents() -> Iterator[dict[str, Any]]:
    for path in sorted(KUBERNETES.glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = [one for one in documents() if one["kind"] == kind]
    return found


def test_every_object_has_its_place() -> None:
    kinds = {one["kind"]: one["apiVersion"] for one in documents()}
    assert kinds == {
        "Secret": "v1",
        "ConfigMap": "v1",
        "PersistentVolumeClaim": "v1",
        "Deployment": "apps/v1",
        "Service": "v1",
        "ServiceMonitor": "monitoring.coreos.com/v1",
        "NetworkPolicy": "networking.k8s.io/v1",
    }
    for one in documents():
        assert one["metadata"]["labels"]["app.kubernetes.io/name"] == "bulltui", one["kind"]


def test_the_pod_is_one_and_may_do_little() -> None:
    spec = of_kind("Deployment")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}
    pod = spec["template"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert of_kind("Service")["spec"]["selector"].items() <= labels.items()
    assert of_kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert pod["automountServiceAccountToken"] is False
    security = pod["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"], security["fsGroup"]) == (True, NOBODYS, NOBODYS)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounts.keys() == {one["name"] for one in pod["volumes"]}
    state = next(one["value"] for one in container["env"] if one["name"] == "BULLTUI_STATE_DIR")
    # With fsGroup the root of a volume may be written by a group, which we refuse to trust.
    assert Path(state).parent == Path(mounts["state"])
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert ports == {"metrics": PORT}
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    assert {probe["port"] for probe in probes.values()} == {"metrics"}
    secret = of_kind("Secret")
    for one in container["env"]:
        reference = one.get("valueFrom", {}).get("secretKeyRef")
        if reference:
            assert reference["name"] == secret["metadata"]["name"]
            assert reference["key"] in secret["stringData"]
    claims = {one["persistentVolumeClaim"]["claimName"] for one in pod["volumes"] if "persistentVolumeClaim" in one}
    assert claims == {of_kind("PersistentVolumeClaim")["metadata"]["name"]}


def test_reports_find_the_claim_and_the_pod_of_the_monitor() -> None:
    job = yaml.safe_load((DEPLOY / "report" / "cronjob.yaml").read_text())
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    claims = {one["persistentVolumeClaim"]["claimName"] for one in pod["volumes"]}
    assert of_kind("PersistentVolumeClaim")["metadata"]["name"] in claims
    monitor = of_kind("Deployment")["spec"]["template"]
    (beside,) = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert beside["labelSelector"]["matchLabels"].items() <= monitor["metadata"]["labels"].items()
    theirs = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    ours = {one["name"]: one.get("value") for one in monitor["spec"]["containers"][0]["env"]}
    assert theirs["BULLTUI_STATE_DIR"] == ours["BULLTUI_STATE_DIR"]


def test_prometheus_is_told_the_right_port_and_token() -> None:
    service, scrape = of_kind("Service")["spec"], of_kind("ServiceMonitor")["spec"]
    (port,), (endpoint,) = service["ports"], scrape["endpoints"]
    assert (port["name"], port["port"]) == (endpoint["port"], PORT)
    assert scrape["selector"]["matchLabels"].items() <= of_kind("Service")["metadata"]["labels"].items()
    token = endpoint["authorization"]["credentials"]
    assert token["name"] == of_kind("Secret")["metadata"]["name"]
    assert token["key"] in of_kind("Secret")["stringData"]
    assert service["publishNotReadyAddresses"] is True


def test_its_command_and_configuration_are_understood(tmp_path: Path) -> None:
    container = of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert here(*container["args"], "--help").code == 0
    config = tmp_path / "c.toml"
    config.write_text(of_kind("ConfigMap")["data"]["config.toml"])
    ended = here("config", "check", "--config", str(config))
    assert (ended.code, "Nothing is wrong" in ended.out) == (0, True), ended.out


# --- systemd


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_says_what_it_has_to() -> None:
    told = unit()
    wanted = {
        "Type": "notify",
        "DynamicUser": "yes",
        "StateDirectory": "bulltui",
        "ProtectSystem": "strict",
        "NoNewPrivileges": "yes",
        "WatchdogSec": "30",
        "ExecReload": "/bin/kill -HUP $MAINPID",
        "UMask": "0077",
    }
    assert {name: told[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    report = (DEPLOY / "report" / "bulltui-report@.service").read_text()
    for same in ("User=bulltui", "DynamicUser=yes", "StateDirectory=bulltui", "BULLTUI_STATE_DIR=%S/bulltui"):
        assert same in report
        assert same in UNIT.read_text()


def test_its_command_is_understood() -> None:
    (line,) = unit()["ExecStart"]
    program, *arguments = shlex.split(line)
    assert program.endswith("/bin/bulltui")
    assert here(*arguments, "--help").code == 0


def test_systemd_takes_it_and_finds_it_safe(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is missing (Debian: apt-get install systemd)")
        pytest.skip("there is no systemd-analyze; what it would check is checked by words above")
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("/opt/bulltui/bin/bulltui", "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=15", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr
