"""How a trial is worded, in the terminal and on its page."""

from firsthand.evaluate.statistics import Interval
from firsthand.evaluate.wording import interval, number, p_value
from firsthand.trial.effects import Effect, Pair
from firsthand.trial.report import Line, TrialReport
from firsthand.trial.settings import beginning

MISSING = "-"


def amount(value: float, binary: bool, *, signed: bool = False) -> str:
    """Write an outcome or a difference: a rate with two digits, another number with three."""
    if binary:
        return number(value, signed=signed)
    return f"{value:+.3g}" if signed else f"{value:.3g}"


def limits(found: Interval, binary: bool) -> str:
    """Write the interval of a difference."""
    if binary:
        return interval(found, signed=True)
    return f"[{found.low:+.3g}, {found.high:+.3g}]"


def effect_words(line: Line, found: TrialReport) -> str:
    """Write an item's effect with its interval."""
    if line.effect is None:
        return MISSING
    mean = amount(line.effect.mean, found.binary, signed=True)
    return f"{mean} {limits(line.effect.interval, found.binary)}"


def whole_words(whole: Effect, binary: bool) -> str:
    """Write the interval of what the whole file is worth."""
    return limits(whole.interval, binary)


def price_words(line: Line, found: TrialReport) -> str:
    """Write what a point of success costs in tokens; only for rates, and where there is a gain."""
    if not found.binary or line.price is None or line.item.keep:
        return MISSING
    return f"{line.price:,.0f}" if line.price >= 10 else f"{line.price:.1f}"


def pair_words(pair: Pair, found: TrialReport) -> str:
    """Say what a pair does together."""
    texts = {line.item.id: beginning(line.item.text, 60) for line in found.lines}
    one, two = (f"{item} “{texts[item]}”" for item in pair.items)
    effect = pair.effect
    size = amount(abs(effect.mean), found.binary)
    more = "more" if effect.mean > 0 else "less"
    p = p_value(effect.adjusted)
    return (
        f"{one} adds {size} {more} where {two} is shown too: "
        f"{limits(effect.interval, found.binary)}, {p} for all pairs together"
    )
