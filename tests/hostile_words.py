"""A world in which every string that can reach a terminal tries to drive it."""

from collections.abc import Iterator

import firsthand as fh

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eabc\u200b\r\x08[bold]bold[/bold][link=http://a]b[/]"
"""Erase, set the title, a C1 colour, right-to-left, zero width, overwrite, and rich's own markup.
"""


class Hostile(fh.Environment):
    __doc__ = f"Drive the terminal{ESCAPES}."

    name = "test/hostile"
    version = f"1{ESCAPES}"
    turns = 4
    statement = f"Do it{ESCAPES}."

    def reset(self, task: fh.Task) -> fh.Observation:
        self.pulled = ""
        return fh.Observation(f"Seen{ESCAPES}.")

    def pull(self, where: str = ESCAPES) -> str:
        self.pulled = where
        if where == "refuse":
            raise fh.ToolError(f"Refused{ESCAPES}.")
        self.finish()
        return f"Pulled{ESCAPES}."

    pull.__name__ = "pull"
    pull.__doc__ = f"Pull{ESCAPES}."
    pull = fh.tool(pull)

    def score(self) -> fh.Score:
        return fh.Score(**{f"check{ESCAPES}": self.pulled == "up"})

    def aftermath(self) -> str:
        return f"Afterwards{ESCAPES}."

    def expert(self) -> Iterator[fh.Action]:
        yield fh.Action(calls=(fh.ToolCall("pull", {"where": "refuse"}),))
        yield fh.Action(calls=(fh.ToolCall(f"pull{ESCAPES}", {}),))
        yield fh.Action(calls=(fh.ToolCall("pull", {"where": "up"}),))


class Choosing(Hostile):
    """Choose what drives the terminal."""

    name = "test/choosing"
    version = "1"

    def choices(self) -> list[str]:
        return [f"left{ESCAPES}", f"right{ESCAPES}"]

    def act(self, action: fh.Action) -> fh.Observation:
        self.pulled = "up" if action.text.startswith("right") else action.text
        self.finish()
        return fh.Observation(f"Went{ESCAPES}.", done=True)

    def expert(self) -> Iterator[fh.Action]:
        yield fh.Action(self.choices()[1])


class Raising(Hostile):
    """Fail in words that drive the terminal."""

    name = "test/raising"
    version = "1"

    def act(self, action: fh.Action) -> fh.Observation:
        raise ValueError(f"Broken{ESCAPES}.")
