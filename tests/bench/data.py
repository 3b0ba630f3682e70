"""The data that is measured on."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import redis

NODE = Path(__file__).parent / "node"
QUEUES = 1_002
JOBS = 200_000


def node_ready() -> str:
    """Installs the packages of the Node library and of bull-board where Node is; the reason where that fails."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not on PATH"
    if not (NODE / "node_modules").is_dir():
        done = subprocess.run(["npm", "ci", "--silent"], cwd=NODE, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"npm ci failed: {done.stderr.strip()[-200:]}"
    return ""


def fill(url: str, *, with_node: bool) -> str:
    """1,002 queues and 200,000 jobs, by the Node library or, without Node, by the simulator. Says what was made."""
    if with_node:
        command = ["node", "seed.mjs", "--url", url, "--queues", str(QUEUES), "--jobs", str(JOBS)]
        done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=True)
        made = json.loads(done.stdout.strip().splitlines()[-1])
        return f"{made['queues']:,} queues, {made['jobs']:,} jobs and {made['keys']:,} keys made by the Node library"
    command = [sys.executable, "-m", "simulator", "--url", url, "--queues", str(QUEUES)]
    subprocess.run([*command, "--backlog", str(JOBS), "--duration", "1"], capture_output=True, text=True, check=True)
    keys = redis.Redis.from_url(url).dbsize()
    return f"{QUEUES:,} queues and {keys:,} keys made by the simulator"


_MILLION = 1_000_000

# As the library's add scripts write them, in chunks that do not hold up the server.
_FILL = """
local base, from, to = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now = 1790000000000
for id = from, to do
  local job = base .. id
  redis.call("HSET", job, "name", "task", "data", '{"n":' .. id .. '}', "opts", '{"attempts":3}', "timestamp", now + id,
    "delay", 0, "priority", 0)
  if id % 2 == 0 then
    redis.call("HSET", job, "processedOn", now + id + 5, "finishedOn", now + id + 9, "returnvalue", "null", "atm", 1)
    redis.call("ZADD", base .. "completed", now + id + 9, id)
  else
    redis.call("LPUSH", base .. "wait", id)
  end
end
redis.call("SET", base .. "id", to)
redis.call("HSET", base .. "meta", "opts.maxLenEvents", 10000, "version", "bullmq:5.81.5")
"""


def fill_millions(client: "redis.Redis", base: str) -> None:
    """A queue with a million waiting and a million completed jobs."""
    script = client.register_script(_FILL)
    for start in range(1, 2 * _MILLION, 20_000):
        script(keys=[base], args=[start, start + 19_999])
