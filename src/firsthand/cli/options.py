"""Options that several verbs share, so that one name means one thing everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from firsthand.task import Split

EnvironmentName = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT", help="A name such as interfaces/shop_desk, or MODULE:CLASS."
    ),
]
JournalFolder = Annotated[Path, typer.Argument(metavar="JOURNAL", help="The folder of a journal.")]
World = Annotated[int, typer.Option(min=0, help="The world: it decides the hidden laws.")]
Level = Annotated[int, typer.Option(min=1, help="Difficulty, 1 to 5.")]
WhichSplit = Annotated[
    Split, typer.Option(help="The tasks: train, gate or eval; they share no instance.")
]
PlaybookFile = Annotated[
    Path | None,
    typer.Option("--playbook", help="Lessons to play with: a file, or the folder of a run."),
]
OnlyEnvironment = Annotated[
    str | None, typer.Option("--environment", help="Only episodes of this environment.")
]
OnlyRun = Annotated[str | None, typer.Option("--run", help="Only episodes of this run.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
