"""Worlds with hidden rules."""
