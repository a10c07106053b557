"""Checks of graders whose answers are texts."""
