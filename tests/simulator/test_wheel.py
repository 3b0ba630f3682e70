"""The wheel carries the simulator inside our own package, where it works as well."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bulltui.demo.server import EmbeddedServer

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_simulator_runs_from_the_wheel(tmp_path: Path, server: EmbeddedServer) -> None:
    def pip(*args: str) -> None:
        subprocess.run([sys.executable, "-m", "pip", "-q", *args], check=True, cwd=tmp_path, capture_output=True)

    pip("wheel", "--no-deps", "-w", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("bulltui-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"bulltui"}
    assert "bulltui/_simulator/__main__.py" in names
    site = tmp_path / "site"
    pip("install", "--no-deps", "--target", str(site), str(wheel))

    # The dependencies come from this environment, but not its .pth files, so nothing of the source tree is found.
    run = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "import importlib.util as u; assert u.find_spec('simulator') is None\n"
        "from bulltui.demo.shop import Demo, simulator_command; import bulltui, subprocess, os\n"
        "assert bulltui.__file__.startswith(sys.argv[1])\n"
        "command = simulator_command(sys.argv[3], ['--still']); assert 'bulltui._simulator' in command\n"
        "command.insert(1, '-S'); env = os.environ | {'PYTHONPATH': ':'.join(sys.argv[1:3])}\n"
        "sys.exit(subprocess.run(command, env=env).returncode)"
    )
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        [sys.executable, "-S", "-c", run, str(site), packages, server.url],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("opened 19 queues")
