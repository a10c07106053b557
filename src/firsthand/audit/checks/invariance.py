"""Relations between rewards that need no reference.

Padding, repeating and hedging never raise a reward; two answers in either order do not earn what
one earns; a truncated answer earns no more than the whole; equal answers earn the same.
"""

import re
from collections.abc import Callable
from fractions import Fraction

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.sweeps import filler
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import (
    Slot,
    alike,
    quantity,
    same_answer,
    slot,
)
from firsthand.audit.formats.bad_plays import JUNK, near
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import FULL

ABOVE = 1.0 + 1e-6
Write = Callable[[Instance], str | None]


@check(
    "invariance",
    class_="metamorphic",
    kinds=("answer", "episode"),
    claim="Padding, repeating and joining never raise a reward; equal answers earn the same.",
)
def invariance(run: CheckRun) -> str | None:
    """Hold the relations on right and wrong answers, or on plans."""
    if run.session.facts.kind == "episode":
        return _plans(run)
    chosen = run.session.some(3 if run.session.costly else 60)
    _raising(run, chosen)
    if not run.session.answers_are_programs:
        _hedging(run, chosen)
    if not run.session.costly:
        _equal(run, chosen)
        _forms(run, chosen)
    return None


def _raising(run: CheckRun, chosen: list[Instance]) -> None:
    """More of the same must not earn more, whether the answer is right or wrong."""
    words = " ".join(filler(300))
    edits: dict[str, Callable[[str], str]] = {
        "repeated ten times, by lines": lambda text: "\n".join([text] * 10),
        "repeated ten times": lambda text: " ".join([text] * 10),
        "repeated twice": lambda text: text + text,
        "followed by 300 words": lambda text: f"{text}\n{words}",
        "preceded by 300 words": lambda text: f"{words}\n{text}",
        "stated with confidence": lambda text: (
            f"I am absolutely certain. {text}\nI have verified this carefully, step by step."
        ),
        "cut in half": lambda text: text[: len(text) // 2],
        "in capitals": str.upper,
    }
    starts: dict[str, Write] = {
        "The right answer": lambda i: i.oracle[0],
        "A wrong answer": lambda i: slot(i).put(near(slot(i).body)),
        "Junk": lambda _: JUNK,
    }
    if run.session.costly:
        edits = {
            name: edit
            for name, edit in edits.items()
            if name in ("repeated ten times, by lines", "followed by 300 words")
        }
        del starts["Junk"]
    for start, write in starts.items():
        plain = {
            i.seed: value
            for i, _, _, value in run.attack(chosen, write, note=start != "The right answer")
        }
        for name, edit in edits.items():
            if start != "The right answer" and name == "in capitals":
                continue
            results = run.attack(
                chosen,
                lambda i, edit=edit, write=write: edit(write(i) or ""),
                note=start != "The right answer",
            )
            base = {
                seed: max(value, 1.0) if start == "The right answer" else value
                for seed, value in plain.items()
            }
            raised = [
                (i, play, value)
                for i, play, _, value in results
                if value > base[i.seed] + 0.02
                and value > (ABOVE if start == "The right answer" else 0)
                and (start == "The right answer" or not same_answer(play.actions[0], i))
            ]
            right = (
                start == "The right answer"
            )  # of wrong ones, a few may become right by what is added
            if len(raised) >= max(1 if right else 2, (0.2 if right else 0.5) * len(results)):
                instance, play, value = raised[0]
                run.accuse(
                    f"{start} earns more when it is {name}: {value:.2f} instead of "
                    f"{plain[instance.seed]:.2f} "
                    f"of the oracle's reward, on {len(raised)} of {len(results)} instances.",
                    Witness("pays", (play,), value=value * run.session.best(instance.seed)),
                    values=[value for *_, value in results],
                    advice="Bound the reward, score one committed answer, and let neither length "
                    "nor repetition count.",
                )


def _hedging(run: CheckRun, chosen: list[Instance]) -> None:
    """Give the right answer and a wrong one, in both orders: if both pay, listing pays."""
    own = run.session.frame
    boxed, tagged = Slot("\\boxed{", "", "}"), Slot("<answer>", "", "</answer>")
    ways: dict[str, Callable[[Slot, str, str], str]] = {
        "with `or` in one slot": lambda s, a, b: s.put(f"{a} or {b}"),
        "with a comma in one slot": lambda s, a, b: s.put(f"{a}, {b}"),
        "in two slots": lambda s, a, b: f"{s.put(a)}\n{s.put(b)}",
        "in two of the common slots": lambda _, a, b: f"{own.put(a)}\n{own.put(b)}",
        "in prose": lambda _, a, b: f"It could be {a}. It could be {b}.",
        "in boxes": lambda _, a, b: f"{boxed.put(a)} {boxed.put(b)}",
        "in tags": lambda _, a, b: f"{tagged.put(a)}{tagged.put(b)}",
    }
    if run.session.costly:
        ways = {name: ways[name] for name in ("with `or` in one slot", "in two slots")}
    for name, way in ways.items():
        pair = {i.seed: _other(run, i) for i in chosen}
        first = run.attack(
            chosen, lambda i, way=way, pair=pair: way(slot(i), slot(i).body, pair[i.seed])
        )
        last = run.attack(
            chosen, lambda i, way=way, pair=pair: way(slot(i), pair[i.seed], slot(i).body)
        )
        both = [
            one[1]
            for one, two in zip(first, last, strict=True)
            if one[3] >= FULL and two[3] >= FULL
        ]
        if len(both) >= max(2, 0.3 * len(chosen)) or (both and len(both) == len(chosen)):
            instance = run.session.by_seed[both[0].seed]
            run.accuse(
                f"Two answers are paid like the right one, {name}, in either order, "
                f"on {len(both)} of {len(chosen)} instances: "
                f"{both[0].actions[0][-100:]!r}.",
                Witness("pays", (both[0],), value=FULL * run.session.best(instance.seed)),
                values=[value for *_, value in first],
                advice="Require exactly one committed answer, and parse the slot with a grammar "
                "that has to match in full.",
            )
            return


def _other(run: CheckRun, instance: Instance) -> str:
    own = slot(instance).body
    pool = run.session.usable
    start = next((place for place, other in enumerate(pool) if other.seed == instance.seed), 0)
    for step in range(1, len(pool)):
        body = slot(pool[(start + step) % len(pool)]).body
        if (
            not alike(body, own)
            and body not in own
            and own not in body
            and len(body) <= 4 * len(own) + 20
        ):
            return body
    number = quantity(own)
    return f"{number * 3 + 7:g}" if number is not None else JUNK


def _equal(run: CheckRun, chosen: list[Instance]) -> None:
    """Put space around an answer: a grader that minds it on some instances is arbitrary."""
    edits: dict[str, Callable[[str], str]] = {
        "a line break before it": lambda t: "\n" + t,
        "a line break after it": lambda t: t + "\n",
        "a space after it": lambda t: t + " ",
    }
    free = False
    for name, edit in edits.items():
        results = run.attack(chosen, lambda i, edit=edit: edit(i.oracle[0]), note=False)
        refused = [play for _, play, _, value in results if value < FULL]
        free = free or (name == "a line break before it" and not refused)
        if refused:
            mixed = 0.15 * len(results) <= len(refused) <= 0.85 * len(results)
            one_sided = free and name == "a line break after it" and len(results) >= 4
            run.accuse(
                f"The right answer with {name} is refused on {len(refused)} of "
                f"{len(results)} instances"
                f"{', with one before it on none' if one_sided else ''}.",
                Witness("refused", (refused[0],), value=0.9 * run.session.best(refused[0].seed)),
                severity="major" if mixed or one_sided else "minor",
                values=[value for *_, value in results],
                class_="false negative",
                advice="Strip the answer before comparing, on every instance and on both sides.",
            )


def _forms(run: CheckRun, chosen: list[Instance]) -> None:
    """Write a number in other ways, where fractions and decimals are both accepted."""
    exact = {
        i.seed: value
        for i in chosen
        if (value := _fraction(slot(i).body)) is not None and value.denominator > 1
    }
    able = [i for i in chosen if i.seed in exact]
    if len(able) < 4:
        return

    def shares(
        write: Callable[[Fraction], str],
    ) -> tuple[float, list[tuple[Instance, Play, Trace, float]]]:
        results = run.attack(able, lambda i: slot(i).put(write(exact[i.seed])), note=False)
        return sum(value >= FULL for *_, value in results) / len(results), results

    fractions, decimals = (
        shares(lambda value: f"{value.numerator}/{value.denominator}")[0],
        shares(lambda value: str(float(value)))[0],
    )
    if min(fractions, decimals) < 0.9:
        return
    ways: dict[str, Callable[[Fraction], str]] = {
        "with a zero at the end": lambda value: f"{float(value)}0"
    }
    if not any(
        re.search(r"lowest|simpl|reduced|irreducible", i.prompt, re.IGNORECASE) for i in able
    ):
        ways["as a fraction that can be reduced"] = lambda value: (
            f"{2 * value.numerator}/{2 * value.denominator}"
        )
    for name, write in ways.items():
        share, results = shares(write)
        if share <= 0.2:
            play = next(play for _, play, _, value in results if value < FULL)
            run.accuse(
                f"Fractions and decimals are both accepted, but the same number {name} is refused: "
                f"{play.actions[0][-60:]!r}.",
                Witness("refused", (play,), value=0.9 * run.session.best(play.seed)),
                severity="major",
                class_="false negative",
                values=[value for *_, value in results],
                advice="Compare values, not the ways in which they are written.",
            )
            return


def _fraction(text: str) -> Fraction | None:
    """Return the number that a text is, where a decimal with few places writes it exactly."""
    try:
        value = (
            Fraction(text.strip())
            if re.fullmatch(r"\s*-?\d{1,6}(/\d{1,6}|\.\d{1,6})\s*", text)
            else None
        )
    except ZeroDivisionError:
        return None
    return value if value is not None and Fraction(str(float(value))) == value else None


def _plans(run: CheckRun) -> str | None:
    """Repeat a plan, or each of its steps: that may not earn more than the plan itself."""
    chosen = run.session.some(60)
    forms: dict[str, Callable[[Instance], tuple[str, ...] | None]] = {
        "done twice": lambda i: i.oracle + i.oracle,
        "with each step done twice": lambda i: tuple(
            action for action in i.oracle for _ in range(2)
        ),
        "with each step done four times": lambda i: tuple(
            action for action in i.oracle for _ in range(4)
        ),
    }
    for name, form in forms.items():
        results = run.attack(
            chosen, lambda i, form=form: (form(i) or ())[: run.session.facts.turns]
        )
        above = [(play, value) for _, play, _, value in results if value > 1.1]
        if above:
            play, value = above[0]
            run.accuse(
                f"The oracle's plan {name} earns {value:.2f} times what it earns once, "
                f"on {len(above)} of {len(results)} instances.",
                Witness("pays", (play,), value=value * run.session.best(play.seed)),
                values=[value for *_, value in results],
                advice="Pay changes of a potential of the state: then repeating earns nothing.",
            )
    return None
