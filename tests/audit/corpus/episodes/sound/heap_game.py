"""The game of heaps against an opponent who knows it; who takes the last stone has won."""

import random

ACTIONS = ["take:<text>"]


def _best(heaps):
    mixed = 0
    for n in heaps:
        mixed ^= n
    for i, n in enumerate(heaps):
        if n ^ mixed < n:
            return i, n - (n ^ mixed)
    i = max(range(len(heaps)), key=lambda k: heaps[k])
    return i, 1


class Env:
    max_steps = 60

    def reset(self, seed):
        chance = random.Random(f"heaps{seed}")
        while True:
            self.heaps = [chance.randint(5, 15) for _ in range(chance.choice([3, 4]))]
            mixed = 0
            for n in self.heaps:
                mixed ^= n
            if mixed:
                break
        self.turn, self.over = 0, False
        return (
            f"Heaps of stones: {self.heaps}. In turn, you and I take any number of stones from one "
            "heap, at least one; who takes the very last stone wins. You begin, with take:HEAP "
            "NUMBER (heaps are counted from 1). A move that is not possible loses the game."
        )

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        words = rest.split()
        fine = (
            name == "take"
            and len(words) == 2
            and all(w.isascii() and w.isdigit() and len(w) < 3 for w in words)
        )
        if fine:
            i, n = int(words[0]) - 1, int(words[1])
            fine = 0 <= i < len(self.heaps) and 1 <= n <= self.heaps[i]
        if not fine:
            self.over = True
            return "That is not possible. You have lost.", 0.0, True, {}
        self.heaps[i] -= n
        if not any(self.heaps):
            self.over = True
            return "You took the last stone. You have won.", 1.0, True, {}
        i, n = _best(self.heaps)
        self.heaps[i] -= n
        if not any(self.heaps):
            self.over = True
            return "I took the last stone. You have lost.", 0.0, True, {}
        self.over = self.turn >= self.max_steps
        return f"I take {n} from heap {i + 1}. Heaps: {self.heaps}.", 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    heaps, moves, mine = list(env.heaps), [], True
    while any(heaps):
        i, n = _best(heaps)
        heaps[i] -= n
        if mine:
            moves.append(f"take:{i + 1} {n}")
        mine = not mine
    return moves
