"""The command `firsthand`: one verb a file, imported when it is used.

Exit codes: 0 done; 1 a check failed, no episode could be scored, or a bug, which keeps its
traceback; 2 a mistake in what was asked, with its fix on standard error; 130 stopped with Ctrl-C or
`quit`, 143 by SIGTERM, 129 because the terminal was closed.
"""

import importlib
import os
import sys
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from firsthand.cli.stopping import Stopping
from firsthand.cli.terminal import tell
from firsthand.errors import FirsthandError, UnknownName, UserError

VERBS = {
    "envs": "List the environments that are installed.",
    "doctor": "Probe what environments need of this machine, and say how to get what is missing.",
    "new": "Write a working environment to start from, with its test.",
    "check": "Check in seconds that an environment keeps its contract.",
    "play": "Play yourself, or watch. With -n 10 you can learn the hidden laws of a world, too.",
    "serve": "Let other programs play: over HTTP, WebSocket, OpenEnv and MCP.",
    "eval": "Measure how good a model is at an environment, on held-out tasks.",
    "learn": (
        "Learn lessons from experience, prove them, and show before and after on held-out tasks."
    ),
    "train": "Train a model's weights, and show before and after on held-out tasks.",
    "live": "Live through many worlds: learn in each, sleep, come back, and see what is retained.",
    "sleep": "Move a playbook into weights, measure what each lesson still adds, and revoke some.",
    "compare": "Let ways of learning compete at the same budget, with controls.",
    "bench": "Let a learner of your own learn in fresh worlds, and show what it gained in each.",
    "trial": "Measure which lines of a prompt, an AGENTS.md or skills help, and which harm.",
    "playbook": "Show what was learned, compare versions, roll back, trust lessons.",
    "audit": "Attack an environment, a grader or a reward function, and certify what was found.",
    "replay": "Play a journal again and stop at the first difference.",
    "journal": "Check whether the files of a journal are whole.",
    "export": "Write a journal's successes as JSONL: for fine-tuning, trainers and viewers.",
    "models": "List the kinds of models, and what is installed for them.",
}


class Verbs(TyperGroup):
    """Commands that are imported by name, and the one place where a mistake becomes words and an
    exit code.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a verb. Raises `UnknownName`."""
        if cmd_name not in VERBS:
            raise UnknownName("verb", cmd_name, VERBS, hint="`firsthand --help` lists them.")
        return verb(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: Any) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except UserError as mistake:
            tell(f"Error: {mistake}", err=True)
            raise typer.Exit(2) from None
        except FirsthandError as failure:  # said on purpose: a full disk, a model that is gone
            tell(f"Error: {failure}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            tell("Stopped.", err=True)
            raise typer.Exit(128 + stopping.signal) from None


def verb(name: str) -> Any:
    """Return the command behind a verb: `firsthand.cli.NAME` has a function or a `typer.Typer` of
    that name.
    """
    found = getattr(importlib.import_module(f"firsthand.cli.{name}"), name)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name)(found)
    return typer.main.get_command(single)


app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=(
        "`firsthand VERB --help` shows an example. Exit codes: 0 done, 1 failed, 2 asked "
        "wrongly, 128 + N stopped by signal N."
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        from firsthand import __version__

        tell(f"firsthand {__version__}")
        raise typer.Exit


@app.callback()
def firsthand(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """Language models that learn from first-hand experience."""


stopping = Stopping()


def _warn(message: Warning | str, *_where: Any) -> None:
    """Say a warning without the line of code that it came from."""
    tell(f"Warning: {message}", err=True)


def main() -> None:
    """Run the command line. The current folder can be imported from, for environments that are not
    installed yet.
    """
    sys.path.append(os.getcwd())
    warnings.showwarning = _warn
    stopping.listen()
    try:
        app(prog_name="firsthand")
    except KeyboardInterrupt:  # before a verb began, or after it ended
        stopping.leave(128 + stopping.signal)
    except SystemExit as ending:
        if isinstance(ending.code, int) and ending.code > 128:
            stopping.leave(ending.code)
        raise
    except Exception:  # a bug: its message may quote what a world said
        import traceback

        tell(traceback.format_exc().rstrip("\n"), err=True)
        raise SystemExit(1) from None
