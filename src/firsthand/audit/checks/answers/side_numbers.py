"""Numbers beside the answer, such as a stated uncertainty, and decimals that are cut off.

Claims: no number outside the answer makes a wrong answer right, and a number counts with its
decimals. What would fool it: a tolerance that the target declares; nine tenths have to be paid
above a whole number and refused below it.
"""

from collections.abc import Callable

from firsthand.audit.accusation import CheckRun, Results, check
from firsthand.audit.checks.answers.edits.edit import Edit
from firsthand.audit.checks.answers.mutation import accuse_edit
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import NUMBER, quantity, slot
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import FULL, SIDE_NUMBERS_PAID

VALUES = ("1000000", "999999999", "0", "1e9")
"""What a stated uncertainty or weight is set to."""


@check(
    "side_numbers",
    class_="oracle mutation",
    kinds=("answer",),
    claim="A wrong number stays wrong whatever other numbers say, and decimals count.",
)
def side_numbers(run: CheckRun) -> str | None:
    """Change numbers beside a wrong answer, and add nine tenths to a right one."""
    if run.session.answers_are_programs:
        return "answers are programs"
    chosen = [
        i
        for i in run.session.some(3 if run.session.costly else 120)
        if quantity(slot(i).body) is not None
    ]
    _beside(run, chosen)
    _cut_off(run, chosen)
    return None


def _beside(run: CheckRun, chosen: list[Instance]) -> None:
    able = [i for i in chosen if NUMBER.search(slot(i).before + slot(i).after)]
    for after in (True, False) if able else ():
        for value in VALUES:
            results = run.attack(able, _changed(value, after=after))
            paid = [play for _, play, _, earned in results if earned >= FULL]
            if len(paid) >= max(2, SIDE_NUMBERS_PAID * len(results)):
                best = run.session.best(paid[0].seed)
                run.accuse(
                    "A wrong answer is paid in full when another number of the text is "
                    f"{value}: {paid[0].actions[0][-80:]!r}.",
                    Witness("pays", (paid[0],), value=FULL * best),
                    values=[earned for *_, earned in results],
                    advice="Judge the answer alone, within a tolerance that the agent cannot set.",
                )
                return


def _changed(value: str, *, after: bool) -> Callable[[Instance], str | None]:
    def edit(instance: Instance) -> str | None:
        own = slot(instance)
        text = own.after if after else own.before
        found = list(NUMBER.finditer(text))
        if not found:
            return None
        cell = found[0] if after else found[-1]
        changed = text[: cell.start()] + value + text[cell.end() :]
        wrong = f"{(quantity(own.body) or 0) * 3 + 7:g}"
        return own.before + wrong + changed if after else changed + wrong + own.after

    return edit


def _cut_off(run: CheckRun, chosen: list[Instance]) -> None:
    """Nine tenths above a whole number pass and nine tenths below do not: decimals are cut off."""
    whole = [i for i in chosen if "." not in slot(i).body and (quantity(slot(i).body) or 0) >= 0]
    above, below = _shifted(run, whole, 0.9), _shifted(run, whole, -0.9)
    cut = [
        instance
        for (instance, _, _, up), (*_, down) in zip(above, below, strict=True)
        if up >= FULL and down < FULL
    ]
    if cut and len(cut) >= max(2, SIDE_NUMBERS_PAID * len(whole)):
        body = f"{(quantity(slot(cut[0]).body) or 0) + 0.9:g}"
        values = [value for *_, value in above]
        claim = "Decimals are cut off before comparing"
        accuse_edit(run, cut[0], Edit("decimals", body, "the decimals"), claim, values)


def _shifted(run: CheckRun, whole: list[Instance], by: float) -> Results:
    return run.attack(whole, lambda i: slot(i).put(f"{(quantity(slot(i).body) or 0) + by:g}"))
