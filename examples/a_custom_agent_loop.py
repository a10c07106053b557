"""A custom agent loop: your code decides each action and keeps what it needs between turns."""

import re
from itertools import permutations

import firsthand as fh


class Deduction:
    """Play mastermind with the codes that agree with all that was told."""

    name = "deduction"

    def start(self, environment: fh.Environment, task: fh.Task):
        codes: list[str] = []

        def act(seen: fh.Observation) -> str:
            if colours := re.search(r"colours ((?:\w )+\w);", seen.text):
                codes[:] = map("".join, permutations(colours[1].split(), 4))
            elif told := re.match(r"(\w+): (\d) black", seen.text):
                codes[:] = [code for code in codes if black(told[1], code) == int(told[2])]
            return f"guess: {codes.pop()}"

        return act

    async def close(self) -> None:
        """Nothing is held."""


def black(guess: str, code: str) -> int:
    return sum(a == b for a, b in zip(guess, code, strict=True))


episodes = fh.run(fh.rollout(fh.Agent(model=Deduction()), fh.tasks("games/mastermind", 20)))
print(f"{sum(episode.success for episode in episodes)} of {len(episodes)} codes found.")
