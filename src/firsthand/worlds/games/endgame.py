"""King and pawn against king: a won position, and an opponent who forgives nothing.

All positions are solved once by working back from promotions, so the opponent holds every draw that
it is given and otherwise resists as long as it can. Games begin where the pawn alone does not get
through. Left out: the pawn's double step, and mating with the queen, which is no longer in doubt.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

NEVER = 100
"""Plies to a win in positions that are not won: more than any win takes."""
MOST_MOVES = 30
"""Moves after which the game is a draw; the longest win takes fewer."""
_PLIES = {1: (3, 13), 2: (15, 17), 3: (19, 21), 4: (23, 25), 5: (27, 99)}
"""Level to the fewest and the most plies that the win takes against the best defence."""
MOST_WINNING = 3
"""First moves that may win: all of the king, so that running with the pawn is never enough."""
_STEPS = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
Table = Any
"""A numpy array of plies to a win, by pawn (24 fields of files a to d), white and black king."""


class Position(msgspec.Struct, frozen=True):
    """Where the men stand: fields from 0 (a1) to 63 (h8), as `8 * rank + file`."""

    king: int
    pawn: int
    rival: int

    def told(self) -> str:
        """Tell the position."""
        return (
            f"White: king {field(self.king)}, pawn {field(self.pawn)}. "
            f"Black: king {field(self.rival)}."
        )


def field(place: int) -> str:
    """Name a field."""
    return f"{'abcdefgh'[place % 8]}{place // 8 + 1}"


@cache
def neighbours(place: int) -> tuple[int, ...]:
    """List the fields that a king reaches."""
    rank, file = divmod(place, 8)
    return tuple(
        8 * (rank + y) + file + x for x, y in _STEPS if 0 <= rank + y < 8 and 0 <= file + x < 8
    )


@cache
def attacked(pawn: int) -> tuple[int, ...]:
    """List the fields that a pawn attacks."""
    return tuple(pawn + 8 + x for x in (-1, 1) if 0 <= pawn % 8 + x < 8)


def white_moves(at: Position) -> dict[str, Position]:
    """List the agent's legal moves. A pawn on the eighth rank has promoted."""
    found: dict[str, Position] = {}
    near = neighbours(at.rival)
    for place in neighbours(at.king):
        if place != at.pawn and place not in near:
            found[f"K{field(place)}"] = Position(place, at.pawn, at.rival)
    ahead = at.pawn + 8
    if ahead not in (at.king, at.rival):
        found[field(ahead)] = Position(at.king, ahead, at.rival)
    return found


def black_moves(at: Position) -> list[int]:
    """List the fields that the black king may go to; the pawn's is one if it can be taken."""
    closed = {*neighbours(at.king), *attacked(at.pawn)}
    return [place for place in neighbours(at.rival) if place not in closed and place != at.king]


def safe(at: Position) -> bool:
    """Say whether a pawn that has just promoted cannot be taken."""
    return at.pawn not in neighbours(at.rival) or at.pawn in neighbours(at.king)


@cache
def solved() -> tuple[Table, Table, Table]:
    """Work out the plies to a win with White and with Black to move, by value iteration, and how
    many moves of White's king win; 0 where the pawn's move wins or Black is in check.

    Shapes: pawn on files a to d and ranks 2 to 7 (24), white king (64), black king (64). The other
    files are mirrored.
    """
    import numpy as np

    fields = np.arange(64)
    reach = np.zeros((65, 65), bool)  # row 64 stands for a step off the board
    for place in range(64):
        reach[place, list(neighbours(place))] = True
    pawns = np.array([8 * rank + file for rank in range(1, 7) for file in range(4)])
    strikes = np.zeros((24, 65), bool)
    for i, pawn in enumerate(pawns):
        strikes[i, list(attacked(int(pawn)))] = True
    steps = np.full((8, 64), 64)
    for place in range(64):
        for d, (x, y) in enumerate(_STEPS):
            if 0 <= place // 8 + y < 8 and 0 <= place % 8 + x < 8:
                steps[d, place] = place + 8 * y + x
    apart = ~(reach[:64, :64] | np.eye(64, dtype=bool))
    legal = apart & (fields[:, None] != pawns[:, None, None]) & (fields != pawns[:, None, None])
    white = np.full((24, 65, 65), NEVER, np.int8)
    black = white.copy()
    ahead = pawns + 8
    free = (fields[:, None] != ahead[:, None, None]) & (fields != ahead[:, None, None])
    held = reach[ahead][:, :64, None] | ~reach[ahead][:, None, :64]
    promotes = legal & free & held & (ahead >= 56)[:, None, None]
    goes = [steps[d] for d in range(8)]
    allowed = [
        (to != 64) & ~reach[:, to][:64] & (fields[:, None] != to) & ~strikes[:, to][:, None, :]
        for to in goes
    ]
    stuck = ~np.logical_or.reduce(allowed)
    mated = stuck & strikes[:, None, :64] & legal
    black[:, :64, :64][mated] = 0
    while True:
        best = np.where(promotes, 1, NEVER).astype(np.int8)
        best[:-4] = np.where(free[:-4], np.minimum(best[:-4], black[4:, :64, :64] + 1), best[:-4])
        for to in goes:
            np.minimum(best, black[:, to, :64] + 1, out=best)
        best = np.where(legal, np.minimum(best, NEVER), NEVER)
        same = np.array_equal(best, white[:, :64, :64])
        white[:, :64, :64] = best
        worst = np.full((24, 64, 64), -1, np.int8)
        for to, may in zip(goes, allowed, strict=True):
            np.maximum(worst, np.where(may, white[:, :64, to], -1), out=worst)
        worst = np.where(legal & (worst >= 0), np.minimum(worst + 1, NEVER), NEVER)
        black[:, :64, :64] = np.where(mated, 0, worst)
        if same:
            break
    pushes = promotes.copy()
    pushes[:-4] |= free[:-4] & (black[4:, :64, :64] < NEVER)
    wins = np.zeros((24, 64, 64), np.int8)
    for to in goes:
        wins += black[:, to, :64] < NEVER
    return white, black, np.where(legal & ~pushes & ~strikes[:, None, :64], wins, 0)


def plies(at: Position, *, white: bool) -> int:
    """Return the plies to a win, or `NEVER`."""
    if at.pawn >= 56:
        return 0 if safe(at) else NEVER
    if at.pawn % 8 > 3:
        at = Position(at.king ^ 7, at.pawn ^ 7, at.rival ^ 7)
    index = 4 * (at.pawn // 8 - 1) + at.pawn % 8
    return int(solved()[0 if white else 1][index, at.king, at.rival])


@cache
def starts(level: int) -> list[Position]:
    """List the positions of a level: won, by few moves and only of the king. Each stands for its
    mirror image, too.
    """
    import numpy as np

    white, _, wins = solved()
    (least, most), plain = _PLIES[level], white[:, :64, :64]
    few = (wins >= 1) & (wins <= MOST_WINNING)
    return [
        Position(int(king), int(8 * (index // 4 + 1) + index % 4), int(rival))
        for index, king, rival in np.argwhere(few & (plain >= least) & (plain <= most))
    ]


class Endgame(Environment):
    """Win king and pawn against king where few moves of the king keep the win."""

    name = "games/endgame"
    version = "1"
    turns = 60
    base_rate = 0.07  # moves drawn at random, at level 1; measured
    statement = (
        "You play White, with king and pawn against a king, and the position is won: promote the "
        "pawn where it cannot be taken. The rules are those of chess, but the pawn never goes two "
        "fields at once. The game is a draw, which counts as lost, when the pawn is taken, when "
        f"Black to move has no move and is not in check, or after {MOST_MOVES} moves. Black makes "
        "no mistakes, and an illegal move loses. Each turn, answer with one move: `Kd5` for the "
        "king, `e6` for the pawn."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a position of the level, or its mirror image."""
        rng, listed = task.rng("instance"), starts(task.level)
        while True:
            at = rng.choice(listed)
            if rng.random() < 0.5:
                at = Position(at.king ^ 7, at.pawn ^ 7, at.rival ^ 7)
            if task.owns(at.told()):
                break
        self.at, self.luck = at, task.rng("opponent")
        self.played: list[tuple[Position, str]] = []
        self.won = False
        return Observation(f"{at.told()} White to move.")

    def choices(self) -> Sequence[str]:
        """The legal moves."""
        return list(white_moves(self.at)) or ["resign"]

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a move."""
        if text.strip() in white_moves(self.at):
            return None
        moves = ", ".join(white_moves(self.at))
        return f"Not a legal move. {self.at.told()} Legal moves: {moves}."

    def act(self, action: Action) -> Observation:
        """Make a move, and let Black answer."""
        if self.finished:
            return Observation("The game is over.", done=True)
        if wrong := self.form_error(action.text):
            self.finish()
            return Observation(f"{wrong} An illegal move loses the game.", done=True)
        move = action.text.strip()
        self.played.append((self.at, move))
        self.at = white_moves(self.at)[move]
        if self.at.pawn >= 56:
            self.won = safe(self.at)
            return self._over("The pawn promotes" + ("." if self.won else " and is taken."))
        answers = black_moves(self.at)
        if not answers:
            self.won = self.at.rival in attacked(self.at.pawn)
            return self._over("Black is mated." if self.won else "Black is stalemated.")
        place = self._answer(answers)
        taken = place == self.at.pawn
        self.at = Position(self.at.king, self.at.pawn, place)
        if taken:
            return self._over(f"Black takes the pawn on {field(place)}.")
        if not white_moves(self.at):
            return self._over(f"Black plays K{field(place)}, and you are stalemated.")
        if len(self.played) == MOST_MOVES:
            return self._over(f"Black plays K{field(place)}. {MOST_MOVES} moves have been made.")
        return Observation(f"Black plays K{field(place)}. {self.at.told()} White to move.")

    def _answer(self, answers: Sequence[int]) -> int:
        """Take the pawn, else hold a draw, else lose as late as possible."""
        if self.at.pawn in answers:
            return self.at.pawn
        left = {
            place: plies(Position(self.at.king, self.at.pawn, place), white=True)
            for place in answers
        }
        return self.luck.choice([place for place in answers if left[place] == max(left.values())])

    def _over(self, told: str) -> Observation:
        self.finish()
        return Observation(f"{told} {'You have won.' if self.won else 'A draw.'}", done=True)

    def score(self) -> Score:
        """Pay for a win."""
        return Score(won=self.won)

    def aftermath(self) -> str:
        """Tell the first move that gave the win away, or how the win was begun."""
        for number, (at, move) in enumerate(self.played, 1):
            if plies(white_moves(at)[move], white=False) == NEVER:
                winning = " or ".join(_winning(at))
                return (
                    f"Move {number}, {move}, gave the win away. {at.told()} Here only {winning} "
                    "wins."
                )
        at = self.played[0][0] if self.played else self.at
        moves = (plies(at, white=True) + 1) // 2
        return f"{at.told()} Only {' or '.join(_winning(at))} wins, in {moves} moves at best."

    def picture(self) -> str:
        """Draw the board."""
        men = {self.at.king: "K", self.at.pawn: "P", self.at.rival: "k"}
        rows = [
            f"{rank + 1} " + " ".join(men.get(8 * rank + file, ".") for file in range(8))
            for rank in reversed(range(8))
        ]
        return "\n".join([*rows, "  a b c d e f g h"])

    def expert(self) -> Iterator[Action]:
        """Make the move that wins soonest; where nothing wins, any move."""
        while not self.finished:
            moves = white_moves(self.at)
            yield Action(min(moves, key=lambda move: plies(moves[move], white=False)))


def _winning(at: Position) -> list[str]:
    return [move for move, to in white_moves(at).items() if plies(to, white=False) < NEVER]
