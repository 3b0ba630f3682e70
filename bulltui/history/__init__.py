"""The history of queues: files of this machine, or a Prometheus server that has it."""
