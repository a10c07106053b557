"""The command line, called in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from firsthand import registry
from firsthand.cli.main import app


class Cli:
    """Call the command line and look at what came out."""

    def __call__(self, *words: object, code: int = 0, input: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(map(str, words)), input=input, prog_name="firsthand")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    def json(self, *words: object, code: int = 0) -> Any:
        """Call with `--json`: what is on standard output must be one document."""
        return json.loads(self(*words, "--json", code=code).stdout)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line in an empty folder; environments it registers are forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_registered", {})
    return Cli()
