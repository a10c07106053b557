"""Bounds and chances."""
