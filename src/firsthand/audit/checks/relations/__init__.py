"""Relations between rewards of related plays, which need no reference: one idea a file."""
