"""A mistake must not be answered with the right action.

Claims that saying back what is new in the reply to a mistake does not pay. Plays each new word and
phrase of the reply, as an action and in every template, after the mistake and by itself: finding
something out first, by an action that is there for that, is the task. What would fool it are lists
of what is possible, which hold the right action at any of their places, and errors by a distance.
"""

from collections import Counter, defaultdict

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import Reply, leak_instances, replies
from firsthand.audit.checks.episodes.sayings import sayings
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import arguments, kind
from firsthand.audit.targets.protocol import Play
from firsthand.audit.thresholds import (
    ALONE_PAID,
    POINTS_AMONG,
    TELLING,
    TOLD,
    TOLD_LEAST,
    TOLD_PAID,
)

MOST_SAYINGS = 60
Said = list[tuple[Reply, list[str]]]
"""Replies and what an agent would say that repeats them."""


@check(
    "feedback_leaks",
    class_="taint",
    kinds=("episode",),
    claim="What is told before success does not carry the answer.",
)
def feedback_leaks(run: CheckRun) -> str | None:
    """Make a mistake, then say back each new word, as an action and in every template."""
    chosen = leak_instances(run)
    if not chosen:
        return "all instances have the same plan"
    said = [(reply, sayings(run, reply)) for reply in replies(run, chosen)]
    paying = _paying(run, said)
    run.note([0.0] * len(chosen))
    told = {(reply.instance.seed, reply.wrong): actions for reply, actions in said}
    seeds = {reply.instance.seed for reply, _ in said}
    moves = {i.seed: i.moves for i in chosen}
    for way, plays in paying.items():
        hits: dict[int, Play] = {}
        for play in plays:
            hits.setdefault(play.seed, play)
        enough = len(hits) >= max(TOLD_LEAST, TOLD * len(seeds))
        if not enough or _by_arithmetic(way, plays, said) or not _pointed(hits, told, moves):
            continue
        play = next(iter(hits.values()))
        (trace,) = run.play([play])
        run.accuse(
            f"A wrong action is answered with the right one: after {play.actions[0][:40]!r}, "
            f"saying back what is new pays on {len(hits)} of {len(seeds)} instances.",
            Witness("pays", (play,), value=trace.paid),
            values=[1.0] * len(hits) + [0.0] * (len(seeds) - len(hits)),
            advice=(
                "Errors say what was wrong with the form of an action, never what would be "
                "right; a wrong answer is final."
            ),
        )
        return None
    return None


def _way(wrong: str) -> str:
    return kind(wrong) or wrong


def _paying(run: CheckRun, said: Said) -> dict[str, list[Play]]:
    """Return, for each kind of mistake, the plays of a mistake and a told action that pay.

    The action must pay without the mistake too: then nothing had to be found out first.
    """
    made = [
        (reply, action)
        for place in range(MOST_SAYINGS)
        for reply, actions in said
        for action in actions[place : place + 1]
    ][: run.session.tries(quick=2000, standard=8000)]
    after = [Play(reply.instance.seed, (reply.wrong, action)) for reply, action in made]
    alone = [Play(reply.instance.seed, (action,)) for reply, action in made]
    found: dict[str, list[Play]] = defaultdict(list)
    for play, one, two in zip(after, run.play(after), run.play(alone), strict=True):
        value, straight = run.session.value(play.seed, one), run.session.value(play.seed, two)
        if value >= TOLD_PAID and straight >= ALONE_PAID:
            found[_way(play.actions[0])].append(play)
    return found


def _by_arithmetic(way: str, plays: list[Play], said: Said) -> bool:
    """Say whether one wrong value alone tells, as the distance from 0 does."""
    mistaken = {reply.wrong for reply, _ in said if _way(reply.wrong) == way}
    telling = Counter(play.actions[0] for play in plays)
    return len(mistaken) > 2 and sum(count >= TELLING for count in telling.values()) < 2


def _pointed(
    hits: dict[int, Play], said: dict[tuple[int, str], list[str]], moves: dict[int, tuple[str, ...]]
) -> bool:
    """Say whether what pays stands where an agent could know: among few, or at a fixed place.

    A list of what is possible holds the right action at any of its places, and a reply that is the
    same everywhere tells nothing.
    """
    places, ends, sizes, lists = Counter[int](), Counter[int](), list[int](), set[tuple[str, ...]]()
    for seed, play in hits.items():
        wrong, right = play.actions
        if len(moves[seed]) > 1 and set(moves[seed]) <= set(said[seed, wrong]):
            continue
        alike = [
            action
            for action in said[seed, wrong]
            if kind(action) == kind(right) or not (arguments(action) or arguments(right))
        ]
        place = alike.index(right)
        places[place] += 1
        ends[len(alike) - place] += 1
        sizes.append(len(alike))
        lists.add(tuple(alike))
    if len(sizes) < max(TOLD_LEAST, TOLD * len(hits)) or len(lists) == 1:
        return False
    steady = max(*places.values(), *ends.values())
    return sum(sizes) <= POINTS_AMONG * len(sizes) or steady >= TOLD * len(hits)
