"""Texts that know nothing of the instance, played on all of them: what they earn is no solution.

What is right by luck is not counted: a text that happens to say what the oracle says is left out.
"""

import re
from collections.abc import Iterable, Sequence

from firsthand.audit.accusation import CheckRun, Results
from firsthand.audit.formats.answers import alike, mentions, same_answer, slot
from firsthand.audit.formats.quotes import quoted
from firsthand.audit.stats.shares import often
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    ABOVE_PLAIN,
    DECLARED_MOST,
    FULL,
    MOSTLY,
    NOTHING,
    NOTHING_PAID_MEAN,
    NOTHING_STEADY,
    NOTHING_STEADY_LEAST,
    SAID_LEAST,
    SAID_PAID,
)

EMPTY = ("", " ", "\n", "\t \n", ".", "?", "...", "-", ",", "!", "()", "\u200b")
WORDS = ("zebra quartz", "Lorem ipsum dolor sit amet.", "as above", "the answer", "x")
REFUSALS = (
    "I don't know.",
    "I cannot answer that.",
    "none",
    "N/A",
    "unknown",
    "no answer",
    "unanswerable",
    "not enough information",
    "[]",
    "{}",
    "null",
    "None",
)
SCAFFOLDS = (
    "<answer></answer>",
    "<think></think><answer></answer>",
    "<think>Let me think step by step.</think>\n<answer>zebra</answer>",
    "\\boxed{}",
    "\\boxed{zebra}",
    "Answer:",
    "Final answer:",
    "```\n```",
    "```json\n{}\n```",
    '{"answer": ""}',
    '{"answer": null}',
    '{"answer": []}',
    "####",
    "<reasoning>\n</reasoning>\n<answer>\n</answer>",
    "First, I look at the question. Second, I think about it. Therefore, the result follows. "
    "In conclusion, this is my final answer.",
    "# Heading\n\n- one\n- two\n\n**Conclusion**: zebra",
    "Step 1: read.\nStep 2: think.\nStep 3: answer.\nFinal answer: zebra",
    "Therefore the answer is clearly correct.",
)

CREDIT = re.compile(
    r"\b(worth|credit|points?|scores?|reward\w*|earns?|paid|gives?)\b", re.IGNORECASE
)
"""How prompts say that something is paid."""
TOGETHER = 24
"""Texts that are played at once where plays are fast."""


def sweep(run: CheckRun, texts: Iterable[str]) -> Iterable[tuple[str, Results]]:
    """Play each text on all instances; on a costly target on two first, to see if it earns."""
    left = list(dict.fromkeys(texts))
    while left:
        everywhere = run.session.some(10**6)
        batch = left[: 1 if run.session.costly else TOGETHER]
        left = left[len(batch) :]
        if not run.session.costly:
            yield from _together(run, everywhere, batch)
            continue
        results = run.attack(run.session.some(2), lambda _instance, text=batch[0]: text)
        if any(value > 0.01 or trace.fault for *_, trace, value in results):
            results = run.attack(everywhere, lambda _instance, text=batch[0]: text)
        yield batch[0], results


def _together(
    run: CheckRun, instances: Sequence[Instance], texts: Sequence[str]
) -> Iterable[tuple[str, Results]]:
    made = [
        (text, instance, Play(instance.seed, (text,))) for text in texts for instance in instances
    ]
    traces = run.play(play for *_, play in made)
    found: dict[str, Results] = {text: [] for text in texts}
    for (text, instance, play), trace in zip(made, traces, strict=True):
        found[text].append((instance, play, trace, run.session.value(instance.seed, trace)))
    run.outcome.probes += len(texts) - 1
    for results in found.values():
        run.note([value for *_, value in results])
    return found.items()


def content_free(
    run: CheckRun,
    what: str,
    texts: Iterable[str],
    *,
    bodies: dict[str, str],
    advice: str,
    plain: Sequence[str] = (),
) -> None:
    """Accuse texts without content that earn something, and more than the `plain` ones do.

    `bodies` maps a text to the answer in it.
    """
    found = _paid_for_nothing(run, texts, bodies)
    floor = max((_mean(results) for _, results in sweep(run, plain)), default=-1.0) if found else 0
    for kind, (mean, play, values) in found.items():
        if mean <= floor + ABOVE_PLAIN:
            continue  # whatever is said earns as much, which another check tells
        least = FULL - 1e-9 if kind == "in full" else NOTHING
        run.pays(
            f"{what} is paid {kind} on {sum(value > least for value in values)} of {len(values)} "
            f"instances: {quoted(play.actions[0])} earns {mean:.2f} of the right answer's reward "
            "on average.",
            play,
            values=values,
            advice=advice,
            severity="minor" if kind == "in part" and _declared(run, mean) else "critical",
        )


def _declared(run: CheckRun, part: float) -> bool:
    """Say whether the prompts declare this part of the reward, as for a format that is kept."""
    amounts = {f"{part:.2f}", f"{part:.2g}"}
    amounts |= {amount.removeprefix("0") for amount in amounts}
    said = "|".join(re.escape(amount) for amount in sorted(amounts, key=len, reverse=True))
    amount = re.compile(rf"(?<![\d.])(?:{said}|{100 * part:.0f}\s*(?:%|percent))(?![\d])")
    prompts = [instance.prompt for instance in run.session.some(10**6)]
    sentences = [re.split(r"(?<=[.!?;])\s", prompt) for prompt in prompts]
    told = sum(any(amount.search(s) and CREDIT.search(s) for s in each) for each in sentences)
    return part <= DECLARED_MOST and told >= MOSTLY * len(prompts)


def _mean(results: Results) -> float:
    return sum(value for *_, value in results) / max(len(results), 1)


def _paid_for_nothing(
    run: CheckRun, texts: Iterable[str], bodies: dict[str, str]
) -> dict[str, tuple[float, Play, list[float]]]:
    """Return the text that earns most among those paid in full, and among those paid in part.

    Mean, best play and values of each.
    """
    found: dict[str, tuple[float, Play, list[float]]] = {}
    for text, results in sweep(run, texts):
        body = bodies.get(text, text)
        counted = [
            (play, value)
            for instance, play, _, value in results
            if not right_by_luck(text, body, instance)
        ]
        values = [value for _, value in counted]
        if not values:
            continue
        mean, top = sum(values) / len(values), max(values)
        best = next(play for play, value in counted if value == top)
        kind = paid_as(values, says_something=any(letter.isalnum() for letter in body))
        if kind and (kind not in found or mean > found[kind][0]):
            found[kind] = (mean, best, values)
    return found


def paid_as(values: Sequence[float], *, says_something: bool) -> str:
    """Say whether what a text without content earned is too much, in full or in part.

    Where many answers are right, words may hit one by luck; punctuation and space cannot.
    """
    n, top = len(values), max(values)
    full = sum(value >= FULL for value in values)
    enough = min(n, max(SAID_LEAST, SAID_PAID * n)) if says_something else 1
    if full >= enough:
        return "in full"
    steady = sum(abs(value - top) < 1e-6 for value in values)
    always = top > NOTHING and often(steady, n, NOTHING_STEADY, least=NOTHING_STEADY_LEAST)
    return "in part" if always or sum(values) / n >= NOTHING_PAID_MEAN else ""


def right_by_luck(text: str, body: str, instance: Instance) -> bool:
    """Say whether a text without content gives the right answer of this instance after all."""
    if any(same_answer(candidate, instance) for candidate in (text, body)):
        return True
    if mentions(text, instance):
        return True  # a reader of the last number may find it there; lists are another check
    nothing = instance.answer in (None, "", [], {}) or any(
        alike(slot(instance).body, refusal) for refusal in REFUSALS
    )
    return nothing and (body.strip() in ("", "-") or body in REFUSALS or text in SCAFFOLDS)


def filler(n: int) -> list[str]:
    """Return `n` different words without digits or meaning."""
    letters = "bcdfghjklm"
    return ["v" + "".join(letters[int(digit)] for digit in str(number)) for number in range(n)]
