"""Rules over several words: found where no word alone tells, and edited by what they did."""

import random

import pytest

import firsthand as fh
from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop, Turn
from firsthand.learn.lessons.conjunctions import Conjunctions
from firsthand.playbook import Lesson

COLOURS, SIZES, PLACES = ("red", "blue", "green"), ("big", "small", "medium"), ("north", "south")
ANSWERS = ("alpha", "beta", "gamma")


def square(colour, size, _place):
    """Each answer comes equally often with each word: only pairs tell."""
    return ANSWERS[(COLOURS.index(colour) + SIZES.index(size)) % 3]


def exceptional(colour, size, place):
    if (colour, size, place) == ("red", "big", "north"):
        return "gamma"
    return square(colour, size, place)


def plays(n, law, *, guess=None, seed=0):
    """Episodes of a player that guesses, or answers as `guess` says where it says something."""
    rng, found = random.Random(seed), []
    for number in range(n):
        words = rng.choice(COLOURS), rng.choice(SIZES), rng.choice(PLACES)
        said = [*words, *rng.sample(("apple", "river", "stone", "cloud"), 2)]
        rng.shuffle(said)
        answer = (guess and guess(*words)) or rng.choice(ANSWERS)
        reward = float(answer == law(*words))
        found.append(
            Episode(
                id=str(number),
                task=fh.Task("test/words", number),
                agent="a",
                turns=(Turn(Observation(" ".join(said)), Action(answer), reward),),
                final=Observation("The end.", done=True),
                reward=reward,
                checks={"right": bool(reward)},
                stop=Stop.DONE,
            )
        )
    return found


def rule(text):
    return Lesson("rule", text, scope="test/words")


def texts(lessons):
    return {lesson.text for lesson in lessons}


async def test_pairs_are_found_where_no_word_alone_tells_anything():
    found = await Conjunctions().review(plays(800, square), known=())
    right = {
        f"when {' '.join(sorted((a, b)))} say {square(a, b, '')}" for a in COLOURS for b in SIZES
    }
    assert right <= texts(found)
    assert all(lesson.evidence and lesson.untrusted and not lesson.parents for lesson in found)


async def test_nothing_is_proposed_from_chance():
    found = await Conjunctions(deviations=4.0).review(
        plays(800, lambda *_words: random.choice(ANSWERS)), known=()
    )
    assert len(found) <= 2


async def test_a_rule_that_works_in_part_is_narrowed():
    """`red alpha` is right beside `big` only."""
    known = rule("when red say alpha")
    found = await Conjunctions().review(plays(800, square), known=[known])
    narrowed = {lesson.text: lesson.parents for lesson in found}
    assert narrowed["when big red say alpha"] == (known.id,)


async def test_an_exception_becomes_a_rival_with_one_more_word():
    known = rule("when big red say alpha")
    found = await Conjunctions().review(plays(1500, exceptional), known=[known])
    edits = {lesson.text: lesson.parents for lesson in found}
    assert edits["when big north red say gamma"] == (known.id,)


async def test_a_wrong_rule_is_replaced_by_a_rival():
    known = rule("when big red say beta")
    found = await Conjunctions().review(plays(800, square), known=[known])
    assert "when big red say alpha" in texts(found)


async def test_two_rules_that_differ_in_one_word_are_merged():
    known = [rule("when big north red say alpha"), rule("when big red south say alpha")]
    found = await Conjunctions().review(plays(800, square), known=known)
    merged = {lesson.text: lesson.parents for lesson in found}
    assert set(merged["when big red say alpha"]) == {lesson.id for lesson in known}


async def test_known_rules_are_not_proposed_again():
    first = await Conjunctions().review(plays(800, square), known=())
    again = await Conjunctions().review(plays(800, square), known=first)
    assert texts(first).isdisjoint(texts(again))


@pytest.mark.parametrize("text", ["say alpha", "When red, alpha.", "when red big"])
def test_lessons_in_other_words_are_left_alone(text):
    assert Conjunctions().read(rule(text)) is None


def test_a_wording_of_ones_own_is_read_back():
    reviewer = Conjunctions(wording="If it says {words}: do {way} (at once).")
    read = reviewer.read(rule("If it says red big: do alpha (at once)."))
    assert read == (frozenset({"red", "big"}), "alpha")
