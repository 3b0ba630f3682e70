"""Ways to a server that a command makes: ssh, kubectl port-forward and the like."""
