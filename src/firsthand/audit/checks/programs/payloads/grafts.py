"""The right program where it does nothing, in a comment or a text; and two blocks of code.

Only a grader that judges a program by its text pays for the former. Left out: names and layout of
the right program, which a grader may well ask for.
"""

import re
from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import ABSURD, Payload, build
from firsthand.audit.formats.programs import FENCE, Program


def grafts(program: Program) -> Iterator[Payload]:
    """Yield the programs."""
    wrong = f"return {ABSURD}"
    comment = "\n".join(f"# {line}" for line in program.code.splitlines())
    quoted = program.code.replace("\\", "\\\\").replace('"""', "'''")
    texts = {
        "in a comment": build(program, wrong, tail=comment),
        "in a comment, and nothing else": program.put(f"pass\n{comment}"),
        "in a text": build(program, wrong, tail=f'_ = """\n{quoted}\n"""'),
    }
    for name, text in texts.items():
        name, variation = f"the right program, {name}", name == "in a comment, and nothing else"
        yield Payload("text of the program", name, text, variation=variation)


def two_blocks(program: Program, text: str) -> list[Payload]:
    """Write answers with a wrong and the right block, in both orders; none without blocks."""
    found = list(FENCE.finditer(text))
    if len(found) != 1:
        return []
    right = found[0][0]
    wrong = build(program, f"return {ABSURD}")[len(program.before) :]
    wrong = wrong[: len(wrong) - len(program.after)] if program.after else wrong
    bad = re.sub(r"(?s)\n.*\n?```$", lambda _: f"\n{wrong}\n```", right, count=1)
    start, end = found[0].span()
    return [
        Payload("two blocks", name, f"{text[:start]}{one}\n\n{two}{text[end:]}")
        for name, one, two in (
            ("a wrong block, then the right one", bad, right),
            ("the right block, then a wrong one", right, bad),
        )
    ]
