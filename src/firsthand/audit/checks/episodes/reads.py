"""What a step of the oracle is for: whether it informs the agent, and whether it changes the world.

All of it is seen from outside: from replies to the same step on other instances, later, or twice.
"""

import re
from collections import Counter, defaultdict

from firsthand.audit.accusation import CheckRun
from firsthand.audit.formats.actions import kind
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    FIXED_REPLY,
    FORESEEN_CASES,
    INFORMS,
    MOSTLY,
    OFTEN_OTHERWISE,
    PAID_ALONE,
    READS_PLAYED,
    TELLS_LATER,
)


def way_informs(run: CheckRun, instances: list[Instance]) -> bool:
    """Say whether intermediate steps gather information that the last step uses."""
    told = 0
    for instance in instances:
        seen = " ".join(run.session.solved[instance.seed].observations[1:-1])
        last = set(re.findall(r"\w{2,}|\d+", instance.oracle[-1])) - set(
            re.findall(r"\w{2,}|\d+", instance.prompt)
        )
        told += any(re.search(rf"\b{re.escape(word)}\b", seen) for word in last)
    return told >= INFORMS * len(instances)


def informs(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind are answered with something that differs between instances.

    The same step in other words, or new words.
    """
    said: list[frozenset[str]] = []
    replies: dict[str, list[str]] = defaultdict(list)
    own = own_words(chosen)
    for instance in chosen:
        trace, new = run.session.solved[instance.seed], set[str]()
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            if kind(action) == name:
                before = " ".join((*trace.observations[: place + 1], *instance.oracle[: place + 1]))
                new |= set(re.findall(r"\w+", trace.observations[place + 1])) - set(
                    re.findall(r"\w+", before)
                )
                replies[action].append(masked(trace.observations[place + 1], own[instance.seed]))
        said.append(frozenset(new))
    if (known := foreseen(run, chosen, name)) is not None:
        return not known
    again = [texts for texts in replies.values() if len(texts) >= 4]
    if again and sum(
        max(Counter(texts).values()) < FIXED_REPLY * len(texts) for texts in again
    ) >= OFTEN_OTHERWISE * len(again):
        return True
    return max(Counter(said).values(), default=0) < FIXED_REPLY * len(said)


def own_words(chosen: list[Instance]) -> dict[int, set[str]]:
    """Return the words of each prompt that not all prompts have.

    An echo of them informs of nothing.
    """
    words = {i.seed: set(re.findall(r"\w+", i.prompt)) for i in chosen}
    shared = set[str].intersection(*words.values())
    return {seed: said - shared for seed, said in words.items()}


def masked(reply: str, own: set[str]) -> str:
    """Return the words of a reply, with those that are the instance's own left blank."""
    return " ".join("_" if word in own else word for word in re.findall(r"\w+", reply))


def foreseen(run: CheckRun, chosen: list[Instance], name: str) -> bool | None:
    """Say whether what was seen last and the step fix the reply, so that it informs of nothing.

    None where too few cases repeat.
    """
    replies: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    own = own_words(chosen)
    for instance in chosen:
        trace = run.session.solved[instance.seed]
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            if kind(action) == name and place:
                reply = trace.observations[place + 1]
                replies[trace.observations[place], action].append(
                    (reply, masked(reply, own[instance.seed]))
                )
    again = [texts for texts in replies.values() if len(texts) >= 2]
    if sum(map(len, again)) < FORESEEN_CASES:
        return None
    return all(
        len({reply for reply, _ in texts}) == 1 or len({masked for _, masked in texts}) == 1
        for texts in again
    )


def changes(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind change what is seen.

    What changes nothing is idle, and no work.
    """
    moved: list[bool] = []
    for instance in chosen:
        trace = run.session.solved[instance.seed]
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            if kind(action) == name and place:
                moved.append(trace.observations[place] != trace.observations[place + 1])
    return bool(moved) and sum(moved) >= PAID_ALONE * len(moved)


def paid_before(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind only end plans that have earned everything by then."""
    ends = all(kind(i.oracle[-1]) == name and name not in map(kind, i.oracle[:-1]) for i in chosen)
    return ends and all(
        len(trace.rewards) > 1 and trace.rewards[-1] == 0.0
        for i in chosen
        for trace in [run.session.solved[i.seed]]
    )


def tells(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind are answered with new words that later steps use."""
    told = 0
    for instance in chosen:
        trace, known = run.session.solved[instance.seed], set(re.findall(r"\w+", instance.prompt))
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            new = (
                set(re.findall(r"\w+", trace.observations[place + 1]))
                - known
                - set(re.findall(r"\w+", action))
            )
            later = set(re.findall(r"\w+", " ".join(instance.oracle[place + 1 :])))
            if kind(action) == name and (new & later):
                told += 1
                break
            known |= set(re.findall(r"\w+", trace.observations[place + 1]))
    return told >= TELLS_LATER * len(chosen)


COUNTERS = re.compile(
    r"\b(?:turn|step|move|action|round|attempt)s?\W{0,3}(?:left\W{0,3})?\d+"
    r"|\d+\W{0,3}(?:more\W|of\W\d+\W)?(?:turn|step|move|action|round|attempt)s?\b",
    re.IGNORECASE,
)
"""Parts of a reply that count turns: they differ whatever was done."""


def optional_read(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind only read the state: then an agent may do without them.

    Seen from outside, a read (1) says the same when it is repeated at once, (2) changes no later
    reply, and (3) says something of the instance or of its state, which a mere receipt does not,
    nor a refusal that is the same everywhere.
    """
    able = [i for i in chosen if any(kind(action) == name for action in i.oracle)]
    able = able[:: max(1, len(able) // READS_PLAYED)][:READS_PLAYED]
    places = [next(p for p, a in enumerate(i.oracle) if kind(a) == name) for i in able]
    twice = run.play(
        Play(i.seed, (*i.oracle[: at + 1], *i.oracle[at:]))
        for i, at in zip(able, places, strict=True)
    )
    without = run.play(Play(i.seed, tuple(a for a in i.oracle if kind(a) != name)) for i in able)
    late = run.play(
        Play(i.seed, (*i.oracle[:-1], i.oracle[at])) for i, at in zip(able, places, strict=True)
    )
    steady, told, moved, at_end = 0, set[str](), False, set[str]()
    for i, at, again, rest, end in zip(able, places, twice, without, late, strict=True):
        replies = [COUNTERS.sub("", said) for said in run.session.solved[i.seed].observations]
        if len(replies) <= at + 1 or not end.observations:
            continue  # the episode was over before the oracle's plan
        repeated = [COUNTERS.sub("", said) for said in again.observations]
        others = [
            said
            for said, action in zip(replies[1:], i.oracle, strict=False)
            if kind(action) != name
        ]
        remaining = [COUNTERS.sub("", said) for said in rest.observations[1:]]
        if len(repeated) > at + 2:
            steady += repeated[at + 1] == repeated[at + 2] and remaining == others
        known = set(re.findall(r"\w+", " ".join((*replies[: at + 1], i.oracle[at]))))
        told.add(masked(replies[at + 1], known - _shared(able)))
        later = COUNTERS.sub("", end.observations[-1])
        at_end.add(later)
        moved |= at < len(i.oracle) - 2 and later != replies[at + 1]
    return (
        bool(able)
        and steady >= MOSTLY * len(able)
        and (len(told) > 1 or (moved and len(at_end) > 1))
    )


def _shared(chosen: list[Instance]) -> set[str]:
    """Return the words that all prompts have."""
    return set[str].intersection(*(set(re.findall(r"\w+", i.prompt)) for i in chosen))
