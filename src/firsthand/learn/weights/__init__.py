"""Learning in weights: rows, losses, a trainer, and recipes that are read top-down."""
