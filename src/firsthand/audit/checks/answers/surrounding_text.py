"""The right answer with harmless text before it, after it and in its reasoning, long or short.

Claims: a right answer is paid whatever its author says around it, unless the prompt forbids it.
Plays: the oracle's own text with sentences without digits, tags or marks before or after it, in
three lengths, and with line breaks. What would fool it: strict graders whose prompt asks for the
answer alone; those whose oracle writes the bare answer are only held to be consistent, and
prompts that forbid are read.
"""

import re

from firsthand.audit.accusation import CheckRun, Results, check
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import slot
from firsthand.audit.formats.committed import REASONING
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import AROUND_PAID, AROUND_REFUSED, FULL

OUTSIDE = ("before it", "after it")
SENTENCE = "This can be checked in another way, and the outcome stays the same. "
LENGTHS = (20, 400, 4000)
"""Characters of text around the answer: a remark, a paragraph, a long chain of reasoning."""
ALONE = re.compile(
    r"\b(only|nothing else|nothing but|exactly|just|alone|no explanation"
    r"|without (any )?(detailed )?explanation|no (other|extra|further|additional)"
    r"|in th(is|e following) format"
    r"|this format|single|one (word|line|number|letter)|must (be|consist)|verbatim|strictly"
    r"|(reply|respond|answer) (with|in)|your (whole )?(reply|answer|response) is)\b",
    re.IGNORECASE,
)
"""Prompts that ask for the answer alone, or for a form that leaves no room for more."""
AT_THE_END = re.compile(
    r"\b(last|final) (line|word|sentence|number)|\bend (your|the|with)|\bfinish|\bconclude"
    r"|at the (very )?end",
    re.IGNORECASE,
)
"""Prompts that want the answer at the end: text after it is then no part of the bargain."""
REASONED = re.compile(
    r"step by step|<think>|\bthink|\breason|\bexplain|\bshow (your|the) work|\bjustify|\bdiscuss",
    re.IGNORECASE,
)
"""Prompts that invite reasoning, which takes room."""
BRIEF = re.compile(
    r"\b(at most|no more than|up to|fewer than|less than|within|maximum( of)?)\s+[\w,]+\s+"
    r"(words|characters|letters|lines|sentences|tokens)|\b(brief|concise|short)",
    re.IGNORECASE,
)
"""Prompts that bound the length."""


@check(
    "surrounding_text",
    class_="false negative",
    kinds=("answer",),
    claim="A right answer is paid whatever harmless text stands around it.",
)
def surrounding_text(run: CheckRun) -> str | None:
    """Put text of several lengths before and after right answers."""
    if run.session.answers_are_programs:
        return "answers are programs"
    if run.session.costly:
        return "plays start processes"
    run.outcome.bounded = False
    chosen = [i for i in run.session.some(24) if not _forbidden(i)]
    framed = [i for i in chosen if is_framed(i) or REASONED.search(i.prompt)]
    if not framed and not any(reasoning_of(i) for i in run.session.some(24)):
        return "the prompt asks for the answer alone, or the oracle writes nothing else"
    _around(run, framed, "before it")
    _around(run, [i for i in framed if not AT_THE_END.search(i.prompt)], "after it")
    _around(run, [i for i in run.session.some(24) if reasoning_of(i)], "in its reasoning")
    _line_breaks(run, [i for i in framed if is_framed(i) and _may_say_more(i)])
    return None


def _forbidden(instance: Instance) -> bool:
    return bool(ALONE.search(instance.prompt) or BRIEF.search(instance.prompt))


def is_framed(instance: Instance) -> bool:
    """Say whether the oracle writes more than the answer, so that the grader has to find it."""
    own = slot(instance)
    return bool(own.before.strip() or own.after.strip())


def text_of(n: int) -> str:
    """Return harmless sentences of about `n` characters, cut at a word."""
    text = SENTENCE * (n // len(SENTENCE) + 1)
    return text[: text.find(" ", n)].rstrip(" ,") + "."


def _around(run: CheckRun, chosen: list[Instance], where: str) -> None:
    """Accuse a grader that refuses text of any length, or pays with a little and not with more."""
    refused: dict[int, Results] = {}
    for n in _lengths(chosen):
        results = run.attack(chosen, lambda i, n=n: _with_text(i, where, n), note=False)
        share = sum(value < FULL for *_, value in results) / len(results)
        if share >= AROUND_REFUSED:
            refused[n] = results
        elif share > AROUND_PAID:
            return  # refused here and there: some other rule decides
    if not refused:
        return
    shortest = min(refused)
    if shortest == LENGTHS[0] and where in OUTSIDE and not all(_may_say_more(i) for i in chosen):
        return
    less = "" if shortest == LENGTHS[0] else ", though paid with less"
    how = f"with {shortest} characters or more of harmless text {where}{less},"
    _accuse(run, refused[shortest], how)


def _may_say_more(instance: Instance) -> bool:
    """Say whether a prompt leaves room for text of any kind around the answer.

    It does where it invites reasoning or tells how the answer is marked, but not where reasoning
    has a place of its own, nor where the form of the answer is not told at all.
    """
    if reasoning_of(instance):
        return False
    marks = slot(instance).before.split()[-1:]
    told = any(mark.strip("{:*") and mark.strip("{:*") in instance.prompt for mark in marks)
    return told or bool(REASONED.search(instance.prompt))


def _lengths(chosen: list[Instance]) -> tuple[int, ...]:
    """Return how much text is tried: much of it only where reasoning is asked for."""
    if not chosen:
        return ()
    return LENGTHS if all(REASONED.search(i.prompt) for i in chosen) else LENGTHS[:2]


def _with_text(instance: Instance, where: str, n: int) -> str:
    right, text = instance.oracle[0], text_of(n)
    if where == "before it":
        return f"{text}\n{right}"
    if where == "after it":
        return f"{right}\n{text}"
    end = reasoning_of(instance)
    return f"{right[:end]}\n{text}\n{right[end:]}"


def reasoning_of(instance: Instance) -> int:
    """Return where the reasoning ends for which the prompt prescribes tags; 0 where it does not."""
    for tag in sorted(REASONING):
        end = instance.oracle[0].find(f"</{tag}>")
        if end > 0 and f"<{tag}>" in instance.prompt:
            return end
    return 0


def _line_breaks(run: CheckRun, framed: list[Instance]) -> None:
    if not framed or run.outcome.findings:
        return
    results = run.attack(framed, lambda i: f"\n\n{i.oracle[0]}\n\n", note=False)
    if sum(value < FULL for *_, value in results) >= AROUND_REFUSED * len(results):
        _accuse(run, results, "with line breaks around it")


def _accuse(run: CheckRun, results: Results, how: str) -> None:
    refused = [play for _, play, _, value in results if value < FULL]
    paid = run.session.lab.run([refused[0]])[0].paid
    run.accuse(
        f"The right answer {how} is refused on {len(refused)} of {len(results)} instances, "
        "and the prompt does not forbid it.",
        Witness("refused", (refused[0],), value=max(paid, 0.0)),
        severity="major",
        values=[value for *_, value in results],
        advice="Find the answer wherever it stands in the whole reply, or say in the prompt what "
        "may stand around it.",
    )
