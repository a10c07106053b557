"""Places to move and act in."""
