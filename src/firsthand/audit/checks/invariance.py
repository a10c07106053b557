"""Relations between rewards that need no reference.

Claims that padding, repeating and hedging never raise a reward; that two answers in either order do
not earn what one earns; that equal answers earn the same. Each relation is a file of `relations`,
which says what it plays and what would fool it.
"""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.relations.number_forms import latex_fractions, number_forms
from firsthand.audit.checks.relations.raised import raised
from firsthand.audit.checks.relations.repeated_plans import repeated_plans
from firsthand.audit.checks.relations.space import space
from firsthand.audit.checks.relations.two_answers import two_answers


@check(
    "invariance",
    class_="metamorphic",
    kinds=("answer", "episode"),
    claim="Padding, repeating and joining never raise a reward; equal answers earn the same.",
)
def invariance(run: CheckRun) -> str | None:
    """Hold the relations on right and wrong answers, or on plans."""
    if run.session.facts.kind == "episode":
        repeated_plans(run)
        return None
    few = 2 if run.session.many_processes else 3
    chosen = run.session.some(few if run.session.costly else 60)
    raised(run, chosen)
    if not run.session.answers_are_programs:
        two_answers(run, chosen)
    if not run.session.costly:
        space(run, chosen)
        number_forms(run, chosen)
        latex_fractions(run, chosen)
    return None
