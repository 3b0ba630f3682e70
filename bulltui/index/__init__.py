"""A full-text index of a queue's jobs on this machine (extra `index`)."""
