"""Worlds that break when somebody acts, for what is told then of an episode that failed."""

import firsthand as fh


class Broken(fh.Environment):
    """Break with every action; the class counts how many were released."""

    name = "testing/broken"
    closed = 0

    def reset(self, task):
        return fh.Observation("Do not touch.")

    def act(self, action):
        raise OSError("the disk is gone")

    def score(self):
        return fh.Score(done=False)

    def expert(self):
        yield fh.Action("touch")

    def close(self):
        Broken.closed += 1


class BrokenTool(Broken):
    """Break when the tool is called."""

    name = "testing/broken_tool"
    act = fh.Environment.act

    @fh.tool
    def push(self) -> str:
        """Push."""
        raise OSError("the disk is gone")

    def expert(self):
        yield fh.Action(calls=(fh.ToolCall("push", {}),))


for world in (Broken, BrokenTool):
    fh.register(world)
