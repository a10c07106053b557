"""One rule for all instances that reads the prompt without understanding it: which number, word or option to copy.

The rule is chosen on half of the instances and certified on the other half. What it earns above chance is
not task solving, by construction.
"""

import re
from collections.abc import Callable

from firsthand.audit.answers import NUMBER, frame, labels, slow
from firsthand.audit.bounds import at_most
from firsthand.audit.session import FULL, Session
from firsthand.audit.target import Instance

Rule = Callable[[str], str | None]
OPTION = re.compile(r"^\s*\(?([A-Ha-h1-8])[).:]\s*(.+?)\s*$", re.MULTILINE)


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


RULES: dict[str, Rule] = {
    **{f"copy number {place}": _at(NUMBER.pattern, place) for place in (0, 1, 2, 3, -1, -2, -3)},
    **{f"copy word {place}": _at(r"[^\W\d_][\w'-]*", place) for place in (0, 1, 2, 3, 4, 5, -1, -2, -3)},
    **{f"copy the word in capitals {place}": _at(r"\b[A-Z]{2,}\b", place) for place in (0, -1)},
    **{f"copy what stands in quotes {place}": _at(r"[\"'`]([^\"'`]+)[\"'`]", place) for place in (0, 1, -1)},
    **{f"copy what stands in brackets {place}": _at(r"[\[(<]([^\])>]+)[\])>]", place) for place in (0, -1)},
    **{f"copy what follows colon {place}": _at(r"[:=]\s*([^\s,;]+?)[.,;]?(?=\s|$)", place) for place in (0, -1)},
    **{f"copy line {place}": _at(r"(?m)^(.+)$", place) for place in (0, -1)},
    "choose the longest option": _option(len, True, False),
    "choose the shortest option": _option(len, False, False),
    "copy the longest option": _option(len, True, True),
    "copy the shortest option": _option(len, False, True),
}


def blind_answer(session: Session) -> str | None:
    """Search for a copying rule on one half of the instances and certify it on the other."""
    instances = session.some(10**6, share=0.3)
    known = labels(session)
    if len(instances) < 8 or len(known) < 2:
        return "fewer than 8 instances, or one answer"
    if slow(session):
        return "calls are too slow for a search, and programs are not copied from prompts"
    half = set(session.stream("search", 10**6)[: len(instances) // 2]) if session.facts.instances else {i.seed for i in instances[::2]}
    search = [instance for instance in instances if instance.seed in half]
    certify = [instance for instance in instances if instance.seed not in half]
    own = frame(session)

    def act(rule: Rule) -> Callable[[Instance], str | None]:
        return lambda instance: None if (body := rule(instance.prompt)) is None else own.put(body)

    best, most = "", 0.0
    for name, rule in RULES.items():
        paid = sum(value >= FULL for *_, value in session.attack(search, act(rule))) / max(len(search), 1)
        if paid > most:
            best, most = name, paid
    if not best:
        return None
    results = session.attack(certify, act(RULES[best]))
    hits, n = [play for _, play, _, value in results if value >= FULL], len(certify)
    chance = max(1 / len(known), max(count for _, count in known) / len(session.usable))
    option = "option" in best
    if n and (len(hits) >= 0.9 * n or (option and len(hits) >= (chance + 0.25) * n and 1 - at_most(len(hits) - 1, n, chance) < 0.002)):
        session.pays(
            f"One rule that does not look at the question earns {len(hits)} of {n} instances it was not chosen on: {best}.", hits[0],
            values=[value for *_, value in results], class_="answer predictable",
            advice="Put the answer at varying places, among alternatives of the same form.",
        )  # fmt: skip
    return None
