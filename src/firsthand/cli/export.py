"""`firsthand export`: experience as training data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from firsthand.cli.document import document
from firsthand.cli.options import JournalFolder, Json, OnlyEnvironment, OnlyRun, WhichSplit
from firsthand.cli.terminal import tell
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.export import export_episodes
from firsthand.journal.formats import Form
from firsthand.journal.journal import Journal, folder_of


def export(
    journal: JournalFolder,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help="chat: messages; trl: prompt and completion; verl: its rows; atif: trajectories.",
        ),
    ] = "chat",
    min_reward: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Least score of an episode.")
    ] = 1.0,
    exclude_flagged: Annotated[
        bool,
        typer.Option(
            "--exclude-flagged/--keep-flagged",
            help="Leave out episodes that look like exploits of the reward.",
        ),
    ] = True,
    split: WhichSplit = "train",
    environment: OnlyEnvironment = None,
    run: OnlyRun = None,
    json: Json = False,
) -> None:
    """Write a journal's successes as JSONL: for fine-tuning, trainers and viewers.

    Only train tasks, unless --split says otherwise: what is trained on eval tasks can no longer be
    evaluated.

    Example: firsthand export runs/shop_desk-w0-s0 --out sft.jsonl
    """
    store = Journal(folder_of(journal))
    if not len(store):
        raise UserError(
            f"{journal} holds no episode that can be read: see `firsthand journal check`."
        )
    flagged = 0

    def chosen() -> Iterator[Episode]:
        nonlocal flagged
        for episode in store.episodes(environment=environment, run=run, split=split):
            flagged += bool(episode.flags)
            yield episode

    written = export_episodes(
        chosen(), out, form=form, min_reward=min_reward, exclude_flagged=exclude_flagged
    )
    if json:
        document({"episodes": written, "file": str(out), "flagged": flagged})
    else:
        tell(
            f"{written} of {len(store)} episodes are in {out}: split {split}, score "
            f"{min_reward:g} or more."
        )
        if flagged:
            which = "were left out" if exclude_flagged else "were kept"
            tell(
                f"{flagged} episodes of split {split} look like exploits of the reward; "
                f"they {which}."
            )
