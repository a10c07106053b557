"""`firsthand export`: experience as training data."""

from pathlib import Path
from typing import Annotated

import typer

from firsthand.cli.document import document
from firsthand.cli.options import JournalFolder, Json, OnlyEnvironment, OnlyRun, WhichSplit
from firsthand.errors import UserError
from firsthand.journal.export import export_chat
from firsthand.journal.journal import Journal


def export(
    journal: JournalFolder,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    min_reward: Annotated[float, typer.Option(min=0.0, max=1.0, help="Least score of an episode.")] = 1.0,
    split: WhichSplit = "train",
    environment: OnlyEnvironment = None,
    run: OnlyRun = None,
    json: Json = False,
) -> None:
    """Write a journal's successes as chat JSONL for fine-tuning.

    Only train tasks, unless --split says otherwise: what is trained on eval tasks can no longer be evaluated.

    Example: firsthand export runs/shop_desk-w0-s0/journal --out sft.jsonl
    """
    store = Journal(journal)
    if not len(store):
        raise UserError(f"{journal} holds no episode: check the path.")
    written = export_chat(store.episodes(environment=environment, run=run, split=split), out, min_reward=min_reward)
    if json:
        document({"episodes": written, "file": str(out)})
    else:
        typer.echo(f"{written} of {len(store)} episodes are in {out}: split {split}, score {min_reward:g} or more.")
