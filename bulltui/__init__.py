"""bulltui: see, understand and fix BullMQ queues from a terminal."""

__version__ = "0.1.0"
