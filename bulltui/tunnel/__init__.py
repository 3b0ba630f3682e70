"""Ways to a server that a command makes: ssh, kubectl port-forward and the like."""

from bulltui.tunnel.gate import tunnelled
from bulltui.tunnel.tunnel import Tunnel

__all__ = ["Tunnel", "tunnelled"]
