"""Worlds in which the work is done on data."""
