"""Learners: they read episodes and return a new agent."""
