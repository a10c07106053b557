"""Small worlds for the tests of rollout; in a module of their own so that worker processes can
import them.
"""

import asyncio
import os
import signal
import time

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, ToolError, tool
from firsthand.errors import SandboxError
from firsthand.registry import register


@register
class Count(Environment):
    """Say the number that comes next, up to four."""

    name = "testing/count"
    statement = "Count."
    turns = 10

    def reset(self, task):
        self.start = task.rng("instance").randrange(100)
        self.said = 0
        self.pid = os.getpid()
        return Observation(f"Count on from {self.start}.")

    def choices(self):
        return [str(self.start + self.said + step) for step in (1, 2)]

    def act(self, action):
        if not self.finished and action.text == self.choices()[0]:
            self.said += 1
        if self.said == 4:
            self.finish()
        return Observation(f"{self.said} right.", done=self.finished)

    def score(self):
        return Score.potential(self.said / 4, counted=self.said == 4)

    def aftermath(self):
        return f"It went up to {self.start + 4}."

    def expert(self):
        for _ in range(4):
            yield Action(self.choices()[0])


@register
class Lamp(Environment):
    """Switch a lamp on, through async methods and tools."""

    name = "testing/lamp"

    async def reset(self, task):
        self.on = False
        return Observation("A lamp.")

    @tool
    async def switch(self, on: bool) -> str:
        """Switch it."""
        self.on = on
        if on:
            self.finish()
        return "Click."

    @tool
    def smash(self) -> str:
        """Smash it."""
        raise ZeroDivisionError("the lamp has no sides")

    @tool
    def ask(self) -> str:
        """Ask."""
        raise ToolError("It does not answer.")

    async def score(self):
        await asyncio.sleep(0)
        return Score(on=self.on)

    def expert(self):
        yield Action(calls=(ToolCall("ask"), ToolCall("switch", {"on": False})))
        yield Action(calls=(ToolCall("switch", {"on": True}),))


class Trouble(Environment):
    """The base of worlds in which something goes wrong."""

    turns = 3
    closed = 0

    def reset(self, task):
        return Observation("Careful.")

    def act(self, action):
        return Observation("Nothing.")

    def score(self):
        return Score(solved=False)

    def expert(self):
        yield Action("x")


@register
class BadReset(Trouble):
    """Fails on reset."""

    name = "testing/bad_reset"

    def reset(self, task):
        raise ValueError("no world today")


@register
class BadInit(Trouble):
    """Fails before it exists."""

    name = "testing/bad_init"

    def __init__(self):
        raise OSError("no room")


@register
class BadAct(Trouble):
    """Fails in the second turn."""

    name = "testing/bad_act"
    acted = 0

    def act(self, action):
        self.acted += 1
        if self.acted == 2:
            raise KeyError("gone")
        return Observation("Fine.")


@register
class BadScore(Trouble):
    """Scores at reset."""

    name = "testing/bad_score"

    def score(self):
        return Score(always=True)


@register
class BadSandbox(Trouble):
    """Its sandbox dies."""

    name = "testing/bad_sandbox"

    def act(self, action):
        raise SandboxError("The shell is gone.")


@register
class BadClose(Trouble):
    """Cannot be closed."""

    name = "testing/bad_close"

    def close(self):
        raise OSError("still in use")


@register
class Slow(Trouble):
    """Takes its time over a turn without blocking."""

    name = "testing/slow"

    async def act(self, action):
        await asyncio.sleep(30)


@register
class Hang(Trouble):
    """Blocks its process for ever when told to, dies when told to, else answers."""

    name = "testing/hang"

    def act(self, action):
        if action.text == "hang":
            while True:
                time.sleep(1)
        if action.text == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return Observation(f"{action.text}, said process {os.getpid()}.")


@register
class Odd(Trouble):
    """Cannot be sent between processes."""

    name = "testing/odd"

    def snapshot(self):
        return lambda: 1


@register
class Half(Trouble):
    """Shows half a character."""

    name = "testing/half"

    def reset(self, task):
        return Observation("\ud800")


@register
class CancelsItself(Trouble):
    """Cancels whoever plays it."""

    name = "testing/cancels_itself"

    async def act(self, action):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)
