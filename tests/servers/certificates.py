"""Certificates for tests: a private CA and what it signed, and a CA that nobody trusts."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("DNS:localhost", "DNS:redis.test", "IP:127.0.0.1", "IP:::1")
"""What the server's certificate is for."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path


class Certificates:
    """Files in `folder`, made when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authorities: dict[str, Pair] = {}
        self._made: dict[tuple[object, ...], Pair] = {}

    @property
    def ca(self) -> Path:
        """The private CA's certificate."""
        return self.authority("ca").cert

    @property
    def server(self) -> Pair:
        """For `NAMES`, of the private CA."""
        return self.signed("server")

    @property
    def client(self) -> Pair:
        """For a client, of the private CA."""
        return self.signed("client", names=())

    @property
    def foreign_client(self) -> Pair:
        """For a client, of a CA that the server does not trust."""
        return self.signed("foreign", names=(), by="other")

    @property
    def expired(self) -> Pair:
        """For `NAMES`, of the private CA, and over."""
        return self.signed("expired", days=-1)

    @property
    def misnamed(self) -> Pair:
        """Of the private CA, for a host that no test connects to."""
        return self.signed("misnamed", names=("DNS:elsewhere.test",))

    def authority(self, name: str) -> Pair:
        """A certificate that signs itself and others."""
        if name not in self._authorities:
            pair = self._pair(name)
            words = f"req -x509 -days 2 -subj /CN={name}.test {_KEY} -addext keyUsage=critical,keyCertSign,cRLSign"
            _openssl(*words.split(), "-keyout", str(pair.key), "-out", str(pair.cert))
            self._authorities[name] = pair
        return self._authorities[name]

    def signed(self, name: str, *, names: tuple[str, ...] = NAMES, by: str = "ca", days: int = 2) -> Pair:
        """A certificate that an authority signed, valid for so many days from now on."""
        made = self._made.get((name, names, by, days))
        if made is not None:
            return made
        authority, pair = self.authority(by), self._pair(name)
        asked, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        kept = (f"subjectAltName={','.join(names)}",) if names else ()
        extensions.write_text("\n".join(("basicConstraints=CA:FALSE", *kept)) + "\n")
        _openssl(*f"req -new -subj /CN={name}.test {_KEY}".split(), "-keyout", str(pair.key), "-out", str(asked))
        signing = ("x509", "-req", "-days", str(days), "-CA", str(authority.cert), "-CAkey", str(authority.key))
        _openssl(*signing, "-in", str(asked), "-extfile", str(extensions), "-out", str(pair.cert))
        return self._made.setdefault((name, names, by, days), pair)

    def server_config(self, port: int, pair: Pair | None = None, *, wants_client: bool = True) -> tuple[str, ...]:
        """Lines of redis.conf for TLS at a port, beside the one without."""
        pair = pair or self.server
        return (
            f"tls-port {port}",
            f"tls-cert-file {pair.cert}",
            f"tls-key-file {pair.key}",
            f"tls-ca-cert-file {self.ca}",
            f"tls-auth-clients {'yes' if wants_client else 'no'}",
        )

    def _pair(self, name: str) -> Pair:
        return Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")


_KEY = "-nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)
