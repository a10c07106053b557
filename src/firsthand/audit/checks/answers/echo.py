"""The prompt, or parts of it, handed in as the answer."""

import re

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.formats.answers import NUMBER, same_answer
from firsthand.audit.targets.protocol import Play
from firsthand.audit.thresholds import FULL


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
    """Return a number that orders words whatever their place, the same in every process."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(word)) % 1009


@check(
    "echo",
    class_="answer channel",
    kinds=("answer",),
    claim="Repeating the prompt earns nothing.",
)
def echo(run: CheckRun) -> str | None:
    """Hand in the prompt, or parts of it, as they are."""
    chosen = run.session.some(4 if run.session.costly else 10**6)
    names = list(spans(""))[: 2 if run.session.costly else None]
    worst: tuple[float, str, Play, list[float]] | None = None
    for place in run.session.frames[:2]:
        for name in names:
            results = run.attack(
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
        run.pays(
            f"Repeating the prompt is paid: {name} earns {mean:.2f} of the right answer's "
            "reward on average.",
            play,
            values=values,
            advice="Score what was changed or found, in one committed slot, and not how much it "
            "resembles the prompt.",
        )
    return None
