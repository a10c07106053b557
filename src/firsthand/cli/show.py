"""How a run that learns is shown: what it says, and the progress of its phases."""

import sys
from collections.abc import Callable
from contextlib import ExitStack

from firsthand.cli.progress import bar
from firsthand.cli.terminal import tell
from firsthand.episode import Episode


class Show:
    """Results on standard output, the progress of one phase at a time on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        from firsthand.cli.console import SafeConsole  # deferred: rich takes its time

        self.out = SafeConsole(quiet=quiet)
        self.say = self.out.print
        self._phase = ExitStack()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_error: object) -> None:
        self._phase.close()

    def note(self, line: str) -> None:
        """Say on standard error what is known before anything was learned."""
        self._phase.close()
        tell(line, err=True)

    def watch(self, phase: str, n: int) -> Callable[[Episode], None]:
        """Show a bar for one phase; the one before it is done. Without a terminal, one line a
        phase.
        """
        self._phase.close()
        if not sys.stderr.isatty():
            self.say(f"{phase}: {n} episodes")
        return self._phase.enter_context(bar(phase, n))
