"""The demo opens a shop within seconds, tells when it breaks, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import bulltui.demo.shop as shop_module
from bulltui.demo.shop import Demo, DemoError, simulator_command

from .test_server import ask, runs, within


def test_the_command_runs_the_simulator_of_this_very_package() -> None:
    command = simulator_command("redis://127.0.0.1:1", ["--seed", "3"])
    assert command[:4] == [sys.executable, "-P", "-m", "simulator"]
    assert command[4:] == ["--url", "redis://127.0.0.1:1", "--seed", "3"]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_module, "find_spec", lambda _: None)
    with pytest.raises(DemoError, match="not installed") as caught:
        simulator_command("redis://127.0.0.1:1")
    assert "bulltui[demo]" in caught.value.hint


def test_a_stranger_called_simulator_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "simulator").mkdir()
    (tmp_path / "simulator" / "__main__.py").write_text("raise SystemExit('stranger')")
    (tmp_path / "simulator" / "__init__.py").touch()
    code = "from bulltui.demo.shop import _find_simulator as f; import sys; sys.path.insert(0, sys.argv[1]); print(f())"
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "None"


def test_a_shop_opens_and_closes_without_a_trace() -> None:
    with Demo(["--queues", "8"]) as demo:
        assert demo.problem() is None
        assert ask(demo.server, "EXISTS bull:orders:meta bull:payments:failed").startswith(b":2")
        assert within(5, lambda: b"bull:orders:w:orders-1" in ask(demo.server, "CLIENT LIST"))
        folder, pid = demo.server.folder, demo.server.pid
        simulator = demo._simulator
        assert simulator is not None
    assert not folder.exists()
    assert not runs(pid)
    assert not runs(simulator.pid)


def test_what_lies_in_the_folder_one_stands_in_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("random.py", "bullmq.py", "bulltui.py"):
        (tmp_path / name).write_text("raise SystemExit('stranger')")
    monkeypatch.chdir(tmp_path)
    with Demo(["--queues", "2"]) as demo:
        assert demo.problem() is None


def test_it_tells_when_the_simulator_or_the_server_has_died() -> None:
    with Demo(["--queues", "2"]) as demo:
        assert demo._simulator is not None
        os.kill(demo._simulator.pid, signal.SIGKILL)
        assert within(2, lambda: demo.problem() is not None)
        assert "simulator has ended (exit -9" in str(demo.problem())
        demo.server.kill()
        assert "server" in str(demo.problem())


def test_a_simulator_that_refuses_is_an_error_and_leaves_nothing() -> None:
    demo = Demo(["--no-such-option"])
    with pytest.raises(DemoError, match=r"exit 2.*--no-such-option"):
        demo.start()
    assert not demo.server.alive


def test_killed_outright_it_takes_server_and_simulator_along() -> None:
    code = (
        "import time; from bulltui.demo.shop import Demo\n"
        "with Demo(['--queues', '2']) as demo:\n"
        "    print(demo.server.pid, demo._simulator.pid, demo.server.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        server, simulator, folder = owner.stdout.readline().split()
        owner.kill()
    assert within(3, lambda: not runs(int(server)) and not runs(int(simulator)) and not Path(folder).exists())
