"""A counter at a ferry: serve each traveller at the window that the sign says, until the last
boat has left."""

import random
import re
from typing import Any

ACTIONS = ["serve:<int>", "wait", "close"]
SERVE = re.compile(r"serve:([1-4])", re.ASCII)
WINDOWS = ("islands", "mainland", "freight", "return")
TRAVELLERS = 5


class Env:
    max_steps = 20

    def reset(self, seed: int) -> str:
        chance = random.Random(f"counter {seed}")
        # A traveller stays for one moment; at the first moment nobody is there yet.
        moments = sorted(chance.sample(range(1, self.max_steps - 1), TRAVELLERS))
        self._arrivals = {moment: chance.randrange(len(WINDOWS)) for moment in moments}
        self._moment, self._arrived, self._served, self._done = 0, 0, 0, False
        signs = ", ".join(f"{number} {window}" for number, window in enumerate(WINDOWS, 1))
        return (
            f"Windows: {signs}. Serve every traveller in the moment of arrival; close when "
            f"the day is over.\n{self._view()}"
        )

    def arrivals(self) -> dict[int, int]:
        return dict(self._arrivals)

    def _view(self) -> str:
        wish = self._arrivals.get(self._moment)
        return f"Moment {self._moment}: " + (
            "nobody waits." if wish is None else f"a traveller asks for {WINDOWS[wish]}."
        )

    def _settle(self) -> float:
        """Return the share of travellers that were served, nothing for a day with more than one
        failure.
        """
        missed = self._arrived - self._served
        return 0.0 if missed > 1 else 1 - missed / max(1, self._arrived)

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The counter is closed.", 0.0, True, {}
        wish = self._arrivals.get(self._moment)
        if wish is not None:
            self._arrived += 1
            match = SERVE.fullmatch(action)
            self._served += bool(match) and int(match[1]) - 1 == wish
        self._moment += 1
        self._done = action == "close" or self._moment >= self.max_steps
        if self._done:
            return "The counter is closed.", self._settle(), True, {}
        return self._view(), 0.0, False, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._arrivals.items()), self._moment, self._arrived, self._served, self._done


def oracle(env: Env, seed: int) -> list[str]:
    arrivals = env.arrivals()
    last = Env.max_steps - 1
    return [
        f"serve:{arrivals[moment] + 1}" if moment in arrivals else "wait" for moment in range(last)
    ] + ["close"]
