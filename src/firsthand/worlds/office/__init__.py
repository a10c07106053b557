"""Worlds in which office work is done."""
