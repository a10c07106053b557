"""Options that several verbs share, so that one name means one thing everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from firsthand.task import Split

EnvironmentName = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT",
        help="A name such as interfaces/shop_desk or gymnasium:CartPole-v1, or MODULE:CLASS.",
    ),
]
JournalFolder = Annotated[
    Path, typer.Argument(metavar="JOURNAL", help="The folder of a journal or of a run.")
]
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

# how a model is asked, and what it may take: built into values by `cli/players.py`
Temperature = Annotated[float, typer.Option(min=0.0, help="Sampling temperature; 0 is greedy.")]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Most tokens of one answer, hidden reasoning included; an answer that is cut off "
        "fails.  [default: 4096 behind an endpoint, 256 embedded]",
    ),
]
Concurrency = Annotated[int, typer.Option(min=1, help="Most episodes at once.")]
Turns = Annotated[
    int | None,
    typer.Option(min=1, help="Most turns of an episode.  [default: what the environment declares]"),
]
Timeout = Annotated[
    float,
    typer.Option(
        min=0.001, help="Most seconds for one answer; a turn may take three times as long."
    ),
]
Extra = Annotated[
    str | None,
    typer.Option(
        metavar="JSON",
        help='Fields for every request to the endpoint, e.g. \'{"reasoning_effort": "low"}\'.',
    ),
]
KeyEnv = Annotated[
    str | None,
    typer.Option(
        "--api-key-env",
        metavar="NAME",
        help="Environment variable with the endpoint's key."
        "  [default: OPENAI_API_KEY for OpenAI, FIRSTHAND_KEY_HOST for others]",
    ),
]
Price = Annotated[
    str | None,
    typer.Option(
        metavar="IN,OUT", help="Dollars per million prompt and sampled tokens, e.g. 0.15,0.60."
    ),
]
BudgetTokens = Annotated[
    int | None,
    typer.Option(min=1, help="Stop before prompt and sampled tokens together pass this number."),
]
BudgetDollars = Annotated[
    float | None, typer.Option(help="Stop before the cost passes this; needs --price.")
]
BudgetMinutes = Annotated[
    float | None, typer.Option(help="Start no episode after so many minutes.")
]
