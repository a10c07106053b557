"""The report of a trial in the terminal: no number without its n and its interval."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from firsthand.evaluate.wording import interval, number
from firsthand.printable import printable
from firsthand.trial.report import Line, TrialReport, rounded
from firsthand.trial.settings import beginning
from firsthand.trial.wording import MISSING, amount, effect_words, limits, pair_words, price_words

STYLES = {"keep": "green", "drop": "red"}


def items(found: TrialReport) -> Table:
    """Return a row for each item, in the order of the file."""
    what = "success" if found.binary else "outcome"
    table = Table(
        title=Text(printable(f"Trial of {found.name}: what showing each item does to the {what}")),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("item", ratio=1)
    for name in ("effect\n[95%]", "with /\nwithout", "tokens;\nfor a point"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", width=12)
    for line in found.lines:
        table.add_row(*_cells(line, found))
    return table


def _cells(line: Line, found: TrialReport) -> list[Text]:
    n = f"{line.effect.n[0]} /\n{line.effect.n[1]}" if line.effect else MISSING
    tokens = [str(line.item.tokens)]
    if (price := price_words(line, found)) != MISSING:
        tokens.append(f"{price} a pt")
    if line.spent:
        tokens.append(f"{line.spent.mean:+,.0f} a run")
    says = f"{beginning(line.item.text, 90)} ({line.item.id})"
    cells = [says, effect_words(line, found).replace(" [", "\n["), n, "\n".join(tokens)]
    style = STYLES.get(line.judgement.verdict, "")
    verdict = f"{line.verdict}{' (placebo)' if line.item.placebo else ''}"
    return [*(Text(printable(cell)) for cell in cells), Text(verdict, style=style)]


def sentences(found: TrialReport) -> list[str]:
    """Say the rest, one line a fact."""
    ends = f" {interval(found.interval)}" if found.interval else ""
    what = "success" if found.binary else "mean outcome"
    mean = f"{what} {amount(found.mean, found.binary)}{ends}" if found.tasks else "no outcome yet"
    said = [
        f"All runs: {mean}, {found.finished} runs of {found.tasks} tasks.",
        _whole(found),
        *(f"{note}." for note in found.notes),
        *(f"Pair: {pair_words(pair, found)}." for pair in found.pairs),
    ]
    if not found.pairs and found.pairs_tested and found.pair_smallest is not None:
        smallest = amount(found.pair_smallest, found.binary)
        said.append(
            f"Pairs: none of {found.pairs_tested} is shown to interact; {smallest} would have been "
            "seen with probability .80."
        )
    if null := found.null:
        said.append(
            f"Null: with all coins tossed again, {null.rounds} times, some item got a verdict in "
            f"{null.any}, {number(null.any / null.rounds)} {interval(null.interval)}; intervals "
            f"held 0 in {number(null.coverage)}."
        )
    return said


def _whole(found: TrialReport) -> str:
    whole = found.whole
    if whole is None:
        return "The whole file against nothing: too few runs showed everything, or nothing."
    mean = amount(whole.mean, found.binary, signed=True)
    more = f"; about {rounded(found.whole_more)} more runs would tell" if found.whole_more else ""
    return (
        f"The whole file against nothing: {mean} {limits(whole.interval, found.binary)}, "
        f"{whole.n[0]} runs with all of it and {whole.n[1]} without{more}."
    )
