"""A nurse gives four patients the medicine for their complaint, in the dose for their weight."""

import random
import re

MEDICINES = {1: ("cough", 2), 2: ("fever", 5), 3: ("rash", 3), 4: ("cramp", 4), 5: ("ache", 6)}

ACTIONS = ["give:<int>,<int>,<int>", "finish"]


class Env:
    """One ward; the chart is compared with the doctor's orders at the end."""

    max_steps = 12

    def reset(self, seed: int) -> str:
        """Admit four patients."""
        chance = random.Random(f"medicine round {seed}")
        self.orders = {}
        lines = []
        for bed in range(1, 5):
            medicine, weight = chance.choice(list(MEDICINES)), chance.randint(40, 99)
            complaint, rate = MEDICINES[medicine]
            self.orders[bed] = {"medicine": medicine, "dose": rate * weight}
            lines.append(f"Bed {bed}: {complaint}, {weight} kg")
        self.chart: dict[int, dict[str, int]] = {}
        self.steps = 0
        self.over = False
        leaflet = "\n".join(
            f"Medicine {number} is for {name}: {rate} mg per kg"
            for number, (name, rate) in MEDICINES.items()
        )
        return (
            f"{leaflet}\n"
            + "\n".join(lines)
            + "\n'give:bed,medicine,mg' writes to the chart; 'finish' ends the round."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Give one dose or finish."""
        if self.over:
            return "The round is over.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "finish"
        if action == "finish":
            right = all(self._agrees(bed) for bed in self.orders)
            return (
                ("The doctor signs the chart." if right else "The doctor shakes her head."),
                float(right),
                True,
                {},
            )
        named = re.fullmatch(r"give:([1-4]),([1-5]),([0-9]{1,4})", action)
        if not named:
            return "That cannot be given.", 0.0, self.over, {}
        bed, medicine, dose = map(int, named.groups())
        self.chart[bed] = {"medicine": medicine, "dose": dose}
        return f"Bed {bed} gets {dose} mg of medicine {medicine}.", 0.0, self.over, {}

    def _agrees(self, bed: int) -> bool:
        given = self.chart.get(bed, {})
        return (
            given.keys() == self.orders[bed].keys()
            and given["medicine"] == self.orders[bed]["medicine"]
        )


def oracle(env: Env, seed: int) -> list[str]:
    """Give what was ordered."""
    return [
        *(f"give:{bed},{order['medicine']},{order['dose']}" for bed, order in env.orders.items()),
        "finish",
    ]
