"""Heaps at an inn: how many of each kind may be taken is a house rule that nobody tells.

The opponent is perfect, so the first mistake loses, and a forbidden take loses at once. The rules
of single kinds recur over the games of a world; which two kinds meet in a game decides its split,
so that the right moves of another game never carry over. Left out: more than two heaps, and rules
of which a player could be reminded by the opponent before it is too late.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

KINDS = (
    "acorns beads buttons chestnuts corks dates keys marbles nails pebbles shells thimbles"
).split()
TABLES = ("blue", "green", "red", "white")
TAKES = (
    (1, 2),
    (1, 3),
    (1, 4),
    (2, 3),
    (1, 2, 3),
    (1, 2, 4),
    (1, 3, 4),
    (2, 3, 4),
)
"""What may be taken of a kind at a time: one of these."""
MOST_TAKEN = 4
RIVALS = (
    "the innkeeper",
    "the miller",
    "the ferryman",
    "the old captain",
    "the piper",
    "the judge",
)
_SIZES = {1: (6, 11), 2: (8, 13), 3: (10, 15), 4: (13, 18), 5: (16, 22)}
"""Level to the smallest and the largest heap."""
Sizes = tuple[int, int]
Takes = tuple[int, ...]


class House(msgspec.Struct, frozen=True):
    """The rules of a world: what may be taken of each kind, and where being stuck wins."""

    takes: dict[str, Takes]
    stuck_wins: dict[str, bool]


def house(rng: random.Random) -> House:
    """Make up the rules of a world: every set of takes and both endings occur."""
    takes = [*TAKES, *rng.sample(TAKES, len(KINDS) - len(TAKES))]
    rng.shuffle(takes)
    endings = rng.sample((True, True, False, False), len(TABLES))
    return House(dict(zip(KINDS, takes, strict=True)), dict(zip(TABLES, endings, strict=True)))


@cache
def won(takes: tuple[Takes, Takes], stuck_wins: bool) -> dict[Sizes, bool]:
    """Say of every two heaps whether the player to move wins, by working up from empty ones."""
    found: dict[Sizes, bool] = {}
    largest = _SIZES[5][1]
    for first in range(largest + 1):
        for second in range(largest + 1):
            after = followers((first, second), takes)
            found[first, second] = (
                any(not found[sizes] for _, _, sizes in after) if after else stuck_wins
            )
    return found


def followers(sizes: Sizes, takes: tuple[Takes, Takes]) -> list[tuple[int, int, Sizes]]:
    """List the legal moves: which heap, how many, and the heaps after it."""
    first, second = sizes
    return [(0, n, (first - n, second)) for n in takes[0] if n <= first] + [
        (1, n, (first, second - n)) for n in takes[1] if n <= second
    ]


class Nim(Environment):
    """Take from two heaps against a perfect opponent, by house rules that experience teaches."""

    name = "games/nim"
    version = "1"
    turns = 48
    laws = True
    base_rate = 0.02  # moves drawn at random, at level 1; measured
    statement = (
        "You play a game of heaps at an inn, and you have to win it. Players take turns; a turn "
        "takes some things from one heap, up to four. House rules say how many of each kind may "
        "be taken at a time, and who takes a number that is forbidden has lost at once. When a "
        "player cannot take anything any more, the game ends: at some tables that player has "
        "lost, at the others that player has won. The opponent knows the rules and makes no "
        "mistakes. Each turn, answer with one move, such as `take 2 beads`."
    )

    def reset(self, task: Task) -> Observation:
        """Draw kinds that meet in this split, a table, and heaps that the first player wins."""
        rng, rules = task.rng("instance"), house(task.rng("world"))
        least, most = _SIZES[task.level]
        pool = pairs(task, KINDS, KINDS)
        while True:
            kinds, self.table = rng.choice(pool), rng.choice(TABLES)
            self.kinds = kinds if rng.random() < 0.5 else (kinds[1], kinds[0])
            self.sizes = (rng.randint(least, most), rng.randint(least, most))
            self.rival = rng.choice(RIVALS)
            self.takes = (rules.takes[self.kinds[0]], rules.takes[self.kinds[1]])
            self.stuck_wins = rules.stuck_wins[self.table]
            if not self._won(self.sizes):
                continue
            if task.owns(f"{self.kinds} {self.sizes} {self.table} {self.rival}"):
                break
        self.luck, self.start, self.victory = task.rng("opponent"), self.sizes, False
        return Observation(
            f"At the {self.table} table, against {self.rival}. There are {self._heaps()}. "
            "You begin."
        )

    def _won(self, sizes: Sizes) -> bool:
        return won(self.takes, self.stuck_wins)[sizes]

    def _heaps(self) -> str:
        return " and ".join(
            _things(n, kind) for n, kind in zip(self.sizes, self.kinds, strict=True)
        )

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what may be taken of each kind, and how games end at each table."""
        rules = house(task.rng("world"))
        return [
            *(
                (f"a heap is of {kind}", f"{_or(takes)} may be taken")
                for kind, takes in rules.takes.items()
            ),
            *(
                (f"you play at the {table} table", f"who cannot take anything {_ending(wins)}")
                for table, wins in rules.stuck_wins.items()
            ),
        ]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The takes of both kinds, and how games end at the table."""
        takes = {
            f"takes of {kind}": (_or(takes), len(TAKES))
            for kind, takes in zip(self.kinds, self.takes, strict=True)
        }
        return {**takes, f"ending at the {self.table} table": (_ending(self.stuck_wins), 2)}

    def choices(self) -> Sequence[str]:
        """Every number from one to four, of both heaps."""
        return [
            f"take {_things(n, kind)}"
            for size, kind in zip(self.sizes, self.kinds, strict=True)
            for n in range(1, min(size, MOST_TAKEN) + 1)
        ] or ["give up"]

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a move."""
        if text.strip().lower() in self.choices():
            return None
        return (
            f"Not understood. There are {self._heaps()}: answer with one move, such as "
            f"`{self.choices()[0]}`; nobody takes more than {MOST_TAKEN} at a time."
        )

    def act(self, action: Action) -> Observation:
        """Take from a heap, and let the opponent answer."""
        if self.finished:
            return Observation("The game is over.", done=True)
        if wrong := self.form_error(action.text):
            return Observation(wrong)
        heap, n = self._move(action.text)
        kind = self.kinds[heap]
        if n not in self.takes[heap]:
            self.finish()
            return Observation(
                f"{kind} are not taken by {n} here. You have lost.".capitalize(), True
            )
        self._take(heap, n)
        told = f"You take {_things(n, kind)}."
        if not (moves := followers(self.sizes, self.takes)):
            return self._over(told, "Your opponent cannot take anything", self.stuck_wins)
        heap, n = self._answer(moves)
        self._take(heap, n)
        told = f"{told} {self.rival.capitalize()} takes {_things(n, self.kinds[heap])}."
        if not followers(self.sizes, self.takes):
            return self._over(told, "You cannot take anything", not self.stuck_wins)
        return Observation(f"{told} There are {self._heaps()}. Your turn.")

    def _move(self, text: str) -> tuple[int, int]:
        """Return the heap and the number of a move that is one of the choices."""
        place = self.choices().index(text.strip().lower())
        of_first = min(self.sizes[0], MOST_TAKEN)
        return (0, place + 1) if place < of_first else (1, place - of_first + 1)

    def _take(self, heap: int, n: int) -> None:
        first, second = self.sizes
        self.sizes = (first - n, second) if heap == 0 else (first, second - n)

    def _answer(self, moves: Sequence[tuple[int, int, Sizes]]) -> tuple[int, int]:
        """Leave a lost position where that is possible, else play on at random."""
        good = [move for move in moves if not self._won(move[2])]
        heap, n, _ = self.luck.choice(good or moves)
        return heap, n

    def _over(self, told: str, why: str, lost: bool) -> Observation:
        self.victory = not lost
        self.finish()
        return Observation(
            f"{told} {why}, and the game is over: you have {'lost' if lost else 'won'}.", done=True
        )

    def score(self) -> Score:
        """Pay for winning."""
        return Score(won=self.victory)

    def aftermath(self) -> str:
        """Tell the rules of this game and how it is won."""
        heap, n, (first, second) = next(
            move for move in followers(self.start, self.takes) if not self._won(move[2])
        )
        allowed = [
            f"{_or(takes)} {kind}" for kind, takes in zip(self.kinds, self.takes, strict=True)
        ]
        return (
            f"One may take {' and '.join(allowed)}. At the {self.table} table, who cannot take "
            f"anything {_ending(self.stuck_wins)}. From {self.start[0]} {self.kinds[0]} and "
            f"{self.start[1]} {self.kinds[1]}, `take {_things(n, self.kinds[heap])}` wins, for "
            f"{first} and {second} are lost for who has to move."
        )

    def picture(self) -> str:
        """Draw the heaps."""
        width = max(map(len, self.kinds))
        return "\n".join(
            f"{kind:>{width}} {'o' * size} {size}"
            for size, kind in zip(self.sizes, self.kinds, strict=True)
        )

    def expert(self) -> Iterator[Action]:
        """Leave heaps that are lost for the opponent; if there are none, play on."""
        while True:
            moves = followers(self.sizes, self.takes) or [(0, 1, self.sizes)]
            good = [move for move in moves if not self._won(move[2])]
            heap, n, _ = (good or moves)[0]
            yield Action(f"take {_things(n, self.kinds[heap])}")


def _things(n: int, kind: str) -> str:
    """Say how many of a kind."""
    return f"{n or 'no'} {kind[:-1] if n == 1 else kind}"


def _or(takes: Takes) -> str:
    return f"{', '.join(map(str, takes[:-1]))} or {takes[-1]}"


def _ending(stuck_wins: bool) -> str:
    return "has won" if stuck_wins else "has lost"
