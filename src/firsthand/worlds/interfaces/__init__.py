"""Worlds whose interface must be learned."""
