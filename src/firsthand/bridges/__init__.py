"""Bridges: our environments in other people's trainers and evaluators, and theirs played as ours.

Out: `gymnasium_out`, `trl`, `inspect`, `verifiers`, `skyrl`. In: `gymnasium_in`, `reasoning_gym`,
and reward functions, as targets of the audit: `rewards`.
A bridge does all of what it offers or refuses at its start, and says why. The packages cannot be
installed together, so each bridge imports its own when it is called, and `make bridges` tests each
in a virtual environment of its own. Left out: a copy of anybody's loop; who drives the loop takes
turns through `stepping`, and every episode is played by `play` (law 1).
"""
