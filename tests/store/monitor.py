"""A look at what reaches a server, from the side of the server."""

import threading

from redis import Redis

from bulltui.demo.server import EmbeddedServer


class Monitor:
    """What commands a server gets, inner ones of scripts included."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.client = Redis(host="127.0.0.1", port=server.port)
        self.commands: set[tuple[str, ...]] = set()
        self._over = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        with self.client.monitor() as monitor:  # type: ignore[no-untyped-call]
            self._ready.set()
            for seen in monitor.listen():
                words = seen["command"].split(" ")
                if words[0].upper() == "PING" and words[-1] == "over":
                    return
                self.commands.add(tuple(word.upper() for word in words[:2]))

    def __enter__(self) -> set[tuple[str, ...]]:
        self._thread.start()
        self._ready.wait()
        return self.commands

    def __exit__(self, *_: object) -> None:
        with Redis(host="127.0.0.1", port=self.client.connection_pool.connection_kwargs["port"]) as last:
            last.execute_command("PING", "over")
        self._thread.join()
        self.client.close()
