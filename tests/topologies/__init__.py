"""One suite on each kind of server that people run: what is seen, done and found is the same on all."""
