"""firsthand models."""

import importlib.util

from firsthand.models import KINDS
from firsthand.models.weights import NAME


def test_every_kind_is_listed_with_its_usage(cli):
    shown = cli("models").stdout
    for usage in KINDS.values():
        assert usage in shown


def test_it_says_where_the_weights_are(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTHAND_CACHE", str(tmp_path))
    path = tmp_path / "models" / NAME
    (llama,) = (kind for kind in cli.json("models") if kind["kind"] == "llama")
    assert (llama["kind"], llama["weights"], llama["fetched"]) == ("llama", str(path), 0)
    assert f"weights of smollm2: {path} (fetched when first used, 93 MB)" in cli("models").stdout
    path.parent.mkdir()
    path.write_bytes(b"x" * 2_000_000)
    assert [kind["fetched"] for kind in cli.json("models") if kind["weights"]] == [2_000_000]
    assert f"{path} (2 MB)" in cli("models").stdout


def test_it_says_what_to_install(cli, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name in ("xllamacpp", "torch") else found(name),
    )
    shown = cli("models").stdout
    assert "not installed: pip install 'firsthand[local]'" in shown
    assert "not installed: pip install 'firsthand[local,train]'" in shown
    missing = [kind["kind"] for kind in cli.json("models") if not kind["installed"]]
    assert missing == ["llama", "torch", "tiny"]
