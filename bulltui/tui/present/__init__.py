"""Pure functions from the domain to what is shown: no terminal, no time but the one they are given."""
