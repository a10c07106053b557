"""Pairs: turn two cards at a time, keep those that match, and remember the others."""

import random
import re
from typing import Any

ACTIONS = ["turn:<int>"]
TURN = re.compile(r"turn:([1-9][0-9]?)", re.ASCII)
FACES = (
    "sun",
    "moon",
    "star",
    "fish",
    "bird",
    "tree",
    "boat",
    "bell",
    "rose",
    "key",
    "crown",
    "drum",
)
CARDS = 12


class Env:
    max_steps = 18

    def reset(self, seed: int) -> str:
        chance = random.Random(f"pairs {seed}")
        places = list(range(CARDS))
        random.Random(f"pairs of {CARDS}").shuffle(places)
        faces = chance.sample(FACES, CARDS // 2)
        self._cards = [""] * CARDS
        for number, place in enumerate(places):
            self._cards[place] = faces[number // 2]
        self._kept: set[int] = set()
        self._open: int | None = None
        self._steps, self._done = 0, False
        return (
            f"{CARDS} cards lie face down, numbered from 1; find the {CARDS // 2} pairs "
            f"within {self.max_steps} turns of a card."
        )

    def cards(self) -> list[str]:
        return list(self._cards)

    def _turn(self, place: int) -> str:
        if place >= CARDS or place in self._kept or place == self._open:
            return "That card cannot be turned."
        face = self._cards[place]
        if self._open is None:
            self._open = place
            return f"Card {place + 1} shows a {face}."
        first, self._open = self._open, None
        if self._cards[first] != face:
            return f"Card {place + 1} shows a {face}; no pair, both are turned back."
        self._kept |= {first, place}
        return f"Card {place + 1} shows a {face}; a pair."

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The game is over.", 0.0, True, {}
        self._steps += 1
        match = TURN.fullmatch(action)
        text = self._turn(int(match[1]) - 1) if match else "No such action."
        won = len(self._kept) == CARDS
        self._done = won or self._steps >= self.max_steps
        return text, float(won), self._done, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._cards), tuple(sorted(self._kept)), self._open, self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    places: dict[str, list[int]] = {}
    for number, face in enumerate(env.cards(), 1):
        places.setdefault(face, []).append(number)
    return [f"turn:{number}" for pair in places.values() for number in pair]
