"""Constants that decide verdicts, in one place, each with the reason for its value.

A threshold that was found by trying says what was tried. Limits of effort are in `budget.py`.
"""

FULL = 0.999
"""A play counts as paid in full from this share of the oracle's reward: rounding is no difference."""
ERROR = 0.05
"""Chance of any wrong upper bound in a certificate; divided among all attacks that were played."""
MOST_FINDINGS = 6
"""Findings of one check: more of the same kind tell an author nothing new."""
MOST_UNCONFIRMED = 6
"""Accusations of one check that no fresh process confirms, after which the check stops accusing."""
EXCESS = 1.1
"""A play earns more than the oracle from this multiple of the oracle's highest reward."""
RECOMPUTED = 240
"""Plays whose rewards an ordinary process computes again before a target passes: a target that hides what
it pays on a share of 2% of its plays is found with a chance of 99%."""
RECOMPUTED_COSTLY = 40
"""The same, where plays start processes."""
