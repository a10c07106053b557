"""Edits that make a right answer wrong, by families; each names what it changes."""
