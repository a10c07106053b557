"""Export of episodes as JSONL that trainers and viewers read, one line an episode."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from firsthand.episode import Episode
from firsthand.errors import UnknownName
from firsthand.journal.formats import FORMATS, Form
from firsthand.secrets import redact_values


def export_episodes(
    episodes: Iterable[Episode],
    path: Path,
    *,
    form: Form = "chat",
    min_reward: float = 1.0,
    exclude_flagged: bool = True,
) -> int:
    """Write one line in a format of `journal/formats.py` for each episode of at least
    `min_reward`; return their number.

    With `exclude_flagged`, episodes that look like exploits of the reward are left out.

    Episodes are streamed, the file appears when it is whole. Failed episodes and those without a
    turn are left out. Raises `InvalidTask` for an episode of another version of its environment,
    and `UnknownName` for a format.
    """
    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS, hint=f"There are: {', '.join(FORMATS)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    written = 0
    try:
        with partial.open("wb") as file:
            for episode in episodes:
                if exclude_flagged and episode.flags:
                    continue
                if episode.turns and episode.reward is not None and episode.reward >= min_reward:
                    file.write(msgspec.json.encode(redact_values(FORMATS[form](episode))) + b"\n")
                    written += 1
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return written
