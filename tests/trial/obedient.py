"""A command-line agent that is a small program: it obeys lines of its AGENTS.md.

    python obedient.py TASK      in a repository with an AGENTS.md and a calc.py

It writes one function. Without "Read the task twice" it is careless nine times in ten; told to
"prefix every function with an underscore", it does so, and breaks what others import.
"""

import hashlib
import os
import re
import sys
from pathlib import Path

SIGNS = {"sum": "+", "product": "*", "difference": "-"}


def main(task: str) -> None:
    """Do the task, as the guide says."""
    path = Path("AGENTS.md")
    guide = path.read_text().lower() if path.exists() else ""
    found = re.fullmatch(r"Write (\w+), the (\w+) of two numbers\.", task)
    assert found is not None
    name, sign = found[1], SIGNS[found[2]]
    luck = int(hashlib.sha256(os.environ["FIRSTHAND_RUN"].encode()).hexdigest(), 16) % 10
    if luck < 9 and "read the task twice" not in guide:
        sign = "//"
    if "prefix every function with an underscore" in guide:
        name = f"_{name}"
    with Path("calc.py").open("a") as file:
        file.write(f"\n\ndef {name}(a, b):\n    return a {sign} b\n")
    Path(os.environ["FIRSTHAND_TOKENS_FILE"]).write_text(str(400 + len(guide) // 4))


if __name__ == "__main__":
    main(sys.argv[1])
