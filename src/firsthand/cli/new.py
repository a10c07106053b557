"""`firsthand new`: a working environment to start from, as a package that can be installed."""

import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from firsthand.cli.terminal import tell
from firsthand.errors import UserError
from firsthand.registry import environments

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*/[a-z][a-z0-9]*(_[a-z0-9]+)*")


def new(
    name: Annotated[
        str,
        typer.Argument(
            metavar="DOMAIN/FAMILY", help="The name of the environment, e.g. office/letters."
        ),
    ],
) -> None:
    """Write a working environment to start from, with its test.

    Example: firsthand new office/letters
    """
    if not NAME.fullmatch(name):
        raise UserError(
            "An environment is named domain/family, in small letters, digits and single "
            f"underscores, got {name!r}."
        )
    if name in environments():
        raise UserError(f"There is an environment named {name!r} already: choose another family.")
    family, module = name.partition("/")[2], name.replace("/", "_")
    folder = Path(module)
    if folder.exists():
        raise UserError(
            f"{folder} exists already: nothing was written. Move it away, or choose another name."
        )
    written = "".join(part.capitalize() for part in family.split("_"))
    words = {
        "name": name,
        "module": module,
        "Class": written,
        "distribution": module.replace("_", "-"),
    }
    folder.mkdir()
    for source, target in (
        ("environment.py", f"{module}.py"),
        ("test.py", f"test_{module}.py"),
        ("pyproject.toml", "pyproject.toml"),
    ):
        text = (
            files("firsthand.cli").joinpath("skeleton", f"{source}.txt").read_text(encoding="utf-8")
        )
        (folder / target).write_text(Template(text).substitute(words), encoding="utf-8")
    tell(
        f"Wrote {folder}/: a whole, small environment, its test, and what pip needs. Go "
        "into that folder, then:"
    )
    play = f"firsthand play {module}:{written}"
    steps = {
        f"python test_{module}.py": "passes as it is; so does pytest",
        play: "try it yourself",
        "pip install -e .": f"then it is {name} everywhere",
    }
    for command, meaning in steps.items():
        tell(f"  {command:<{len(play)}}   {meaning}")
