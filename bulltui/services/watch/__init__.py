"""What goes on while somebody watches: the history is written, and whoever should know of an alert is told."""
