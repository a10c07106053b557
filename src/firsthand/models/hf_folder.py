"""Folders with a causal language model in the form of Hugging Face, among them the embedded one's.

SmolLM2 in torch has the very weights of the embedded model: its GGUF, dequantised once and kept as
safetensors beside it. Reading them from there takes a second, dequantising takes twenty.
"""

import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from firsthand.errors import MissingExtra, UserError
from firsthand.models.weights import smollm2

NEEDED = ("torch", "transformers", "peft", "safetensors")


def require_torch() -> None:
    """Raise `MissingExtra` where a package of the extra `train` is not installed."""
    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtra(package, extra="train")


def model_folder(source: str) -> Path:
    """Return the folder of a model: `smollm2`, or a path.

    Raises `UserError` where it holds no Hugging Face model, and as `smollm2`.
    """
    if source == "smollm2":
        return smollm2_folder()
    folder = Path(source).expanduser()
    if not (folder / "config.json").is_file():
        found = "no config.json in it" if folder.is_dir() else "no such folder"
        raise UserError(
            f"There is no Hugging Face model in {folder}: {found}. Write torch:smollm2, or "
            "torch:FOLDER with a folder that save_pretrained() or a download has written."
        )
    if not [*folder.glob("*.safetensors"), *folder.glob("*.bin")]:
        raise UserError(f"The model in {folder} has no weights: no *.safetensors in it.")
    return folder


def smollm2_folder() -> Path:
    """Return the folder with SmolLM2's weights in fp32, made from the GGUF when not there."""
    source = smollm2()
    target = source.with_suffix("")
    if target.is_dir():
        return target
    from filelock import FileLock

    with FileLock(target.with_name(f"{target.name}.torch.lock")):
        if not target.is_dir():
            made = Path(tempfile.mkdtemp(dir=target.parent, prefix=".torch-"))
            try:
                _dequantise(source, made)
                os.replace(made, target)
            finally:
                shutil.rmtree(made, ignore_errors=True)
    return target


def _dequantise(source: Path, target: Path) -> None:
    """Write a GGUF file as a Hugging Face folder in fp32, its tokenizer included."""
    import safetensors.torch
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    auto: Any = AutoModelForCausalLM
    tokenizers: Any = AutoTokenizer
    folder, name = str(source.parent), source.name
    model = auto.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    tokenizers.from_pretrained(folder, gguf_file=name).save_pretrained(target)
    del model.config.quantization_config  # nothing of it is quantised any more
    model.config.save_pretrained(target)
    tied = model.config.tie_word_embeddings
    weights = {
        key: value.contiguous()
        for key, value in model.state_dict().items()
        if not (tied and key == "lm_head.weight")
    }
    library: Any = safetensors.torch  # partly without types
    library.save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
