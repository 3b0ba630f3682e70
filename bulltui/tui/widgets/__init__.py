"""Widgets that draw lines. They know nothing of queues, servers or services."""
