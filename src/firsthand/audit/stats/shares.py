"""Shares of instances, where a few could be an accident."""


def often(count: int, n: int, share: float, *, least: int = 1) -> bool:
    """Say whether `count` of `n` is the share or more, and `least` or more."""
    return count >= max(least, share * n)
