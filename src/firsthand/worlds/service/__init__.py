"""Serving others by rules: written ones, and those of the house that nobody wrote down."""
