"""The programs of docs/bridges.md, by section: what the page shows is what the tests run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "bridges.md"
LONGEST = 20
"""Most lines of a program on the page."""


def sections() -> dict[str, list[str]]:
    """Return the programs under each heading."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {title: re.findall(r"```py\n(.*?)```", text, re.DOTALL) for title, text in pairs}


def run_section(title: str, **names: object) -> dict[str, object]:
    """Run the programs of a section one after the other; return what they define.

    `names` stand in for what a reader has: an endpoint, a larger model.
    """
    programs = sections()[title]
    assert programs, title
    defined = dict(names)
    for number, program in enumerate(programs):
        exec(compile(program, f"{PAGE.name}: {title} {number + 1}", "exec"), defined)
    return defined
