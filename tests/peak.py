"""The memory of a process at its most."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

_RUN = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_mb(words: Sequence[str], env: Mapping[str, str] | None = None) -> float:
    """Runs a command that must succeed; its memory (MB) at its most. A small process starts it, since what is counted
    begins with that of whoever does."""
    done = subprocess.run([sys.executable, "-c", _RUN, *words], env=env, capture_output=True, text=True, check=True)
    code, most = done.stdout.split()
    assert code == "0"
    return int(most) / (1024 if sys.platform == "linux" else 1024 * 1024)
