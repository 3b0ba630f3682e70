"""From a key to a request: what an action is about, what it still has to be told, and running it."""
