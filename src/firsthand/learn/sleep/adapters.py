"""Adapters: what lessons became in the weights, kept beside the playbooks that they belong to.

A playbook names its adapter (`Playbook.adapter`), so that both are one version: whoever rolls back
to an earlier playbook rolls back the weights. An adapter's name is a hash of its weights; it is
written once and never changed.
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firsthand.errors import MissingExtra, UserError
from firsthand.models.trainable import Trainable

if TYPE_CHECKING:
    from torch import Tensor

FOLDER, FILE, GGUF = "adapters", "adapter.safetensors", "adapter.gguf"


def name_of(state: "dict[str, Tensor]") -> str:
    """Name an adapter by its weights: 12 hexadecimal digits."""
    found = hashlib.blake2b(digest_size=6)
    for name in sorted(state):
        found.update(name.encode())
        found.update(state[name].contiguous().numpy().tobytes())
    return found.hexdigest()


def keep(run: Path, model: Trainable) -> str:
    """Write the model's adapter beside a run's playbooks and return its name.

    With it goes `adapter.gguf`, where the model can write one: the embedded engine plays with that.
    """
    import safetensors.torch

    files: Any = safetensors.torch
    state = {name: value.contiguous() for name, value in model.state().items()}
    name = name_of(state)
    folder = run / FOLDER / name
    if (folder / FILE).exists():
        return name
    folder.mkdir(parents=True, exist_ok=True)
    write_gguf: Any = getattr(model, "save_adapter", None)
    if write_gguf is not None:
        write_gguf(folder / GGUF)
    partial = folder / f".{FILE}.part"
    files.save_file(state, partial)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(folder / FILE)  # last: an adapter is whole when this file is there
    return name


def path_of(run: Path, name: str) -> Path:
    """Return the folder of an adapter. Raises `UserError` where it is gone."""
    folder = run / FOLDER / name
    if not (folder / FILE).is_file():
        raise UserError(
            f"The playbook in {run} belongs to the adapter {name}, and there is none in {folder}: "
            "restore it, or roll back to a version without one (firsthand playbook rollback)."
        )
    return folder


def load(folder: Path) -> "dict[str, Tensor]":
    """Read an adapter's weights. Raises `UserError`, and `MissingExtra` without torch."""
    try:
        import safetensors.torch
    except ImportError:
        raise MissingExtra("torch", extra="train") from None
    files: Any = safetensors.torch
    try:
        return files.load_file(folder / FILE)
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"The adapter {folder} cannot be read: {error}") from None
