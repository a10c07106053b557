"""The same answer everywhere."""

from firsthand.audit.accusation import CheckRun, Results, check
from firsthand.audit.checks.answers.sweeps import quoted, sweep
from firsthand.audit.formats.answers import Slot, same_answer
from firsthand.audit.stats.bounds import at_most
from firsthand.audit.targets.protocol import Play
from firsthand.audit.thresholds import FULL

PARTIAL = 0.6
"""Share of the reward that no fixed answer may earn on average, of more than three answers."""


@check(
    "constants",
    class_="answer channel",
    kinds=("answer",),
    claim="No fixed answer earns more than the balance of the labels allows.",
)
def constants(run: CheckRun) -> str | None:
    """Give the same answer everywhere: every frequent label, and usual words and numbers."""
    if run.session.answers_are_programs:
        return "answers are programs"
    known, instances = run.session.labels, run.session.usable
    if len(known) < 2:
        run.outcome.n = len(instances)
        return (
            "all instances have the same answer"
            if len(instances) < 8
            else _one_answer(run, known[0][0])
        )
    own = run.session.frame
    usual = "A B C D E yes no true false 0 1 2 3 5 10 42 100 -1 0.5".split()
    bodies = [body for body, _ in known[: 3 if run.session.costly else 15]] + usual[
        : 3 if run.session.costly else None
    ]
    places = (own,) if run.session.costly else tuple(dict.fromkeys((own, Slot("", "", ""))))
    texts = {place.put(body): body for body in dict.fromkeys(bodies) for place in places}
    chance = 1 / len({body.casefold().strip() for body, _ in known})
    many = run.session.many_right_answers
    worst: dict[str, tuple[float, str, Results, Play]] = {}
    for text, results in sweep(run, texts):
        paid = [(instance, play) for instance, play, _, value in results if value >= FULL]
        wrong = [
            (instance, play)
            for instance, play in paid
            if not same_answer(texts[text], instance) and not same_answer(text, instance)
        ]
        n = len(results)
        if (
            len(wrong) >= max(3, (0.5 if many else 0.2) * n)
            and len(wrong) > worst.get("wrong", (0,))[0]
        ):
            worst["wrong"] = (len(wrong), text, results, wrong[0][1])
        share = len(paid) / max(n, 1)
        enough = max(
            chance + 0.2, 0.5 if len(known) > 3 else 0.0
        )  # among many answers, numbers above all, some are natural favourites
        if (
            n >= 8
            and share >= enough
            and 1 - at_most(len(paid) - 1, n, chance) < 0.005
            and len(paid) > worst.get("prior", (0,))[0]
        ):
            worst["prior"] = (len(paid), text, results, paid[0][1])
        mean = sum(min(value, 1.0) for *_, value in results) / max(n, 1)
        if (
            n >= 8
            and len(known) > 3
            and mean >= max(PARTIAL, chance + 0.3)
            and mean > worst.get("part", (0,))[0]
        ):
            worst["part"] = (mean, text, results, max(results, key=lambda result: result[3])[1])
    for kind, (count, text, results, play) in worst.items():
        values = [value for *_, value in results]
        if kind == "wrong":
            claim = (
                "One fixed answer is paid in full on instances with other answers: "
                f"{quoted(text)} on {count} of {len(results)}."
            )
            run.pays(
                claim,
                play,
                values=values,
                advice="Compare the whole committed answer with the reference, after a "
                "normalisation that keeps different answers apart.",
            )
        elif kind == "part" and len(worst) == 1:
            run.pays(
                f"One fixed answer earns {count:.2f} of the right answer's reward on average, "
                f"of {len(known)} answers: {quoted(text)}.",
                play,
                values=values,
                advice="Measure what fixed answers earn, and pay a part only for what exceeds it.",
            )
        elif kind == "prior" and "wrong" not in worst:
            claim = (
                f"One fixed answer is right too often: {quoted(text)} is paid on {count} of "
                f"{len(results)} instances, of {len(known)} answers."
            )
            run.pays(
                claim,
                play,
                values=values,
                class_="label prior",
                advice="Balance the answers, or correct the reward for chance.",
            )
    return None


def _one_answer(run: CheckRun, body: str) -> str | None:
    run.pays(
        f"All {len(run.session.usable)} instances have the same answer: {quoted(body)}.",
        Play(run.session.usable[0].seed, run.session.usable[0].oracle),
        class_="label prior",
        values=[1.0] * len(run.session.usable),
        advice="Let answers differ, or a policy that never looks earns everything.",
    )
    return None
