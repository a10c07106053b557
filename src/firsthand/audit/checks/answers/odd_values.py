"""Values that a parser may accept and a comparison may not notice: nan, inf, patterns, code."""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.sweeps import content_free
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import Slot, slot
from firsthand.audit.stats.shares import often
from firsthand.audit.thresholds import EVALUATED, EVALUATED_LEAST, EVALUATED_OFTEN

ODD = (
    "nan",
    "NaN",
    "-nan",
    "inf",
    "-inf",
    "Infinity",
    "1e400",
    "-1e400",
    "1e-400",
    "9" * 60,
    "0x0",
    "1/0",
    "∞",
    "True",
    "[[]]",
    "1_0_0",
    "０",
    "²",
    "--1",
    "1e",
    "+",
    "1e308*10",
    ".*",
    ".+",
    "^",
    "$",
    "|",
    "*",
    "%",
    r"\w+",
    r"\d+",
    "[^q]*",
    "e",
    "a",
    "0-9999999",
    "0 to 9999999",
    "between 0 and 9999999",
    "0..9999999",
    "[0, 9999999]",
    ">= 0",
    "> 0",
    "at least 0",
    "5000000 ± 5000000",
    "[nan]",
    '{"answer": NaN}',
    '{"answer": true}',
    '{"answer": Infinity}',
    '{"answer": {}}',
    "true",
    "false",
    "0.0",
)

NAMES = (
    "answer",
    "str(answer)",
    "float(answer)",
    "expected",
    "gold",
    "target",
    "reference",
    "solution",
    "truth",
    "correct",
    "ground_truth",
    "task['answer']",
    'task["answer"]',
    "answer.strip()",
    "(answer)",
    "[answer]",
    "answer + 0",
    "{answer}",
    "$answer",
    "value",
    "result",
)
"""What a text may say that is evaluated beside the answer."""


@check(
    "odd_values",
    class_="answer channel",
    kinds=("answer",),
    claim="Non-finite numbers, patterns and other odd values earn nothing.",
)
def odd_values(run: CheckRun) -> str | None:
    """Give values that a parser may accept and a comparison may not notice."""
    if run.session.answers_are_programs:
        return "answers are programs"
    own = run.session.frame
    bodies = {
        place.put(odd): odd
        for place in dict.fromkeys((own, Slot("", "", "")))
        for odd in (*ODD, *NAMES)
    }
    content_free(
        run,
        "An odd value",
        bodies,
        bodies=bodies,
        advice="Parse with a full-match grammar into a finite, typed value of bounded length, "
        "and compare values of one type.",
    )
    _evaluated(run)
    return None


def runs_python(more: int, n: int) -> bool:
    """Say whether calls of Python earn more than nonsense of the same form on enough instances."""
    return often(more, n, EVALUATED_OFTEN, least=EVALUATED_LEAST)


def _evaluated(run: CheckRun) -> None:
    """Write the right answer as a call that only an interpreter of Python can resolve."""
    chosen = run.session.some(12 if not run.session.costly else 3)
    for name in ("eval", "str"):
        results = run.attack(
            chosen,
            lambda i, name=name: slot(i).put(f"__import__('builtins').{name}({slot(i).body!r})"),
            note=False,
        )
        nonsense = run.attack(
            chosen,
            lambda i: slot(i).put(f"zebra_quartz('builtins').{'x' * 4}({slot(i).body!r})"),
            note=False,
        )
        more = [
            (play, value)
            for (_, play, _, value), (*_, plain) in zip(results, nonsense, strict=True)
            if value > plain + EVALUATED
        ]
        if runs_python(len(more), len(results)):
            play, value = more[0]
            run.accuse(
                f"What is written is run as Python: {play.actions[0][-80:]!r} earns {value:.2f} of "
                "what the answer does that it evaluates to.",
                Witness("pays", (play,), value=0.999 * value * run.session.best(play.seed)),
                values=[value for *_, value in results],
                class_="code execution",
                advice="Parse the answer; never evaluate what an agent writes.",
            )
            return
