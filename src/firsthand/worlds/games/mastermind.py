"""Mastermind: find a secret code from how close earlier guesses came.

The code is drawn once and never changes, so feedback is always true. Colours are letters, drawn
anew for each instance; instances that differ in letters alone are alike up to renaming, and the
code space of every level is above a thousand without counting them. Left out: a setter that adapts
to the guesses.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import permutations, product

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""The letters that stand for colours: those that are not mistaken for digits."""
Code = tuple[int, ...]


class Shape(msgspec.Struct, frozen=True):
    """How many pegs a code has, of how many colours, and whether a colour may come twice."""

    pegs: int
    colours: int
    repeats: bool

    def draw(self, rng: random.Random) -> Code:
        """Draw a code."""
        return tuple(
            rng.choices(range(self.colours), k=self.pegs)
            if self.repeats
            else rng.sample(range(self.colours), self.pegs)
        )


LEVELS = {
    1: Shape(4, 8, False),
    2: Shape(4, 8, True),
    3: Shape(5, 8, False),
    4: Shape(5, 8, True),
    5: Shape(5, 9, True),
}
"""1,680, 4,096, 6,720, 32,768 and 59,049 codes."""


class Mastermind(Environment):
    """Find a secret code in a bounded number of guesses, from how close each guess came."""

    name = "games/mastermind"
    version = "1"
    turns = 20
    base_rate = 20 / 1680  # different guesses at level 1, whatever is told about them
    statement = (
        "Find a secret code, a row of coloured pegs; each letter stands for a colour. Each "
        "turn, answer with one guess and nothing else, in the form `guess: ` followed by "
        "the letters without spaces. You are told how many pegs have the right colour in "
        "the right place (black) and how many further pegs have a right colour in a wrong "
        "place (white). A guess that is not allowed costs a turn too. The game ends when "
        "the code is found or the turns are used up."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the colours and the code."""
        rng, self.shape = task.rng("instance"), LEVELS[task.level]
        while True:
            letters, code = (
                "".join(sorted(rng.sample(LETTERS, self.shape.colours))),
                self.shape.draw(rng),
            )
            self.letters, self.secret = letters, "".join(letters[colour] for colour in code)
            if task.owns(f"{letters} {self.secret}"):
                break
        self.board: list[tuple[str, int, int]] = []
        self.left = self.turns
        rule = "a colour may come more than once" if self.shape.repeats else "no colour comes twice"
        return Observation(
            f"The code has {self.shape.pegs} pegs of the colours {' '.join(letters)}; "
            f"{rule}. You have {self.left} guesses."
        )

    def act(self, action: Action) -> Observation:
        """Take one guess. Anything else says what was wrong and uses up a turn."""
        if self.finished:
            return Observation("The game is over.", done=True)
        self.left -= 1
        guess, told = self._read(action.text)
        if guess:
            black, white = compare(guess, self.secret)
            self.board.append((guess, black, white))
            told = f"{guess}: {black} black, {white} white."
        if self.solved or not self.left:
            self.finish()
        ending = (
            "You found the code."
            if self.solved
            else f"{self.left} guesses left."
            if self.left
            else "No guesses left."
        )
        return Observation(f"{told} {ending}", done=self.finished)

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a guess."""
        return self._read(text)[1] or None

    def _read(self, text: str) -> tuple[str, str]:
        """Return the guess, or nothing and why it is none."""
        pegs, read = self.shape.pegs, re.fullmatch(r"[Gg]uess: *([A-Za-z]+)", text.strip())
        if read is None:
            return "", f"Not understood: answer with one line like `guess: {self.letters[:pegs]}`."
        guess = read[1].upper()
        if len(guess) != pegs:
            return "", f"Not allowed: a guess has {pegs} letters, got {len(guess)}."
        if unknown := sorted(set(guess) - set(self.letters)):
            return (
                "",
                f"Not allowed: {unknown[0]} is not one of the colours {' '.join(self.letters)}.",
            )
        if not self.shape.repeats and len(set(guess)) < pegs:
            return "", "Not allowed: no colour comes twice."
        return guess, ""

    @property
    def solved(self) -> bool:
        """Whether the last guess was the code."""
        return bool(self.board) and self.board[-1][0] == self.secret

    def score(self) -> Score:
        """Pay for finding the code."""
        return Score(solved=self.solved)

    def aftermath(self) -> str:
        """Tell the code."""
        return f"The code was {self.secret}."

    def expert(self) -> Iterator[Action]:
        """Keep the codes that agree with all that was told; guess the one that splits them best."""
        colour = {letter: i for i, letter in enumerate(self.letters)}
        possible: Sequence[Code] = codes(self.shape)
        seen = 0
        while True:
            for guess, black, white in self.board[seen:]:
                possible = consistent(
                    possible, tuple(colour[letter] for letter in guess), (black, white)
                )
            seen = len(self.board)
            yield Action(
                "guess: "
                + "".join(
                    self.letters[i] for i in (best(possible) if seen else opening(self.shape))
                )
            )


@cache
def codes(shape: Shape) -> tuple[Code, ...]:
    """List all codes."""
    return tuple(
        product(range(shape.colours), repeat=shape.pegs)
        if shape.repeats
        else permutations(range(shape.colours), shape.pegs)
    )


def opening(shape: Shape) -> Code:
    """The first guess: as many pairs as fit, or all different where colours cannot repeat."""
    return tuple(i // 2 if shape.repeats else i for i in range(shape.pegs))


def compare(guess: Sequence[object], code: Sequence[object]) -> tuple[int, int]:
    """Count black and white pegs."""
    black = sum(a == b for a, b in zip(guess, code, strict=True))
    return black, sum(min(guess.count(colour), code.count(colour)) for colour in set(guess)) - black


def consistent(possible: Iterable[Code], guess: Code, told: tuple[int, int]) -> list[Code]:
    """Keep the codes that would have given this answer to this guess."""
    black, white = told
    counts = [(colour, guess.count(colour)) for colour in sorted(set(guess))]
    kept: list[Code] = []
    for code in possible:
        if (
            sum([a == b for a, b in zip(guess, code, strict=True)]) != black
        ):  # a list: a generator costs twice as much here
            continue
        if sum([min(count, code.count(colour)) for colour, count in counts]) == black + white:
            kept.append(code)
    return kept


def best(possible: Sequence[Code], *, most: int = 40) -> Code:
    """Return the code whose worst answer leaves the fewest, judged among at most `most` evenly
    spread ones.
    """
    sample = possible[:: -(-len(possible) // most)]

    def worst(guess: Code) -> int:
        answers = [compare(guess, code) for code in sample]
        return max(answers.count(told) for told in set(answers))

    return min(sample, key=worst)
