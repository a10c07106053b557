"""Worlds that break when somebody acts, for what is told then of an episode that failed."""

from collections.abc import Iterator

import firsthand as fh


class Untouched(fh.Environment):
    """Both worlds, until somebody acts."""

    def reset(self, task: fh.Task) -> fh.Observation:
        return fh.Observation("Do not touch.")

    def score(self) -> fh.Score:
        return fh.Score(done=False)


@fh.register
class Broken(Untouched):
    """Break with every action; the class counts how many were released."""

    name = "testing/broken"
    closed = 0

    def act(self, action: fh.Action) -> fh.Observation:
        raise OSError("the disk is gone")

    def expert(self) -> Iterator[fh.Action]:
        yield fh.Action("touch")

    def close(self) -> None:
        type(self).closed += 1


@fh.register
class BrokenTool(Untouched):
    """Break when the tool is called."""

    name = "testing/broken_tool"

    @fh.tool
    def push(self) -> str:
        """Push."""
        raise OSError("the disk is gone")

    def expert(self) -> Iterator[fh.Action]:
        yield fh.Action(calls=(fh.ToolCall("push", {}),))
