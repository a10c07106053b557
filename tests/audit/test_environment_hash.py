"""A certificate's hash covers what an environment is built from, and nothing else."""

from pathlib import Path

import firsthand.kit
import firsthand.sandbox.sql as sql
from firsthand.audit import environment_hash
from firsthand.audit.environment_hash import environment_sha256
from firsthand.registry import lookup


def test_what_a_world_imports_belongs_to_its_hash(monkeypatch):
    ledger, desk = lookup("data/ledger"), lookup("interfaces/shop_desk")
    before = environment_sha256(ledger), environment_sha256(desk)
    read = environment_hash._content.__wrapped__

    def changed(file):
        return read(file) + b"# changed" * (file == Path(sql.__file__))

    monkeypatch.setattr(environment_hash, "_content", changed)
    assert environment_sha256(ledger) != before[0]
    assert environment_sha256(desk) == before[1]


def test_imports_are_found_however_they_are_written(tmp_path):
    kit = Path(firsthand.kit.__file__).parent
    known = sorted(path.stem for path in kit.glob("*.py") if path.stem != "__init__")
    for name in known:
        for number, line in enumerate(
            (
                f"from firsthand.kit import {name}",
                f"    from firsthand.kit.{name} import anything",
                f"from firsthand.kit import (\n    {name},\n)",
                f"import firsthand.kit.{name}",
            )
        ):
            written = tmp_path / f"{name}{number}.py"
            written.write_text(f"{line}\n")
            assert kit / f"{name}.py" in environment_hash._imported(written)
