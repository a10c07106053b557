"""Who plays: the agent behind `--model` and `--playbook`."""

from pathlib import Path

from firsthand.agent import Agent
from firsthand.models import model
from firsthand.playbook import Playbook, load
from firsthand.prompt import Sampling


def agent(name: str, *, playbook: Path | None = None, temperature: float = 0.0) -> Agent:
    """Return an agent that is ready to play.

    An embedded model is loaded now: weights that cannot be fetched are then one message, not the
    failure of every episode. Raises `UserError`.
    """
    lessons = (
        load(playbook / "playbook.toml" if playbook.is_dir() else playbook)
        if playbook
        else Playbook()
    )
    found = model(name)
    if name.partition(":")[0] == "llama":
        from firsthand.models.llama import Llama

        _ = found.engine if isinstance(found, Llama) else None
    return Agent(model=found, playbook=lessons, sampling=Sampling(temperature=temperature))
