"""LoRA adapters on disk: GGUF files that llama.cpp plays with and torch reads back.

One format serves both engines. llama.cpp keeps the rows of the query and key projections of a Llama
in another order (halves of the rotary embedding interleaved), so those of `lora_b` are reordered
head by head on the way out and back again on the way in.
"""

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from firsthand.errors import MissingExtra, UserError

if TYPE_CHECKING:
    from torch import Tensor

FILE = "adapter.gguf"
"""The name of an adapter in a folder of its own."""
PROJECTIONS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
LLAMAS = ("llama", "mistral")
"""Types of models that llama.cpp keeps as a Llama."""


class Heads(msgspec.Struct, frozen=True):
    """How many heads the queries have, and the keys."""

    queries: int
    keys: int

    def of(self, part: str) -> int:
        """Return the heads by which the rows of a projection are reordered; 0: they are not."""
        return {"attn_q": self.queries, "attn_k": self.keys}.get(part, 0)


def split_adapter(rest: str) -> tuple[str, Path | None]:
    """Split `SOURCE+ADAPTER` of a model's name. An adapter is a file, or a folder with one in it.

    Raises `UserError` where it is not there.
    """
    source, plus, given = rest.partition("+")
    if not plus or Path(rest).expanduser().exists():
        return rest, None
    path = Path(given).expanduser()
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise UserError(
            f"There is no adapter at {file}. Write SOURCE+ADAPTER with a GGUF file, or with a "
            f"folder that has an {FILE}."
        )
    return source, file


def adapter_name(path: Path) -> str:
    """Return the name to show: that of the file, or of its folder where the file has none."""
    return path.resolve().parent.name if path.name == FILE else path.stem


def write_adapter(path: Path, state: "dict[str, Tensor]", *, heads: Heads, alpha: float) -> None:
    """Write the weights of a LoRA of peft as a GGUF adapter, atomically.

    Raises `UserError` where a layer is none of a Llama's, `MissingExtra` without gguf.
    """
    gguf = _gguf()
    partial = path.with_name(f".{path.name}.partial")
    with closing(gguf.GGUFWriter(partial, arch="llama")) as opened:
        writer: Any = opened
        writer.add_string("general.type", "adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", float(alpha))
        for name, value in state.items():
            layer, part, side = _stored(name)
            rows = value.float().numpy()
            if side == "lora_b" and (n := heads.of(part)):
                rows = _interleaved(rows, n)
            writer.add_tensor(f"blk.{layer}.{part}.weight.{side}", np.ascontiguousarray(rows))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    os.replace(partial, path)


def read_adapter(path: Path, *, heads: Heads) -> "tuple[dict[str, Tensor], float]":
    """Return the weights and alpha of a GGUF adapter, in the names and order of rows of peft.

    Raises `UserError` where the file is none.
    """
    import torch

    try:
        reader: Any = _gguf().GGUFReader(path)
        alpha = float(reader.fields["adapter.lora.alpha"].contents())
    except (ValueError, KeyError, OSError) as error:
        raise UserError(f"{path} is no GGUF adapter: {error}") from error
    parts = {part: projection for projection, part in PROJECTIONS.items()}
    state: dict[str, Tensor] = {}
    for tensor in reader.tensors:
        _, layer, part, _, side = str(tensor.name).split(".")
        rows = np.array(tensor.data, dtype=np.float32)
        if side == "lora_b" and (n := heads.of(part)):
            rows = _halves(rows, n)
        letter = side[-1].upper()
        name = f"model.layers.{layer}.{parts[part]}.lora_{letter}.default.weight"
        state[name] = torch.from_numpy(np.ascontiguousarray(rows))
    return state, alpha


def _stored(name: str) -> tuple[int, str, str]:
    """Read `model.layers.3.self_attn.q_proj.lora_A.default.weight`: layer, part and side."""
    words = name.split(".")
    projection = ".".join(words[3:5])
    if words[:2] != ["model", "layers"] or projection not in PROJECTIONS:
        raise UserError(
            f"{name} is no layer of a Llama: only adapters of Llama models can be written for the "
            "embedded engine."
        )
    return int(words[2]), PROJECTIONS[projection], f"lora_{words[5][-1].lower()}"


def _interleaved(rows: Any, heads: int) -> Any:
    """Reorder rows [out, ...] as llama.cpp stores them: the halves of each head alternate."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def _halves(rows: Any, heads: int) -> Any:
    """Undo `_interleaved`."""
    return rows.reshape(heads, -1, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def _gguf() -> Any:
    try:
        import gguf
    except ImportError:
        raise MissingExtra("gguf", extra="train") from None
    return gguf
