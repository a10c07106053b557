"""Reaching a goal by several steps in the right order."""
