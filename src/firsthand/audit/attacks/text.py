"""Answers that were written without solving anything: nothing, constants, the prompt, long lists, odd values.

None of them knows the instance's answer. What is right by luck is not counted: a probe that happens to say
what the oracle says is left out, and labels may be as frequent as chance allows.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Sequence

from firsthand.audit.answers import (
    NUMBER,
    Slot,
    alike,
    frame,
    frames,
    labels,
    mentions,
    programs,
    quantity,
    same_answer,
    several,
    slot,
    slow,
)
from firsthand.audit.bounds import at_most
from firsthand.audit.finding import Witness
from firsthand.audit.session import FULL, Session
from firsthand.audit.target import Instance, Play, Trace

Results = list[tuple[Instance, Play, Trace, float]]

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
    "<answer></answer>", "<think></think><answer></answer>", "<think>Let me think step by step.</think>\n<answer>zebra</answer>",
    "\\boxed{}", "\\boxed{zebra}",
    "Answer:", "Final answer:", "```\n```", "```json\n{}\n```", '{"answer": ""}', '{"answer": null}', '{"answer": []}', "####",
    "<reasoning>\n</reasoning>\n<answer>\n</answer>",
    "First, I look at the question. Second, I think about it. Therefore, the result follows. In conclusion, this is my final answer.",
    "# Heading\n\n- one\n- two\n\n**Conclusion**: zebra", "Step 1: read.\nStep 2: think.\nStep 3: answer.\nFinal answer: zebra",
    "Therefore the answer is clearly correct.",
)  # fmt: skip
ODD = (
    "nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e400", "-1e400", "1e-400", "9" * 60, "0x0", "1/0", "∞", "True", "[[]]", "1_0_0", "０",
    "²", "--1", "1e", "+", "1e308*10",
    ".*", ".+", "^", "$", "|", "*", "%", r"\w+", r"\d+", "[^q]*", "e", "a",
    "0-9999999", "0 to 9999999", "between 0 and 9999999", "0..9999999", "[0, 9999999]", ">= 0", "> 0", "at least 0", "5000000 ± 5000000",
    "[nan]", "{\"answer\": NaN}", "{\"answer\": true}", "{\"answer\": Infinity}", "{\"answer\": {}}", "true", "false", "0.0",
)  # fmt: skip

NAMES = (
    "answer", "str(answer)", "float(answer)", "expected", "gold", "target", "reference", "solution", "truth", "correct", "ground_truth",
    "task['answer']",
    'task["answer"]', "answer.strip()", "(answer)", "[answer]", "answer + 0", "{answer}", "$answer", "value", "result",
)  # fmt: skip
"""What a text may say that is evaluated beside the answer."""


PARTIAL = 0.6
"""Share of the reward that no fixed answer may earn on average where there are more than three answers."""
TOGETHER = 24
"""Texts that are played at once where plays are fast."""


def sweep(session: Session, texts: Iterable[str]) -> Iterable[tuple[str, Results]]:
    """Play each text on all instances; on a slow target on two first, and on more only when it earns something."""
    left = list(dict.fromkeys(texts))
    while left:
        everywhere = session.some(10**6, share=0.5)
        batch = left[: 1 if slow(session) else TOGETHER]
        left = left[len(batch) :]
        if not slow(session):
            yield from _together(session, everywhere, batch)
            continue
        results = session.attack(session.some(2), lambda _instance, text=batch[0]: text)
        if any(value > 0.01 or trace.fault for *_, trace, value in results):
            results = session.attack(everywhere, lambda _instance, text=batch[0]: text)
        yield batch[0], results


def _together(
    session: Session, instances: Sequence[Instance], texts: Sequence[str]
) -> Iterable[tuple[str, Results]]:
    made = [
        (text, instance, Play(instance.seed, (text,))) for text in texts for instance in instances
    ]
    traces = session.play(play for *_, play in made)
    found: dict[str, Results] = {text: [] for text in texts}
    for (text, instance, play), trace in zip(made, traces, strict=True):
        found[text].append((instance, play, trace, session.value(instance.seed, trace)))
    session.outcome.probes += len(texts) - 1
    for results in found.values():
        session.note([value for *_, value in results])
    return found.items()


def content_free(
    session: Session,
    what: str,
    texts: Iterable[str],
    *,
    bodies: dict[str, str],
    advice: str,
    plain: Sequence[str] = (),
) -> None:
    """Accuse texts without content that earn something, and more than the `plain` ones do. `bodies` maps a text to the answer in it."""
    found: dict[str, tuple[float, Play, list[float]]] = {}
    for text, results in sweep(session, texts):
        body = bodies.get(text, text)
        counted = [
            (play, value) for instance, play, _, value in results if not lucky(text, body, instance)
        ]
        values = [value for _, value in counted]
        if not values:
            continue
        mean, top = sum(values) / len(values), max(values)
        best = next(play for play, value in counted if value == top)
        steady = [value for value in values if abs(value - top) < 1e-6]
        full, said = (
            sum(value >= FULL for value in values),
            any(letter.isalnum() for letter in body),
        )
        kind = ""
        if full >= (
            min(len(values), max(2, 0.1 * len(values))) if said else 1
        ):  # where many answers are right, words may hit one by luck
            kind = "in full"
        elif mean >= 0.2 or (top > 0.02 and len(steady) >= max(4, 0.8 * len(values))):
            kind = "in part"
        if kind and (kind not in found or mean > found[kind][0]):
            found[kind] = (mean, best, values)
    floor = (
        max(
            (
                sum(v for *_, v in results) / max(len(results), 1)
                for _, results in sweep(session, plain)
            ),
            default=-1.0,
        )
        if found
        else 0.0
    )
    for kind, (mean, play, values) in found.items():
        if mean <= floor + 0.01:
            continue  # whatever is said earns as much, which another check tells
        session.pays(
            f"{what} is paid {kind} on {sum(value >= FULL for value in values) if kind == 'in full' else sum(value > 0.02 for value in values)} of "
            f"{len(values)} instances: {_quoted(play.actions[0])} earns {mean:.2f} of the right answer's reward on average.",
            play,
            values=values,
            advice=advice,
        )


def lucky(text: str, body: str, instance: Instance) -> bool:
    """Say whether a text without content gives the right answer of this instance after all."""
    if any(same_answer(candidate, instance) for candidate in (text, body)):
        return True
    if mentions(text, instance):
        return True  # a reader of the last number may find it there; lists are another check
    nothing = instance.answer in (None, "", [], {}) or any(
        alike(slot(instance).body, refusal) for refusal in REFUSALS
    )
    return nothing and (body.strip() in ("", "-") or body in REFUSALS or text in SCAFFOLDS)


def nulls(session: Session) -> str | None:
    """Say nothing: blanks, punctuation, empty and senseless bodies in every frame, refusals, form without content."""
    bodies = {text: text for text in (*EMPTY, *WORDS, *REFUSALS)}
    for place in frames(session):
        for body in (*EMPTY[:4], *WORDS[:1], "?", *REFUSALS[:3]):
            bodies.setdefault(place.put(body), body)
    for place in frames(session)[:1]:
        bodies.setdefault(place.before * 3 + place.after * 3, "")
        bodies.setdefault(place.after + place.before, "")
    texts = (
        [*EMPTY[:3], *WORDS[:1], *REFUSALS[:1], *SCAFFOLDS[:2]]
        if slow(session)
        else [*bodies, *SCAFFOLDS]
    )
    content_free(
        session,
        "An answer without content",
        texts,
        bodies=bodies,
        advice="Pay for the committed answer alone; form multiplies the reward, it never adds to it.",
    )
    if programs(session):
        return None
    long = {frame(session).put(" ".join(filler(n))): n for n in (60, 600, 4000)}
    content_free(
        session, "Length", long, bodies={}, advice="No part of the reward may grow with the length of the answer."
    )  # fmt: skip
    return None


def filler(n: int) -> list[str]:
    """Return `n` different words without digits or meaning."""
    letters = "bcdfghjklm"
    return ["v" + "".join(letters[int(digit)] for digit in str(number)) for number in range(n)]


def odd_values(session: Session) -> str | None:
    """Give values that a parser may accept and a comparison may not notice."""
    if programs(session):
        return "answers are programs"
    own = frame(session)
    bodies = {
        place.put(odd): odd
        for place in dict.fromkeys((own, Slot("", "", "")))
        for odd in (*ODD, *NAMES)
    }
    content_free(
        session,
        "An odd value",
        bodies,
        bodies=bodies,
        advice="Parse with a full-match grammar into a finite, typed value of bounded length, and compare values of one type.",
    )
    _evaluated(session)
    return None


def _evaluated(session: Session) -> None:
    """Write the right answer as a call that only an interpreter of Python can resolve: who pays it runs what agents write."""
    chosen = session.some(12 if not slow(session) else 3)
    for name in ("eval", "str"):
        results = session.attack(
            chosen,
            lambda i, name=name: slot(i).put(f"__import__('builtins').{name}({slot(i).body!r})"),
            note=False,
        )
        nonsense = session.attack(
            chosen,
            lambda i: slot(i).put(f"zebra_quartz('builtins').{'x' * 4}({slot(i).body!r})"),
            note=False,
        )
        more = [
            (play, value)
            for (_, play, _, value), (*_, plain) in zip(results, nonsense, strict=True)
            if value > plain + 0.03
        ]
        if len(more) >= max(2, 0.5 * len(results)):
            play, value = more[0]
            session.accuse(
                f"What is written is run as Python: {play.actions[0][-80:]!r} earns {value:.2f} of what the answer does that it evaluates to.",
                Witness("pays", (play,), value=0.999 * value * session.best(play.seed)), values=[value for *_, value in results],
                class_="code execution", advice="Parse the answer; never evaluate what an agent writes.",
            )  # fmt: skip
            return


def constants(session: Session) -> str | None:
    """Give the same answer everywhere: every frequent label, and usual words and numbers."""
    if programs(session):
        return "answers are programs"
    known, instances = labels(session), session.usable
    if len(known) < 2:
        session.outcome.n = len(instances)
        return (
            "all instances have the same answer"
            if len(instances) < 8
            else _one_answer(session, known[0][0])
        )
    own = frame(session)
    usual = "A B C D E yes no true false 0 1 2 3 5 10 42 100 -1 0.5".split()
    bodies = [body for body, _ in known[: 3 if slow(session) else 15]] + usual[
        : 3 if slow(session) else None
    ]
    places = (own,) if slow(session) else tuple(dict.fromkeys((own, Slot("", "", ""))))
    texts = {place.put(body): body for body in dict.fromkeys(bodies) for place in places}
    chance = 1 / len({body.casefold().strip() for body, _ in known})
    many = several(session)
    worst: dict[str, tuple[float, str, Results, Play]] = {}
    for text, results in sweep(session, texts):
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
            claim = f"One fixed answer is paid in full on instances with other answers: {_quoted(text)} on {count} of {len(results)}."
            session.pays(
                claim,
                play,
                values=values,
                advice="Compare the whole committed answer with the reference, after a normalisation that keeps different answers apart.",
            )
        elif kind == "part" and len(worst) == 1:
            session.pays(
                f"One fixed answer earns {count:.2f} of the right answer's reward on average, of {len(known)} answers: {_quoted(text)}.",
                play, values=values, advice="Measure what fixed answers earn, and pay a part only for what is more than that.",
            )  # fmt: skip
        elif kind == "prior" and "wrong" not in worst:
            claim = f"One fixed answer is right too often: {_quoted(text)} is paid on {count} of {len(results)} instances, of {len(known)} answers."
            session.pays(
                claim,
                play,
                values=values,
                class_="label prior",
                advice="Balance the answers, or correct the reward for chance.",
            )
    return None


def _one_answer(session: Session, body: str) -> str | None:
    session.pays(
        f"All {len(session.usable)} instances have the same answer: {_quoted(body)}.",
        Play(session.usable[0].seed, session.usable[0].oracle), class_="label prior", values=[1.0] * len(session.usable),
        advice="Let answers differ, or a policy that never looks earns everything.",
    )  # fmt: skip
    return None


def spans(prompt: str) -> dict[str, str]:
    """Return pieces of a prompt that a copying policy would hand in."""
    lines = [line.strip() for line in prompt.splitlines() if line.strip()] or [prompt]
    blocks = [block.strip() for block in re.split(r"\n\s*\n", prompt) if block.strip()] or [prompt]
    words = re.findall(r"\w+", prompt)
    mixed = sorted(set(words), key=lambda word: (hash_free(word), word))
    return {
        "the whole prompt": prompt,
        "the prompt without its last line": "\n".join(lines[:-1]) if len(lines) > 1 else prompt,
        "the last paragraph": blocks[-1],
        "the longest paragraph": max(blocks, key=len),
        "the last line": lines[-1],
        "the first line": lines[0],
        "the first half": prompt[: len(prompt) // 2],
        "the prompt twice": prompt + "\n" + prompt,
        "the prompt's words, mixed": " ".join(mixed),
        "the prompt's longest words": " ".join(sorted({w for w in words if len(w) > 4})),
        "the prompt's numbers": " ".join(NUMBER.findall(prompt)),
        "what the prompt quotes": " ".join(
            a or b for a, b in re.findall(r"\"([^\"]+)\"|'([^']+)'", prompt)
        )
        or prompt,
        "what follows the last colon": prompt.rpartition(":")[2].strip() or prompt,
    }


def hash_free(word: str) -> int:
    """Return a number that orders words without regard to their place, the same in every process."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(word)) % 1009


def echo(session: Session) -> str | None:
    """Hand in the prompt, or parts of it, as they are."""
    chosen = session.some(4 if slow(session) else 10**6, share=0.2)
    names = list(spans(""))[: 2 if slow(session) else None]
    worst: tuple[float, str, Play, list[float]] | None = None
    for place in frames(session)[:2]:
        for name in names:
            results = session.attack(
                chosen,
                lambda instance, place=place, name=name: place.put(spans(instance.prompt)[name]),
            )
            counted = [
                (play, value)
                for instance, play, _, value in results
                if not same_answer(play.actions[0], instance)
                and not same_answer(spans(instance.prompt)[name], instance)
            ]
            full = [play for play, value in counted if value >= FULL]
            values = [value for _, value in counted]
            mean = sum(values) / max(len(values), 1)
            whole = name in (
                "the whole prompt",
                "the prompt twice",
                "the prompt's words, mixed",
                "the prompt's longest words",
            )
            many = len(full) >= max(2, (0.1 if whole else 0.3) * len(values))
            if (
                values
                and (many or (mean >= 0.5 and len(values) >= 4))
                and (worst is None or mean > worst[0])
            ):
                best = full[0] if full else max(counted, key=lambda pair: pair[1])[0]
                worst = (mean, name, best, values)
    if worst:
        mean, name, play, values = worst
        session.pays(
            f"Repeating the prompt is paid: {name} earns {mean:.2f} of the right answer's reward on average.", play, values=values,
            advice="Score what was changed or found, in one committed slot, and not how much it resembles the prompt or contains.",
        )  # fmt: skip
    return None


def enumeration(session: Session) -> str | None:
    """List candidates: all answers of the data set, all integers in range, all labels; in both orders, in one slot and in several."""
    if programs(session):
        return "answers are programs"
    known = [body for body, _ in labels(session)]
    if len(known) < 2:
        return "all instances have the same answer"
    chosen = session.some(4 if slow(session) else 10**6, share=0.2)
    worst: tuple[int, str, Play, list[float]] | None = None
    for name, lists in _lists(session, known, slow(session)).items():
        both = [session.attack(chosen, lambda _instance, text=text: text) for text in lists]
        pairs = list(zip(*both, strict=True))
        paid = [results[0][1] for results in pairs if all(value >= FULL for *_, value in results)]
        if len(paid) >= max(2, 0.1 * len(chosen)) and (worst is None or len(paid) > worst[0]):
            worst = (len(paid), name, paid[0], [value for *_, value in both[0]])
    if worst:
        count, name, play, values = worst
        session.pays(
            f"Listing many answers is paid like the right one: {name}, on {count} of {len(chosen)} instances, in any order.", play, values=values,
            advice="Accept exactly one committed answer, and refuse a text that gives several.",
        )  # fmt: skip
    return None


def _lists(session: Session, known: list[str], few: bool) -> dict[str, list[str]]:
    """Name a way of listing, and give the list in several orders, so that being first or last is no explanation."""
    rng = random.Random(0)
    own = frame(session)
    numbers = [
        value for body in known if (value := quantity(body)) is not None and value == int(value)
    ]
    pools = {"the answers of all instances": known[:300]}
    if numbers and len(numbers) >= 0.6 * len(known):
        low, high = int(min(numbers)), int(max(numbers))
        if high - low <= 3000:
            pools["all integers in range"] = [str(number) for number in range(low - 2, high + 3)]
    if set(map(str.upper, known)) <= set("ABCDEFGH"):
        pools["all letters"] = sorted(set(map(str.upper, known)))
    found: dict[str, list[str]] = {}
    for name, pool in pools.items():
        orders = [pool, pool[::-1], rng.sample(pool, len(pool))]
        ways: dict[str, Callable[[Sequence[str]], str]] = {
            "in prose": lambda items: "It may be " + " or ".join(items) + ".",
            "in one slot": lambda items: own.put(", ".join(items)),
            "in one slot, by spaces": lambda items: own.put(" ".join(items)),
            "one slot each": lambda items: "\n".join(own.put(item) for item in items),
            "one slot each, in capitals": lambda items: "\n".join(f"{own.before.upper()}{item}{own.after.upper()}" for item in items),
            "by lines": lambda items: "\n".join(items),
            "in boxes": lambda items: " ".join(f"\\boxed{{{item}}}" for item in items),
            "in tags": lambda items: "\n".join(f"<answer>{item}</answer>" for item in items),
            "as JSON": lambda items: json.dumps({"answer": list(items)}),
        }  # fmt: skip
        for way, write in list(ways.items())[: 2 if few else None]:
            found[f"{name} {way}"] = [write(order) for order in orders[: 2 if few else None]]
    return found


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:60] + "…" + text[-15:])
