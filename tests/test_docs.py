"""The documentation is true: its programs run, and the command line reference is that of the
commands.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from firsthand.cli.reference import reference

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md") if "```python" in path.read_text())


@pytest.mark.parametrize("page", PAGES)
def test_the_programs_on_a_page_run(page, tmp_path):
    """Each runs alone; one that imports nothing goes on with the one above it."""
    program = ""
    for snippet in re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL):
        program = snippet if "import firsthand" in snippet else program + snippet
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr


def test_the_command_line_reference_is_up_to_date():
    assert (DOCS / "commands.md").read_text() == reference(), (
        "run: python -m firsthand.cli.reference > docs/commands.md"
    )


def test_every_page_is_in_the_navigation_and_every_link_leads_somewhere():
    navigation = re.findall(r"(\w+\.md)$", (DOCS.parent / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(navigation) == sorted(path.name for path in DOCS.glob("*.md"))
    for page in navigation:
        for target in re.findall(r"\]\((\w+\.md)", (DOCS / page).read_text()):
            assert (DOCS / target).is_file(), (page, target)


def test_every_law_is_held_by_a_test_that_is_named_after_it():
    laws = re.findall(r"^(\d+)\. \*\*", (DOCS / "environments.md").read_text(), re.MULTILINE)
    assert laws == [str(law) for law in range(1, 13)]
    tests = "\n".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    assert [law for law in laws if f"def test_law_{law}_" not in tests] == []


def test_every_room_of_the_house_is_named_for_contributors():
    source = DOCS.parent / "src" / "firsthand"
    text = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = {path.parent for path in source.rglob("*.py")} - {source}
    rooms = {folder.relative_to(source).as_posix() for folder in folders}
    missing = {
        room
        for room in rooms
        if f"`{room}/`" not in text and f"`{room.removeprefix('worlds/')}/`" not in text
    }
    assert not missing
    named = set(re.findall(r"^\| `([a-z_/]+)/` \|", text, re.MULTILINE))
    assert {room for room in named if not (source / room).is_dir()} == set()
