"""A plan that is repeated, as a whole or step by step, earns no more than the plan itself."""

from collections.abc import Callable

from firsthand.audit.accusation import CheckRun
from firsthand.audit.finding import Witness
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import PLAN_REPEATED


def repeated_plans(run: CheckRun) -> None:
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
        above = [(play, value) for _, play, _, value in results if value > PLAN_REPEATED]
        if above:
            play, value = above[0]
            run.accuse(
                f"The oracle's plan {name} earns {value:.2f} times what it earns once, "
                f"on {len(above)} of {len(results)} instances.",
                Witness("pays", (play,), value=value * run.session.best(play.seed)),
                values=[value for *_, value in results],
                advice="Pay changes of a potential of the state: then repeating earns nothing.",
            )
