"""Playing: one episode, many at once, in worker processes, and again to check a claim."""
