"""The set of environments in numbers that take seconds: counts, and the words that they share."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from firsthand.catalogue.diversity import (
    NEAR_WORDS,
    clusters,
    effective_number,
    overlaps,
    vocabulary,
)
from firsthand.catalogue.listing import installed
from firsthand.catalogue.skills import OF, SKILLS
from firsthand.registry import lookup
from firsthand.sandbox import needs

LONG = 8
"""Turns from which on an environment counts as one of many turns."""
SHOWN = 5
"""Pairs of environments that share most words, which are named."""


class Summary(msgspec.Struct, frozen=True):
    """What the set holds."""

    environments: int
    certified: int
    laws: int
    law_domains: int
    long: int
    sandboxed: int
    domains: dict[str, int]
    skills: dict[str, int]
    actions: dict[str, int]
    left_out: dict[str, str]
    """Environments that cannot be played here, and why."""
    nearest: list[tuple[str, str, float]]
    """Pairs that share most of their words (Jaccard)."""
    clusters: list[list[str]]
    effective: float
    """exp(entropy) of the clusters by words."""

    def lines(self) -> list[str]:
        """Say it in sentences."""
        joined = [group for group in self.clusters if len(group) > 1]
        return [
            f"{self.environments} environments in {len(self.domains)} domains, {self.certified} "
            f"certified; {self.laws} with hidden laws in {self.law_domains} domains, {self.long} "
            f"with {LONG} turns or more, {self.sandboxed} in a sandbox.",
            "Nearest by words (Jaccard): "
            + "; ".join(f"{a} and {b} {value:.2f}" for a, b, value in self.nearest)
            + ".",
            f"Clusters that share more than {NEAR_WORDS:g} of their words: "
            + ("; ".join(", ".join(group) for group in joined) or "none")
            + f". Effective number of families by words: {self.effective:.1f}.",
            *(f"Not played, {name}: {why}" for name, why in self.left_out.items()),
        ]


async def summarise(
    bar: Callable[[Sequence[str]], Iterable[str]] | None = None,
) -> Summary:
    """Count what is installed, and compare the words of what can be played here."""
    found, _ = installed()
    left_out = {
        one.name: why for one in found for need in one.needs if (why := needs.missing(need))
    }
    names = [one.name for one in found if one.name not in left_out]
    words = {name: await vocabulary(lookup(name)) for name in (bar(names) if bar else names)}
    shared = overlaps(words)
    groups = clusters(names, shared, NEAR_WORDS)
    skills = Counter(skill for one in found for skill in OF.get(one.name, ()))
    nearest = sorted(shared.items(), key=lambda pair: -pair[1])[:SHOWN]
    laws = [one for one in found if one.laws]
    return Summary(
        environments=len(found),
        certified=sum(one.certificate == "PASS" for one in found),
        laws=len(laws),
        law_domains=len({one.domain for one in laws}),
        long=sum(one.turns >= LONG for one in found),
        sandboxed=sum(sandboxed(one.name) for one in found),
        domains=dict(Counter(one.domain for one in found)),
        skills={skill: skills[skill] for skill in SKILLS},
        actions=dict(Counter(one.actions for one in found)),
        left_out=left_out,
        nearest=[(a, b, round(value, 3)) for (a, b), value in nearest],
        clusters=groups,
        effective=round(effective_number(groups), 2),
    )


def sandboxed(name: str) -> bool:
    """Say whether an environment is built on a sandbox."""
    module = inspect.getmodule(lookup(name))
    return module is not None and "from firsthand.sandbox" in inspect.getsource(module)
