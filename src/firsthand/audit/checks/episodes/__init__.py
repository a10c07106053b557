"""Checks of environments of many steps."""
