"""Edits that make a right answer wrong, by families; each names what a reward that pays it ignores."""
