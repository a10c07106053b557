"""Randomised trials of anybody's context: which lines of a prompt, an AGENTS.md or a folder of
skills help, and which harm.

Every run shows a random part of the items, so that all items are measured by all runs.
"""

from firsthand.trial.trial import Assignment, Trial, create

__all__ = ["Assignment", "Trial", "create"]
