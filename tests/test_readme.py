"""The README is true: its programs print what it says, its figures are those that were measured."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from local_endpoint import endpoint

from firsthand.cli.main import VERBS, verb

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", README, re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(
    {
        line.partition("  #")[0].strip()
        for page in PAGES
        if page.name != "log.md"
        for block in re.findall(r"```(?:sh)?\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("firsthand ")
    }
)


def test_there_is_a_program_and_every_program_shows_its_output():
    assert PROGRAMS and README.count("```python") == len(PROGRAMS)
    assert README.index("pip install") < README.index("```python") < README.index("make learn")


@pytest.mark.parametrize(("program", "output"), PROGRAMS)
def test_a_program_prints_what_stands_below_it(program: str, output: str, tmp_path: Path):
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == output


def test_the_figures_are_those_that_the_benchmarks_wrote(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from figures import claims, table

    assert table() in README, "run: python benchmarks/figures.py"
    for one in claims().values():
        script = one["command"].split()[1]
        assert (ROOT / script).is_file(), script


def test_a_figure_that_is_recorded_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import figures

    copy = tmp_path / "figures.json"
    copy.write_bytes(figures.FILE.read_bytes())
    monkeypatch.setattr(figures, "FILE", copy)
    figures.record("play", "1 µs of CPU a turn")
    assert figures.claims()["play"]["figure"] == "1 µs of CPU a turn"
    assert "| so does a short episode | 1 µs of CPU a turn | `python" in figures.table()


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one_that_the_command_line_takes(line: str, tmp_path, monkeypatch):
    """Words after options, such as a model's URL, may be made up; verbs and options may not."""
    monkeypatch.chdir(tmp_path)
    _, name, *words = re.sub(r"\s{2,}.*", "", line).split()
    assert name in VERBS or name == "--help", line
    command = verb(name)
    if isinstance(command, typer.core.TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert used <= known, (line, used - known)


def test_the_readme_says_what_the_model_adds():
    assert "At level 1 the model adds nothing to a nearest-neighbour vote" in README
    assert "loses .10 to it" in README


def test_my_api_agent_learns_prose_lessons(tmp_path):
    """The commands of docs/api_agents.md, with an endpoint that takes no computing."""
    page = (ROOT / "docs" / "api_agents.md").read_text(encoding="utf-8")
    (learn,) = re.findall(r"^firsthand learn (.*?)\n(?!  )", page, re.DOTALL | re.MULTILINE)

    def answer(messages: list[dict[str, str]]) -> str:
        asked = messages[-1]["content"]
        return (
            '[{"lesson": "Say ruby."}]' if "You review" in str(messages) else asked.splitlines()[-1]
        )

    with endpoint(answer) as url:
        words = learn.replace("\\\n", " ").replace("http://localhost:8000/v1", url).split()
        small = ["--rounds", "1", "--tasks", "4", "--eval-tasks", "4"]
        run = subprocess.run(
            [Path(sys.executable).with_name("firsthand"), "learn", *words, *small],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    assert "The journal replays clean" in run.stdout
