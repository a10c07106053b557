"""Checks of graders whose answers are programs."""
