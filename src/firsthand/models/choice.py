"""The choice policy: what a language model says when it may only say one of the legal moves.

The conversation is a plain transcript. An option's score is the log-probability of decoding it
token by token among what the other options leave open (a walk down their token tree), less what the
untrained model gives it under observations without content (Zhao et al. 2021, arXiv 2102.09690).
Engines differ only in how they come by the scores, so that what is trained is what is played.
"""

import math
import random
from collections.abc import Callable, Sequence

import msgspec

from firsthand.prompt import Completion, Message, Prompt, Sampling

CONTENT_FREE = ("thing?", "item?", "N/A?")
ANSWER = "Answer:"

Tokens = Callable[[str], Sequence[int]]
"""Tokenise a text in which nothing is a special token."""


class Question(msgspec.Struct, frozen=True):
    """A choice in tokens: the transcript up to the cue, the options, and content-free transcripts.

    `neutral` holds one transcript for each content-free observation, without worked examples.
    """

    ids: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]
    neutral: tuple[tuple[int, ...], ...]


class Branching(msgspec.Struct, frozen=True):
    """A point of the token tree of options where they part.

    `prefix` leads there; `branches` maps each next token to the options that go on with it.
    """

    prefix: tuple[int, ...]
    branches: dict[int, tuple[int, ...]]


def question(prompt: Prompt, tokens: Tokens) -> Question:
    """Return the tokens of a choice. Pieces are tokenised apart, so that they begin alike."""
    *earlier, asked = prompt.messages
    system = [message for message in earlier if message.role == "system"]
    return Question(
        _ids([*transcript(earlier), f"{asked.content}\n", ANSWER], tokens),
        option_tokens(prompt.choices, tokens),
        neutral_ids(system, asked.content, tokens),
    )


def option_tokens(choices: Sequence[str], tokens: Tokens) -> tuple[tuple[int, ...], ...]:
    """Return the tokens of each option as it follows the cue."""
    return tuple((*tokens(f" {option}"), *tokens("\n")) for option in choices)


def neutral_ids(
    system: Sequence[Message], asked: str, tokens: Tokens
) -> tuple[tuple[int, ...], ...]:
    """Return the content-free transcripts that belong to an observation."""
    bare = transcript(system)
    return tuple(_ids([*bare, f"{text}\n", ANSWER], tokens) for text in content_free(asked))


def transcript(messages: Sequence[Message]) -> list[str]:
    """Render messages as lines of a plain transcript, in the format of the query."""
    return [
        f"{ANSWER} {message.content}\n" if message.role == "assistant" else f"{message.content}\n"
        for message in messages
    ]


def content_free(text: str) -> list[str]:
    """Replace an observation by content-free ones, keeping a label such as `Customer:`."""
    label, colon, _ = text.partition(": ")
    prefix = f"{label}: " if colon and label.isalpha() else ""
    return [prefix + neutral for neutral in CONTENT_FREE]


def branchings(options: Sequence[Sequence[int]]) -> list[Branching]:
    """Return where options part, from the root down. An option's score is the sum over its path.

    Equal options, and one that is the beginning of another, are not told apart.
    """
    found: list[Branching] = []

    def walk(members: list[int], depth: int) -> None:
        while len(members) > 1 and all(depth < len(options[member]) for member in members):
            branches: dict[int, list[int]] = {}
            for member in members:
                branches.setdefault(options[member][depth], []).append(member)
            if len(branches) > 1:
                prefix = tuple(options[members[0]][:depth])
                found.append(Branching(prefix, {t: tuple(m) for t, m in branches.items()}))
                for branch in branches.values():
                    walk(branch, depth + 1)
                return
            depth += 1

    walk(list(range(len(options))), 0)
    return found


def distinct(options: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Cut each option after the token that tells it from all others: what follows does not change
    its score.
    """
    cut: list[tuple[int, ...]] = []
    for i, option in enumerate(options):
        shared = max(
            (_common(option, other) for j, other in enumerate(options) if j != i), default=0
        )
        cut.append(option[: shared + 1])
    return cut


def in_order(options: Sequence[tuple[int, ...]]) -> list[int]:
    """Return the places of cut options in sorted order: a set of options is asked about once."""
    return sorted(range(len(options)), key=options.__getitem__)


def calibrated(scores: Sequence[float], neutral: Sequence[Sequence[float]]) -> list[float]:
    """Subtract from each option's score its mean over the content-free transcripts."""
    return [
        score - sum(column) / len(neutral)
        for score, column in zip(scores, zip(*neutral, strict=True), strict=True)
    ]


def picked(
    prompt: Prompt, asked: Question, scores: Sequence[float], sampling: Sampling
) -> Completion:
    """Draw one option from its scores in nats; the log-probability stands at its first token."""
    logprobs = _log_softmax([score / (sampling.temperature or 1.0) for score in scores])
    place = (
        max(range(len(logprobs)), key=logprobs.__getitem__)
        if sampling.temperature == 0.0
        else _draw(logprobs, sampling.seed)
    )
    return taken(prompt, asked, place, logprobs)


def taken(prompt: Prompt, asked: Question, place: int, logprobs: Sequence[float]) -> Completion:
    """Return the completion that takes one option; `logprobs` [options] are those of all."""
    ids = list(asked.options[place])
    return Completion(
        prompt.choices[place],
        prompt_ids=list(asked.ids),
        ids=ids,
        logprobs=[logprobs[place], *[0.0] * (len(ids) - 1)],  # the rest of the option was forced
        choices=dict(zip(prompt.choices, logprobs, strict=True)),
    )


def _ids(lines: Sequence[str], tokens: Tokens) -> tuple[int, ...]:
    return tuple(token for line in lines for token in tokens(line))


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _log_softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    total = top + math.log(sum(math.exp(score - top) for score in scores))
    return [score - total for score in scores]


def _draw(logprobs: Sequence[float], seed: int | None) -> int:
    return random.Random(seed).choices(
        range(len(logprobs)), [math.exp(value) for value in logprobs]
    )[0]
