"""A small world with tools, for the tests of the core: parcels are weighed and sent to towns."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

import firsthand as fh
from firsthand.errors import SandboxError

TOWNS = "Asker Bergen Drammen Egersund Florø Gjøvik Hamar Kongsberg".split()


class Parcels(fh.Environment):
    """Send every parcel to its town.

    Weights are in grams.
    """

    name = "test/parcels"
    turns = 8
    statement = "Send each parcel to the town that is written on it."

    def reset(self, task: fh.Task) -> fh.Observation:
        rng = task.rng("instance")
        self.towns = rng.sample(TOWNS, 1 + task.level)
        self.sent: list[str] = []
        return fh.Observation(f"On the table: parcels for {', '.join(self.towns)}.")

    @fh.tool
    def send(
        self,
        town: Annotated[str, msgspec.Meta(description="Where it goes.")],
        grams: int,
        speed: Literal["slow", "fast"] = "slow",
    ) -> str:
        """Send one parcel."""
        if town in self.sent:
            raise fh.ToolError(f"The parcel for {town} has left.")
        self.sent.append(town)
        if len(self.sent) == len(self.towns):
            self.finish()
        return f"{town} gets {grams} g, {speed}."

    @fh.tool
    async def weigh(self) -> int:
        """Weigh what is on the table."""
        return 100 * (len(self.towns) - len(self.sent))

    @fh.tool
    def drop(self) -> str:
        """Drop a parcel, which this world is not made for."""
        raise ZeroDivisionError("a parcel broke")

    @fh.tool
    def scan(self) -> str:
        """Scan a parcel in a sandbox that dies."""
        raise SandboxError("the scanner died")

    def score(self) -> fh.Score:
        right = [town for town in self.sent if town in self.towns]
        return fh.Score.potential(
            len(right) / len(self.towns), all_sent=len(right) == len(self.towns)
        )

    def aftermath(self) -> str:
        return f"{len(self.sent)} of {len(self.towns)} parcels left."

    def expert(self) -> Iterator[fh.Action]:
        for town in self.towns:
            yield send(town)


def send(town: object, grams: object = 5, **more: object) -> fh.Action:
    """The call that sends one parcel."""
    return fh.Action(
        calls=(fh.ToolCall("send", {"town": town, "grams": grams, **more}, id=f"call-{town}"),)
    )


def call(name: str, **arguments: object) -> fh.Action:
    """One call of one tool."""
    return fh.Action(calls=(fh.ToolCall(name, arguments),))


def begun(level: int = 1, seed: int = 0) -> Parcels:
    """A world after reset."""
    world = Parcels()
    world.reset(fh.Task("test/parcels", seed, level=level))
    return world


class Broken(Parcels):
    """Break with every parcel."""

    name = "test/broken"

    def expert(self) -> Iterator[fh.Action]:
        yield call("drop")
