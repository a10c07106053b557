"""Playing: one episode, many at once, in worker processes, and once more to check what was claimed."""
