"""`firsthand replay`: whether the rewards in a journal are facts."""

import typer

from firsthand.cli.document import document
from firsthand.cli.options import JournalFolder, Json, OnlyEnvironment, OnlyRun
from firsthand.cli.progress import bar
from firsthand.cli.terminal import tell
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.journal import Journal, folder_of
from firsthand.rollout.replay import replay_journal
from firsthand.shell import run as run_async


def replay(
    journal: JournalFolder,
    environment: OnlyEnvironment = None,
    run: OnlyRun = None,
    json: Json = False,
) -> None:
    """Play a journal again and stop at the first difference.

    Exits with 1 on a difference, or when a line of the journal is spoilt.

    Example: firsthand replay runs/shop_desk-w0-s0
    """
    store = Journal(folder_of(journal))
    total = sum(1 for _ in store.episodes(environment=environment, run=run))
    if not total:
        raise UserError(
            f"{journal} holds no such episode, and {len(store)} in all: check the path, "
            "--run and --environment."
        )
    same: list[str] = []
    with bar("replay", total) as step:

        def agreed(episode: Episode) -> None:
            same.append(episode.id)
            step(episode)

        difference = run_async(
            replay_journal(store, environment=environment, run=run, progress=agreed)
        )
    damage = store.damage()
    if json:
        document({"episodes": total, "same": len(same), "difference": difference, "damage": damage})
    elif difference is not None:
        tell(f"{difference}\n{len(same)} of {total} episodes before it are the same.")
    else:
        readable = " that can be read" if damage else ""
        tell(f"All {total} episodes{readable} are the same: every observation, reward and check.")
    for spoilt in damage:
        tell(f"Spoilt: segment {spoilt.segment}, byte {spoilt.offset}: {spoilt.problem}", err=True)
    if difference is not None or damage:
        raise typer.Exit(1)
