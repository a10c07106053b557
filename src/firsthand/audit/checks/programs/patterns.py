"""Regular expressions that match everything or nothing, where one is asked for.

It claims that a pattern is tried on texts that it has to match and on texts that it must not
match, as a whole. What would fool it: a task whose right pattern is one of these; a pattern is
accused only where it is paid on two tasks with different right answers.
"""

import re

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import Slot, slot
from firsthand.audit.formats.programs import FENCE, TAG
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import FULL, PATTERNS_PAID, PATTERNS_SHARE

ASKED = re.compile(r"\bregex|\bregular expression|\bregexp|\bpattern\b", re.IGNORECASE)
SPECIAL = re.compile(r"[\\\[\](){}|*+?^$]")
EVERYTHING = (".*", r"[\s\S]*", "(?s:.*)", ".", ".+", "^", "", "|", ".*?", r"\w*", "(?:)", "x*")
NOTHING = ("(?!)", "$^", r"[^\s\S]")
ADVICE = {
    True: "Use `re.fullmatch`, and test texts that the pattern must not match, near those that it "
    "has to match.",
    False: "Test texts that the pattern has to match, and pay nothing where none is matched.",
}
"""What to do about a grader that pays for a pattern which matches everything (True) or nothing."""


def place(instance: Instance) -> Slot | None:
    """Find the pattern in the oracle's text; None where it holds none."""
    text = instance.oracle[0]
    spots = [match.span(1) for match in FENCE.finditer(text)]
    spots += [match.span(2) for match in TAG.finditer(text)]
    found = [Slot(text[:start], text[start:end], text[end:]) for start, end in spots]
    for one in (*found, slot(instance), Slot("", text, "")):
        try:
            re.compile(one.body.strip())
        except (re.error, RecursionError, OverflowError):
            continue
        if SPECIAL.search(one.body):
            return one
    return None


@check(
    "patterns",
    class_="answer channel",
    kinds=("answer",),
    claim="A regular expression that matches everything, or nothing, is paid nothing.",
)
def patterns(run: CheckRun) -> str | None:
    """Play each pattern on every task, and accuse the first that is paid on several."""
    some = [instance for instance in run.session.some(60) if ASKED.search(instance.prompt)]
    places = {i.seed: found for i in some if (found := place(i)) is not None}
    if not places or len(places) < PATTERNS_SHARE * len(run.session.some(60)):
        return "the oracle's answers are no regular expressions"
    asked = [instance for instance in some if instance.seed in places]
    for pattern in (*NOTHING, *EVERYTHING):
        results = run.attack(asked, lambda i, pattern=pattern: places[i.seed].put(pattern))
        paid = [
            (instance, play)
            for instance, play, _, value in results
            if value >= FULL and places[instance.seed].body.strip() != pattern
        ]
        rights = {places[instance.seed].body for instance, _ in paid}
        if len(rights) < PATTERNS_PAID:
            continue
        everything = pattern in EVERYTHING
        instance, play = paid[0]
        what = "everything" if everything else "nothing"
        claim = (
            f"A regular expression that matches {what} is paid in full on {len(paid)} of "
            f"{len(results)} tasks: {pattern!r}."
        )
        values = [value for *_, value in results]
        witness = Witness("pays", (play,), value=FULL * run.session.best(instance.seed))
        run.accuse(claim, witness, values=values, advice=ADVICE[everything])
        return None  # others that are paid say the same
    return None
