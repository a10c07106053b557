"""A laboratory of moisture meters out of calibration: state the true moisture behind a reading.

A world gives each meter an offset and a gain, each kind of soil and each filter a shift of its own.
What a reading means follows from all of them, and a meter that measures a soil in one split never
measures it in another: the parts have to be known apart. The amplifier is off at low levels, so
that gains enter later. Left out: noise, since an answer has to be right or wrong.
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

METERS: Sequence[str] = "Askan Brandt Corvin Delmar Ekholm Fabri Gossen Hartley Ivo Jansen".split()
SOILS: Sequence[str] = "ash chalk clay gravel loam marl moss peat sand silt".split()
PLACES: Sequence[str] = "bank ditch field garden meadow orchard slope trench".split()
FILTERS: Sequence[str] = ("amber", "blue", "grey", "rose")
OFFSETS = tuple(size * sign for size in range(2, 16) for sign in (1, -1))
SHIFTS = tuple(size * sign for size in range(1, 10) for sign in (1, -1))
GAINS = (2, 3, 4, 5)
DRIEST, WETTEST = 20, 70
"""Percent; a shift of a soil and a filter keeps the moisture above zero."""


class Shape(msgspec.Struct, frozen=True):
    """How many samples are measured, among how many values, and which laws a reading obeys."""

    samples: int
    offered: int
    amplified: bool = False
    filtered: bool = False


_SHAPE = {
    1: Shape(1, 8),
    2: Shape(2, 8),
    3: Shape(2, 10, amplified=True),
    4: Shape(3, 10, amplified=True, filtered=True),
    5: Shape(4, 10, amplified=True, filtered=True),
}


class Calibration(msgspec.Struct, frozen=True):
    """The laws of one world."""

    offsets: dict[str, int]
    gains: dict[str, int]
    soils: dict[str, int]
    filters: dict[str, int]


class Sample(msgspec.Struct, frozen=True):
    """One measurement: with which meter and filter, of what, and how moist it truly is."""

    meter: str
    soil: str
    place: str
    filter: str
    moisture: int
    reading: int
    offered: tuple[str, ...]


def calibration(rng: random.Random) -> Calibration:
    """Draw the offsets, gains and shifts of a world."""
    offsets = dict(zip(METERS, rng.sample(OFFSETS, len(METERS)), strict=True))
    gains = {meter: rng.choice(GAINS) for meter in METERS}
    soils = dict(zip(SOILS, rng.sample(SHIFTS, len(SOILS)), strict=True))
    return Calibration(
        offsets, gains, soils, dict(zip(FILTERS, rng.sample(SHIFTS, len(FILTERS)), strict=True))
    )


def percent(moisture: int) -> str:
    """Write a moisture."""
    return f"{moisture}%"


class Instrument(Environment):
    """State the truth behind the readings of meters whose calibration is hidden."""

    name = "rules/instrument"
    version = "1"
    turns = 8
    laws = True
    base_rate = 1 / 8
    statement = (
        "You read the moisture meters of a soil laboratory. They are out of calibration: a meter "
        "has an offset of its own, and, with the amplifier on, a gain; a kind of soil and a filter "
        "shift what it sees, always by the same amount. For each sample answer with the true "
        "moisture, such as `34%`, one of the values on offer. Nothing can be measured again, and "
        "the first wrong value ends the session."
    )

    def reset(self, task: Task) -> Observation:
        """Draw samples whose meters and soils come together in this split only."""
        rng, self.shape = task.rng("instance"), _SHAPE[task.level]
        self.laws_here = calibration(task.rng("world"))
        while True:
            self.samples = [self._sample(rng, task) for _ in range(self.shape.samples)]
            self.stated: list[str] = []
            asked = [f"{_shown(sample, self.shape)} {sample.offered[0]}" for sample in self.samples]
            if task.owns(" ".join(asked)):
                break
        return Observation(self._asked())

    def _sample(self, rng: random.Random, task: Task) -> Sample:
        while True:
            meter, soil = rng.choice(METERS), rng.choice(SOILS)
            if task.owns(f"pair {meter} {soil}"):
                break
        place, coloured = rng.choice(PLACES), rng.choice(FILTERS)
        moisture = rng.randint(DRIEST, WETTEST)
        laws, shape = self.laws_here, self.shape
        seen = moisture + laws.soils[soil] + (laws.filters[coloured] if shape.filtered else 0)
        reading = seen * (laws.gains[meter] if shape.amplified else 1) + laws.offsets[meter]
        least = moisture - rng.randrange(shape.offered)
        offered = tuple(percent(least + i) for i in range(shape.offered))
        return Sample(meter, soil, place, coloured, moisture, reading, offered)

    def _asked(self) -> str:
        place = len(self.stated)
        many = f"Sample {place + 1} of {len(self.samples)}: " if len(self.samples) > 1 else ""
        sample = self.samples[place]
        return (
            f"{many}{_shown(sample, self.shape)} True moisture, from {sample.offered[0]} to "
            f"{sample.offered[-1]}?"
        )

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the calibration, as far as the level needs it."""
        laws, shape = calibration(task.rng("world")), _SHAPE[task.level]
        told = [(f"the meter is {meter}", _offset(laws, meter)) for meter in METERS]
        if shape.amplified:
            told += [(f"the meter is {m} and amplifies", _gain(laws, m)) for m in METERS]
        told += [(f"the soil is {soil}", _shift(laws.soils[soil])) for soil in SOILS]
        if shape.filtered:
            told += [(f"the filter is {f}", _shift(laws.filters[f])) for f in FILTERS]
        return told

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The offsets, gains and shifts behind the readings."""
        laws, used = self.laws_here, dict[str, tuple[str, int]]()
        for sample in self.samples:
            used[f"offset {sample.meter}"] = (str(laws.offsets[sample.meter]), len(OFFSETS))
            used[f"soil {sample.soil}"] = (str(laws.soils[sample.soil]), len(SHIFTS))
            if self.shape.amplified:
                used[f"gain {sample.meter}"] = (str(laws.gains[sample.meter]), len(GAINS))
            if self.shape.filtered:
                used[f"filter {sample.filter}"] = (str(laws.filters[sample.filter]), len(SHIFTS))
        return used

    def choices(self) -> Sequence[str]:
        """The values on offer for the sample at hand."""
        return self.samples[min(len(self.stated), len(self.samples) - 1)].offered

    def act(self, action: Action) -> Observation:
        """State the moisture of one sample."""
        if self.finished:
            return Observation("The session is over.", done=True)
        stated, offered = action.text.strip(), self.choices()
        if stated not in offered:
            return Observation(
                "That is none of the values on offer. Answer with a percentage from "
                f"{offered[0]} to {offered[-1]}, such as `{offered[0]}`."
            )
        sample = self.samples[len(self.stated)]
        self.stated.append(stated)
        if stated != percent(sample.moisture):
            self.finish()
            return Observation("The drying oven disagrees. The session is over.", done=True)
        if len(self.stated) == len(self.samples):
            self.finish()
            return Observation("The drying oven agrees. That was the last sample.", done=True)
        return Observation(f"The drying oven agrees. {self._asked()}")

    def score(self) -> Score:
        """Pay when the true moisture of every sample was stated."""
        return Score(all_true=self.stated == [percent(sample.moisture) for sample in self.samples])

    def aftermath(self) -> str:
        """Tell for each sample how the reading came about."""
        return " ".join(self._explained(sample) for sample in self.samples)

    def _explained(self, sample: Sample) -> str:
        laws, shape = self.laws_here, self.shape
        gain = f"{_gain(laws, sample.meter)} and then " if shape.amplified else ""
        parts = [f"{sample.meter} {gain}{_offset(laws, sample.meter)}"]
        parts.append(f"{sample.soil} {_shift(laws.soils[sample.soil])}")
        if shape.filtered:
            parts.append(f"the {sample.filter} filter {_shift(laws.filters[sample.filter])}")
        return f"{', '.join(parts)}: {sample.reading} stands for {percent(sample.moisture)}."

    def picture(self) -> str:
        """Draw the meters' displays in a row."""
        return "\n".join(
            f"{sample.meter:>8} [{sample.reading:>4}]  {sample.soil}" for sample in self.samples
        )

    def expert(self) -> Iterator[Action]:
        """State the true moisture of each sample."""
        while True:
            yield Action(percent(self.samples[len(self.stated)].moisture))


def _shown(sample: Sample, shape: Shape) -> str:
    """Tell what can be seen of a sample."""
    coloured = f", through the {sample.filter} filter" if shape.filtered else ""
    amplifier = "on" if shape.amplified else "off"
    return (
        f"{sample.meter} shows {sample.reading} for {sample.soil} from the {sample.place}"
        f"{coloured}, amplifier {amplifier}."
    )


def _offset(laws: Calibration, meter: str) -> str:
    offset = laws.offsets[meter]
    return f"shows {abs(offset)} too {'much' if offset > 0 else 'little'}"


def _gain(laws: Calibration, meter: str) -> str:
    return f"multiplies by {laws.gains[meter]}"


def _shift(shift: int) -> str:
    points = f"{abs(shift)} point{'s' if abs(shift) > 1 else ''}"
    return f"looks {points} {'wetter' if shift > 0 else 'drier'}"
