"""Mastermind: the rules of the game, the grammar of a guess, and what guessing without looking is
worth.
"""

import itertools

import pytest

import firsthand as fh
from firsthand.environment import Action
from firsthand.evaluate.statistics import wilson
from firsthand.models.scripted import Scripted
from firsthand.worlds.games.mastermind import (
    LEVELS,
    Mastermind,
    codes,
    compare,
    consistent,
    opening,
)


def begin(level=1, seed=0):
    game = Mastermind()
    (task,) = fh.tasks("games/mastermind", 1, level=level, start=seed)
    return game, game.reset(task)


@pytest.mark.parametrize(
    ("guess", "code", "told"),
    [
        ("ABCD", "ABCD", (4, 0)),
        ("ABCD", "DCBA", (0, 4)),
        ("AABB", "ABBB", (3, 0)),
        ("AABB", "BBAA", (0, 4)),
        ("AAAA", "ABCD", (1, 0)),
        ("AABC", "BAAD", (1, 2)),
        ("EEEE", "ABCD", (0, 0)),
    ],
)
def test_black_and_white_pegs(guess, code, told):
    assert compare(guess, code) == told == compare(code, guess)


def test_elimination_keeps_just_the_codes_that_agree():
    space = codes(LEVELS[2])
    for guess, code in itertools.product(space[::911], space[::577]):
        told = compare(guess, code)
        kept = consistent(space, guess, told)
        assert code in kept
        assert kept[::50] == [other for other in kept[::50] if compare(guess, other) == told]
        assert len(kept) == sum(compare(guess, other) == told for other in space)


def test_spaces_have_the_size_that_is_written_down():
    assert [len(codes(shape)) for shape in LEVELS.values()] == [1680, 4096, 6720, 32768, 59049]
    assert opening(LEVELS[1]) == (0, 1, 2, 3) and opening(LEVELS[5]) == (0, 0, 1, 1, 2)


def test_a_thousand_codes_differ_also_when_letters_are_renamed():
    for level in LEVELS:
        found = set()
        for split in ("train", "gate", "eval"):
            for task in fh.tasks("games/mastermind", 1000, level=level, split=split):
                game = Mastermind()
                game.reset(task)
                found.add(tuple(game.letters.index(letter) for letter in game.secret))
        assert len(found) >= 1000


def test_a_game_reads_well():
    game, shown = begin()
    assert shown.text == (
        f"The code has 4 pegs of the colours {' '.join(game.letters)}; no colour comes "
        "twice. You have 20 guesses."
    )
    assert "a colour may come more than once" in begin(2)[1].text
    wrong = next(
        letters
        for letters in map("".join, itertools.permutations(game.letters, 4))
        if compare(letters, game.secret) == (1, 2)
    )
    assert (
        game.act(Action(f"guess: {wrong}")).text == f"{wrong}: 1 black, 2 white. 19 guesses left."
    )
    end = game.act(Action(f" Guess:{game.secret.lower()}\n"))
    assert end.text == f"{game.secret}: 4 black, 0 white. You found the code." and end.done
    assert game.score().value == 1.0 and game.aftermath() == f"The code was {game.secret}."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Not understood: answer with one line like `guess: "),
        ("{secret}", "Not understood"),
        ("I think it is guess: {secret}", "Not understood"),
        ("guess: {secret} or {secret}", "Not understood"),
        ("guess: {secret}\nguess: {other}", "Not understood"),
        ("guess: {other}\nguess: {secret}", "Not understood"),
        ("guess: {secret}.", "Not understood"),
        ("guess: {spaced}", "Not understood"),
        ("guess: {secret}{secret}", "Not allowed: a guess has 4 letters, got 8."),
        ("guess: IIII", "Not allowed: I is not one of the colours"),
        ("guess: {doubled}", "Not allowed: no colour comes twice."),
    ],
)
def test_anything_but_one_allowed_guess_costs_a_turn_and_pays_nothing(text, told):
    game, _ = begin()
    parts = {
        "secret": game.secret,
        "other": game.secret[::-1],
        "spaced": " ".join(game.secret),
        "doubled": game.secret[0] * 4,
    }
    answer = game.act(Action(text.format(**parts))).text
    assert answer.startswith(told) and answer.endswith("19 guesses left.")
    assert game.score().value == 0.0 and not game.board and game.secret not in answer


def test_the_last_guess_ends_the_game():
    game, _ = begin()
    for left in range(19, 0, -1):
        assert game.act(Action("pass")).text.endswith(f"{left} guesses left.")
    end = game.act(Action("pass"))
    assert end.done and end.text.endswith("No guesses left.")
    assert (
        game.act(Action(f"guess: {game.secret}")).text == "The game is over."
        and game.score().value == 0.0
    )


def test_the_expert_goes_on_from_any_position():
    for level in (1, 4):
        game, _ = begin(level, 5)
        for text in (
            "guess: " + "".join(game.letters[i] for i in code)
            for code in codes(game.shape)[:: len(codes(game.shape)) // 3]
        ):
            game.act(Action(text))
        turns = 0
        for action in game.expert():
            turns += 1
            if game.act(action).done:
                break
        assert game.score().value == 1.0 and turns <= 8


async def test_guessing_without_looking_at_the_answers_is_worth_the_declared_base_rate():
    def blind(observation, game, rng):
        return f"guess: {''.join(rng.sample(game.letters, 4))}"

    agent = fh.Agent(model=Scripted(blind))
    chosen = fh.tasks("games/mastermind", 1500)
    rate = wilson(
        sum([(await fh.play(Mastermind(), agent, task)).reward for task in chosen]), len(chosen)
    )
    assert rate.low <= Mastermind.base_rate <= rate.high
