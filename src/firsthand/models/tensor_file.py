"""Tensors and a few strings in one safetensors file, written so that a kill never leaves half."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import safetensors
import safetensors.torch as safetensors_torch
from torch import Tensor

from firsthand.errors import UserError

_reading, _writing = cast("Any", safetensors), cast("Any", safetensors_torch)  # types are partial


def write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write the file, its folder included: after a kill or a power cut the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    whole = {name: value.contiguous() for name, value in tensors.items()}
    _writing.save_file(whole, unfinished, dict(metadata))
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return tensors and strings. Raises `UserError` where there is no such file."""
    try:
        with _reading.safe_open(path, "pt") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (OSError, _reading.SafetensorError) as error:
        raise UserError(f"{path} is no file of weights: {error}") from None
