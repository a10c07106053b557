"""Environments of other packages on the command line, by `SOURCE:NAME`."""

import os
import subprocess
import sys

import distributions
import pytest

from firsthand import registry
from firsthand.cli import auditing

MODULE = '''
import warnings

from parcels import Parcels
from firsthand.errors import UserError

class Unsolved(Parcels):
    """Nobody is known who solves it."""
    levels = range(1, 2)
    def expert(self):
        raise UserError("no expert is known.")

def adopt(town, *, name, known=True):
    warnings.warn(f"{town} is far.", stacklevel=2)
    return type("Town", (Parcels if known else Unsolved,), {"name": name, "levels": range(1, 2)})
'''


@pytest.fixture(autouse=True)
def town(tmp_path, monkeypatch):
    """A package that declares a source."""
    (tmp_path / "towns.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "towns", raising=False)
    source = "[firsthand.sources]\npost = towns:adopt\n"
    distributions.install(tmp_path, monkeypatch, "towns", source)
    yield
    registry._declared.cache_clear()


@pytest.mark.filterwarnings("ignore:Malta")
def test_the_only_level_is_shown_and_the_name_is_kept(cli, tmp_path):
    assert "post/Malta_v1" in cli("envs", "show", "post:Malta-v1").output
    cli("eval", "post:Malta-v1", "--model", "scripted:expert", "-n", 3, "--journal", "kept")
    registry._registered.clear()  # as in another process
    assert "All 3 episodes are the same" in cli("replay", "kept").output
    assert "keeps the contract" in cli("check", "post:Malta-v1").output


@pytest.mark.filterwarnings("ignore:Malta")
def test_who_has_no_expert_is_not_shown_and_says_so(cli):
    told = cli("envs", "show", "post:Malta?known=false", code=2).output
    assert "could not be played: no expert is known." in told


@pytest.mark.filterwarnings("ignore:Malta")
def test_an_audit_goes_by_the_name_of_the_class(cli):
    assert auditing.named("post:Malta-v1", False) == ["post/Malta_v1"]
    assert auditing.named("reasoning-gym:chain_sum", False) == ["reasoning-gym:chain_sum"]
    certificate = cli(
        "audit", "post:Malta-v1", "--budget", "quick", "--only", "oracle", "--out", "c.json"
    )
    assert "post/Malta_v1" in certificate.output


def test_a_warning_is_told_without_the_line_of_code(tmp_path):
    command = [sys.executable, "-c", "from firsthand.cli.main import main; main()"]
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    told = subprocess.run(
        [*command, "check", "post:Malta"],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stderr == "Warning: Malta is far.\n" and told.returncode == 0, told
