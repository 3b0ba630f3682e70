"""How TLS is spoken: whose certificates are trusted, which one is ours, and which name the server's has to have."""

from pathlib import Path
from typing import Any

from bulltui.domain.connection import Tls
from bulltui.domain.errors import UsageError
from bulltui.store.urls import Place


def tls_arguments(tls: Tls, place: Place, shown: str) -> dict[str, Any]:
    """The arguments of a `TlsLink`, beside those of the URL, before which they go. Raises UsageError where TLS is
    set for a way without it: nobody is to think that it protects."""
    if not place.tls:
        if tls != Tls():
            scheme = f"rediss+{place.kind}" if place.kind else "rediss"
            raise UsageError(
                f"TLS is set up for {shown}, which is a URL without TLS.", hint=f"Write {scheme}:// in place of it."
            )
        return {}
    if tls.key and not tls.cert:
        raise UsageError(
            f"For {shown} a key is named, but no certificate that goes with it.", hint="Name both, `cert` and `key`."
        )
    paths = {"ssl_ca_certs": tls.ca, "ssl_certfile": tls.cert, "ssl_keyfile": tls.key}
    found: dict[str, Any] = {name: str(Path(path).expanduser()) for name, path in paths.items() if path}
    if tls.server_name:
        found["server_name"] = tls.server_name
    if tls.insecure:
        found |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    return found
