"""The report of a trial as one HTML page. The words are in `page/trial.html`."""

import time
from pathlib import Path
from typing import Any

from firsthand import __version__
from firsthand.evaluate import plots
from firsthand.evaluate.html import render
from firsthand.evaluate.report_page import Tile
from firsthand.evaluate.wording import interval, number
from firsthand.playbook import replace_file
from firsthand.trial.effects import Effect
from firsthand.trial.pruned import Pruned
from firsthand.trial.report import Line, TrialReport, rounded
from firsthand.trial.wording import amount, effect_words, pair_words, price_words, whole_words

NAME = "report.html"
ORDER = {"drop": 0, "keep": 1, "undecided": 2}


def write(found: TrialReport, folder: Path, *, pruned: list[Pruned]) -> Path:
    """Write `report.html` into the folder of a trial. Raises `MissingExtra`."""
    tried = [line for line in found.lines if not line.item.keep]
    drawn = [(line.effect.mean, line.effect.error) for line in tried if line.effect]
    values: dict[str, Any] = {
        "found": found,
        "tiles": _tiles(found),
        "lines": sorted(tried, key=_rank),
        "kept": [line for line in found.lines if line.item.keep],
        "axis": plots.credit_scale([(mean, 2 * error) for mean, error in drawn]) if drawn else None,
        "mark": plots.credit_mark,
        "credit_axis": plots.credit_axis,
        "typeset": plots.typeset,
        "effect_words": effect_words,
        "price_words": price_words,
        "amount": amount,
        "pairs": [pair_words(pair, found) for pair in found.pairs],
        "no_pairs": _no_pairs(found),
        "placebos": [plots.typeset(line) for line in _placebos(found)],
        "pruned": pruned,
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "version": __version__,
    }
    path = folder / NAME
    page = render("firsthand.trial", "page", "trial.html", values)
    replace_file(path, page.encode("utf-8", "replace"))
    return path


def _rank(line: Line) -> tuple[int, float]:
    mean = line.effect.mean if line.effect else 0.0
    return ORDER[line.judgement.verdict], mean if line.judgement.verdict == "drop" else -mean


def _tiles(found: TrialReport) -> list[Tile]:
    verdicts = [line.judgement.verdict for line in found.lines if not line.item.keep]
    rate = Tile(
        "Success, over all runs" if found.binary else "Mean outcome, over all runs",
        amount(found.mean, found.binary),
        interval(found.interval) if found.interval else "",
        f"{found.finished} runs of {found.tasks} tasks",
    )
    return [
        _whole(found),
        rate,
        Tile(
            "Verdicts",
            f"{verdicts.count('keep')} keep, {verdicts.count('drop')} drop",
            f"{verdicts.count('undecided')} undecided",
            f"of {len(verdicts)} items on trial",
        ),
    ]


def _whole(found: TrialReport) -> Tile:
    whole = found.whole
    if whole is None:
        return Tile("The whole file", "?", "", "too few runs showed everything or nothing")
    more = f"; about {rounded(found.whole_more)} more runs to tell" if found.whole_more else ""
    return Tile(
        "The whole file against nothing",
        plots.typeset(amount(whole.mean, found.binary, signed=True)),
        plots.typeset(whole_words(whole, found.binary)),
        f"{whole.n[0]} runs with all of it, {whole.n[1]} without{more}",
        _tone(whole),
    )


def _tone(effect: Effect) -> str:
    return "gain" if effect.interval.low > 0 else "loss" if effect.interval.high < 0 else ""


def _no_pairs(found: TrialReport) -> str:
    if not found.pairs_tested:
        return "No pair could be tested yet."
    smallest = amount(found.pair_smallest or 0.0, found.binary)
    return (
        f"None of {found.pairs_tested} pairs is shown to interact; an interaction of "
        f"{smallest} would have been seen with probability {number(0.8)}."
    )


def _placebos(found: TrialReport) -> list[str]:
    said = [
        f"“{line.item.text.strip()}”: {effect_words(line, found)}, {line.verdict}"
        for line in found.placebos
    ]
    if found.null:
        null = found.null
        said.append(
            f"All coins tossed again, {null.rounds} times: some item got a verdict in "
            f"{null.any} of them, {number(null.any / null.rounds)} {interval(null.interval)}, "
            f"where none has an effect; the intervals held 0 in {number(null.coverage)}."
        )
    return said
