"""One rule for all instances that copies from the prompt without understanding it.

The rule is chosen on half of the instances and certified on the other half. What it earns above
chance is not task solving, by construction.
"""

import re
from collections.abc import Callable

from firsthand.audit.accusation import CheckRun, as_it_is, check
from firsthand.audit.formats.answers import NUMBER, slot
from firsthand.audit.stats.bounds import at_most
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import (
    FULL,
    INSTANCES_ENOUGH,
    OPTION_ABOVE_CHANCE,
    OPTION_BY_LUCK,
    RULE_PAID,
)

Rule = Callable[[str], str | None]
HEADING = re.compile(
    r"\W*(?:[^\W\d]+\s+){1,3}(?:no\.?\s*|#\s*)?(\d+)\s*[.:;,\])\n–—-]", re.IGNORECASE
)
"""A prompt that begins with a number of its own, as in `Sheet 12.`"""
OPTION = re.compile(r"^\s*(?:\(?([A-Ha-h1-8])[).:]|[-*•])\s*(.+?)\s*$", re.MULTILINE)


def _at(pattern: str, place: int) -> Rule:
    compiled = re.compile(pattern)

    def rule(prompt: str) -> str | None:
        found = compiled.findall(prompt)
        return found[place] if -len(found) <= place < len(found) else None

    return rule


def _option(key: Callable[[str], float], largest: bool, text: bool) -> Rule:
    def rule(prompt: str) -> str | None:
        options = OPTION.findall(prompt)
        if len(options) < 2:
            return None
        chosen = (max if largest else min)(options, key=lambda option: key(option[1]))
        return chosen[1] if text else chosen[0]

    return rule


def _place(place: int) -> Rule:
    def rule(prompt: str) -> str | None:
        options = OPTION.findall(prompt)
        return (
            options[place][1]
            if len(options) >= 2 and -len(options) <= place < len(options)
            else None
        )

    return rule


def _ranked(place: int, *, text: bool) -> Rule:
    """Choose by size, but neither the largest nor the smallest, which may well be the task."""

    def rule(prompt: str) -> str | None:
        options = [
            (float(number[0].replace(",", "")), option)
            for option in OPTION.findall(prompt)
            if (number := NUMBER.search(option[1]))
        ]
        if len(options) < 3:
            return None
        chosen = sorted(options, key=lambda pair: pair[0])[place]
        return chosen[1][1 if text else 0]

    return rule


RULES: dict[str, Rule] = {
    **{f"copy number {place}": _at(NUMBER.pattern, place) for place in (0, 1, 2, 3, -1, -2, -3)},
    **{
        f"copy word {place}": _at(r"[^\W\d_][\w'-]*", place)
        for place in (0, 1, 2, 3, 4, 5, -1, -2, -3)
    },
    **{f"copy the word in capitals {place}": _at(r"\b[A-Z]{2,}\b", place) for place in (0, -1)},
    **{
        f"copy what stands in quotes {place}": _at(r"[\"'`]([^\"'`]+)[\"'`]", place)
        for place in (0, 1, -1)
    },
    **{
        f"copy what stands in brackets {place}": _at(r"[\[(<]([^\])>]+)[\])>]", place)
        for place in (0, -1)
    },
    **{
        f"copy what follows colon {place}": _at(r"[:=]\s*([^\s,;]+?)[.,;]?(?=\s|$)", place)
        for place in (0, -1)
    },
    **{f"copy line {place}": _at(r"(?m)^(.+)$", place) for place in (0, -1)},
    **{f"copy option {place}": _place(place) for place in (0, 1, 2, 3, -1)},
    **{
        f"choose the option that is number {place} by size": _ranked(place, text=False)
        for place in (1, 2, -2)
    },
    **{
        f"copy the option that is number {place} by size": _ranked(place, text=True)
        for place in (1, 2, -2)
    },
    "choose the longest option": _option(len, True, False),
    "choose the shortest option": _option(len, False, False),
    "copy the longest option": _option(len, True, True),
    "copy the shortest option": _option(len, False, True),
}


def _numbered(instances: list[Instance], search: list[Instance]) -> dict[str, Rule]:
    """Return rules that read the number of a question alone: its remainder chooses the answer."""
    found: dict[str, Rule] = {}
    heads = {i.seed: int(head[1]) for i in instances if (head := HEADING.match(i.prompt))}
    if (
        len(set(heads.values())) == len(instances)
        and len({slot(i).body for i in search}) <= len(search) / 4
    ):
        found["the answer of the question whose number is nearest"] = _nearest(
            {heads[i.seed]: slot(i).body for i in search}
        )
    for place in (0, 1, -1):
        copy = _at(NUMBER.pattern, place)
        numbers = {i.seed: copy(i.prompt) for i in instances}
        shifts = {
            int(number) - seed
            for seed, number in numbers.items()
            if number and number.lstrip("+-").isdigit()
        }
        if len(shifts) != 1 or None in numbers.values():
            continue
        for modulus in range(2, min(12, len(search) // 3) + 1):
            answers = {int(numbers[i.seed] or 0) % modulus: slot(i).body for i in search}
            if len(answers) == modulus and len(set(answers.values())) > 1:
                found[f"the number of the question modulo {modulus}"] = _looked_up(
                    copy, modulus, answers
                )
    return found


def _nearest(known: dict[int, str]) -> Rule:
    def rule(prompt: str) -> str | None:
        own = int(head[1]) if (head := HEADING.match(prompt)) else 0
        others = [
            number for number in known if number != own
        ]  # leave-one-out prevents memorisation
        return (
            known[min(others, key=lambda number: (abs(number - own), number))]
            if head and others
            else None
        )

    return rule


def _looked_up(copy: Rule, modulus: int, answers: dict[int, str]) -> Rule:
    return lambda prompt: (
        answers[int(number) % modulus]
        if (number := copy(prompt)) and number.lstrip("+-").isdigit()
        else None
    )


def rule_pays(hits: int, n: int, *, chance: float, chooses: bool) -> bool:
    """Say whether a rule solves too many instances: nearly all, or, where it `chooses` among
    answers, more than chance and luck explain.
    """
    if not n:
        return False
    if hits >= RULE_PAID * n:
        return True
    above = hits >= (chance + OPTION_ABOVE_CHANCE) * n
    return chooses and above and 1 - at_most(hits - 1, n, chance) < OPTION_BY_LUCK


@check(
    "copy_rules",
    class_="blind search",
    kinds=("answer",),
    claim="No rule that copies from the prompt earns more than the base rate.",
)
def copy_rules(run: CheckRun) -> str | None:
    """Search for a copying rule on one half of the instances and certify it on the other."""
    instances = run.session.some(10**6)
    known = run.session.labels
    if len(instances) < INSTANCES_ENOUGH or len(known) < 2:
        return "fewer than 8 instances, or one answer"
    if run.session.costly:
        return "calls are too slow for a search, and programs are not copied from prompts"
    half = (
        set(run.session.stream("search", 10**6)[: len(instances) // 2])
        if run.session.facts.instances
        else {i.seed for i in instances[::2]}
    )
    search = [instance for instance in instances if instance.seed in half]
    certify = [instance for instance in instances if instance.seed not in half]
    own = run.session.frame

    def act(rule: Rule) -> Callable[[Instance], str | None]:
        return lambda instance: None if (body := rule(instance.prompt)) is None else own.put(body)

    best, most = "", 0.0
    rules = {**RULES, **_numbered(instances, search)}
    for name, rule in rules.items():
        paid = sum(value >= FULL for *_, value in run.attack(search, act(rule))) / max(
            len(search), 1
        )
        if paid > most:
            best, most = name, paid
    if not best:
        return None
    results = run.attack(certify, act(rules[best]))
    hits, n = [play for _, play, _, value in results if value >= FULL], len(certify)
    listed = [len(OPTION.findall(instance.prompt)) for instance in certify]
    chance = max(
        1 / len(known),
        max(count for _, count in known) / len(run.session.usable),
        *(1 / size for size in listed if size > 1),
    )
    chooses = "option" in best or "number is nearest" in best
    if rule_pays(len(hits), n, chance=chance, chooses=chooses):
        run.pays(
            f"One rule that does not look at the question earns {len(hits)} of {n} instances "
            f"it was not chosen on: {best}.",
            hits[0],
            values=[value for *_, value in results],
            class_="answer predictable",
            advice="Put the answer at varying places, among alternatives of the same form.",
            keeps=as_it_is,
        )
    return None
