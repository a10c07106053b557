"""A harbour pilot waits for the tide: sound the depth hour by hour, then enter at the deepest
hour."""

import random

ACTIONS = ["sound:<int>", "enter:<int>"]
HARBOUR: dict = {}


def _open(seed: int) -> None:
    chance = random.Random(f"tide {seed}")
    HARBOUR.clear()
    HARBOUR.update(
        depths=chance.sample(range(20, 90), 8),
        ship=chance.choice(["Gannet", "Petrel", "Fulmar"]),
        steps=0,
        done=False,
    )


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        _open(seed)
        return (
            f"The {HARBOUR['ship']} waits outside. Sound the depth at the hours 0 to 7 and "
            f"enter at the hour with the deepest water."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if HARBOUR["done"]:
            return "The pilot has gone home.", 0.0, True, {}
        HARBOUR["steps"] += 1
        HARBOUR["done"] = HARBOUR["steps"] >= self.max_steps
        verb, _, hour = action.partition(":")
        if hour not in list("01234567"):
            return "There is no such hour.", 0.0, HARBOUR["done"], {}
        if verb == "sound":
            return (
                f"Hour {hour}: {HARBOUR['depths'][int(hour)]} decimetres.",
                0.0,
                HARBOUR["done"],
                {},
            )
        if verb == "enter":
            HARBOUR["done"] = True
            deepest = HARBOUR["depths"][int(hour)] == max(HARBOUR["depths"])
            return "The ship is in.", float(deepest), True, {}
        return "The pilot shakes his head.", 0.0, HARBOUR["done"], {}


def oracle(env: Env, seed: int) -> list[str]:
    depths = HARBOUR["depths"]
    return [*(f"sound:{hour}" for hour in range(8)), f"enter:{depths.index(max(depths))}"]
