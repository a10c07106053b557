"""What an audit may cost, counted in instances and plays.

Counts alone decide what a check sees, so that the same target, key and version give the same
certificate on any machine and under any load. Time only stops a runaway: the check is then NOT_RUN.
"""

from typing import Literal

import msgspec

Budget = Literal["quick", "standard", "deep"]


class Options(msgspec.Struct, frozen=True):
    """How an audit is run."""

    seeds: int = 700
    """Instances, where the target makes as many as are asked for."""
    budget: Budget = "standard"
    key: str = ""
    """Seed key, so that an author cannot have tuned to the seeds."""
    only: tuple[str, ...] = ()
    """Checks to run; empty: all."""
    workers: int = 2


SEEDS: dict[Budget, int] = {"quick": 24, "standard": 10**9, "deep": 10**9}
"""Most instances that an attack is played on."""
TASKS: dict[Budget, int] = {"quick": 300, "standard": 300, "deep": 2000}
"""Most tasks of a grader with many that are looked at, spread by the seed key."""
COSTLY = 12
"""Where plays start processes, a search makes a twelfth of the tries."""
COSTLY_INSTANCES = 24
"""Where plays start processes, an attack sees at most so many instances."""
ORDINARY_PROCESSES = 8
"""Processes of a play that is simply costly. One that starts three times as many counts as three
plays, so that graders with a process for each of 60 cases are audited in minutes, too."""
MANY_PROCESSES = 20
"""Processes of a play from which only one program of each idea is tried, and no variations of it.
All of them are about 150 plays: with 60 cases, 9,000 processes, which took over ten minutes."""
DEEP = 8
"""How much longer `deep` searches than `standard`."""
ORACLE_SECONDS = 60.0
"""Longest time of an oracle's play, before it is known how many processes a play starts."""
MOST_PLAY_SECONDS = 300.0
"""Longest time of one play: 60 cases with five seconds each, all of which hang."""
CHECK_SECONDS: dict[Budget, float] = {"quick": 120.0, "standard": 600.0, "deep": 7200.0}
"""Wall time after which a check is a runaway. The slowest check of the corpus takes a tenth."""


def tries(options: Options, *, quick: int, standard: int) -> int:
    """Return how many tries a search may make under the budget."""
    if options.budget == "quick":
        return quick
    return standard * (DEEP if options.budget == "deep" else 1)
