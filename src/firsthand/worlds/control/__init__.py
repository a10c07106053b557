"""Worlds that measure the learner."""
