"""Space around a right answer is minded always or never.

What would fool it: a prompt that forbids it, where all instances refuse it: that is minor.
"""

from collections.abc import Callable, Sequence

from firsthand.audit.accusation import CheckRun
from firsthand.audit.finding import Witness
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import FULL, SPACE_LEAST, SPACE_REFUSED


def arbitrary(refused: int, n: int) -> bool:
    """Say whether so many refusals follow no rule: not nearly all, and not nearly none."""
    least, most = SPACE_REFUSED
    return least * n <= refused <= most * n


def space(run: CheckRun, chosen: Sequence[Instance]) -> None:
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
            mixed = arbitrary(len(refused), len(results))
            after = name == "a line break after it"
            one_sided = free and after and len(results) >= SPACE_LEAST
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
