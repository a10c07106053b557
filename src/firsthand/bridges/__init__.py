"""Bridges: our environments in other people's trainers and evaluators, and theirs played as ours.

Out: `gymnasium_out`, `trl`, `inspect_ai`, `verifiers`. In: `gymnasium_in` with `minigrid`,
`reasoning_gym`, `textworld_in`, `verifiers_in`, and `openenv_in`. A bridge does all of what it
offers or refuses at its start, and says why. The packages cannot be installed together, so each
bridge imports its own when it is used, and `make bridges` tests each in a virtual environment of
its own. Where somebody else drives the loop, episodes take turns through `stepping`, and are played
by `play` all the same (law 1). Left out: SkyRL-Gym and tinker as trainers, which nobody has tried
yet.
"""
