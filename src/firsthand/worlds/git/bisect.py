"""Find the commit since which a program gives a wrong answer, by running it along its history.

The program is a tariff in a few shell scripts. Every commit changes something; whether that changes
the answer in question depends on how the parts play together, and messages do not tell. At the
upper levels some commits do not run at all. Left out: merges, and regressions that come and go.
"""

import random
import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import msgspec

from firsthand.environment import Action, Observation, Score, tool
from firsthand.errors import ToolError
from firsthand.sandbox.git_objects import Builder
from firsthand.task import Task
from firsthand.worlds.git.checkout import HOW, PEOPLE, START, Checkout, call

ZONES = "abcdef"
SUBJECTS = (
    "Tidy up", "Follow the review", "Rework the tables", "New contract", "Simplify", "Clean up",
    "Prepare the next season", "Apply the decision of Monday", "Small things", "Adjust", "Update",
    "Address comments", "Housekeeping", "Make it readable", "Sync with the sheet",
)  # fmt: skip
BROKEN = "if [ \n"
"""A line that no shell runs."""
LEVELS = {1: (16, 0), 2: (26, 0), 3: (36, 0), 4: (46, 2), 5: (60, 4)}
"""Level to the number of commits after the release, and how many of them do not run."""


class Tariff(NamedTuple):
    """The numbers in the program, and how often it was polished."""

    base: int
    per: int
    zones: tuple[int, ...]
    heavy: int
    surcharge: int
    rebate_from: int
    rebate: int
    step: int
    polish: tuple[int, int, int] = (0, 0, 0)
    broken: bool = False

    def price(self, weight: int, zone: int) -> int:
        """What the program prints."""
        price = self.base + self.per * weight
        price = price * self.zones[zone] // 100
        if weight > self.heavy:
            price += self.surcharge
        if price >= self.rebate_from:
            price -= price * self.rebate // 100
        return -(-price // self.step) * self.step

    def files(self) -> dict[str, bytes]:
        """The program."""
        notes = [f"# reviewed {count} times\n" if count else "" for count in self.polish]
        zones = "".join(f"    {z}) echo {p} ;;\n" for z, p in zip(ZONES, self.zones, strict=True))
        files = {
            "tariff.sh": (
                f"{notes[0]}# price of a parcel: bash tariff.sh WEIGHT ZONE\n. ./base.sh\n"
                f". ./zones.sh\n. ./extras.sh\n{BROKEN if self.broken else ''}"
                'price=$(base "$1")\nprice=$(( price * $(zone "$2") / 100 ))\n'
                'price=$(heavy "$price" "$1")\nprice=$(rebate "$price")\nround "$price"\n'
            ),
            "base.sh": (
                f"{notes[1]}base() {{\n  echo $(( {self.base} + {self.per} * $1 ))\n}}\n"
                f"round() {{\n  step={self.step}\n  echo $(( ($1 + step - 1) / step * step ))\n}}\n"
            ),
            "zones.sh": f"zone() {{\n  case $1 in\n{zones}  esac\n}}\n",
            "extras.sh": (
                f"{notes[2]}heavy() {{\n  if [ \"$2\" -gt {self.heavy} ]; then\n"
                f"    echo $(( $1 + {self.surcharge} ))\n  else\n    echo $1\n  fi\n}}\n"
                f"rebate() {{\n  if [ \"$1\" -ge {self.rebate_from} ]; then\n"
                f"    echo $(( $1 - $1 * {self.rebate} / 100 ))\n  else\n    echo $1\n  fi\n}}\n"
            ),
        }  # fmt: skip
        return {path: text.encode() for path, text in files.items()}


class Bisect(Checkout):
    """Find the first commit with a regression by running the program along the history."""

    name = "git/bisect"
    version = "1"
    statement = (
        f"{HOW}\nThe program tariff.sh had the right price for a parcel in the release v1.0, and "
        "has a wrong one on main. Find the first commit, after v1.0, in which the price is wrong; "
        "since then it has been wrong throughout. A commit in which the program does not run at "
        "all is neither right nor wrong. Call `answer` with the commit's hash: one answer counts, "
        "and it ends the work. How the repository looks in the end does not matter."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a history in which one commit changes the price in question."""
        rng, (count, broken) = task.rng("instance"), LEVELS[task.level]
        while True:
            self.query = (rng.randint(3, 40), rng.randrange(len(ZONES)))
            self.bad = rng.randint(count // 6, count - 2)
            states = _history(rng, count, self.bad, self.query)
            if task.owns(repr((self.query, self.bad, states[0], states[-1]))):
                break
        dead = _apart(rng, count, self.bad, broken)
        states = [s._replace(broken=i in dead) for i, s in enumerate(states)]
        builder = Builder(author=PEOPLE[0], start=START)
        self.commits: list[str] = []
        for state in states:
            self.commits.append(
                builder.commit(
                    state.files(),
                    rng.choice(SUBJECTS),
                    self.commits[-1:],
                    author=rng.choice(PEOPLE),
                )
            )
        self.dead = {self.commits[i] for i in dead}
        refs = {"refs/heads/main": self.commits[-1], "refs/tags/v1.0": self.commits[0]}
        self.tree = builder.repository(refs, files=states[-1].files())
        self.answered = ""
        weight, zone = self.query[0], ZONES[self.query[1]]
        self.command = f"bash tariff.sh {weight} {zone}"
        self.right = states[0].price(*self.query)
        note = f" Some commits do not run ({broken} of them)." if broken else ""
        return Observation(
            f"`{self.command}` printed {self.right} in v1.0, which is right, and prints "
            f"{states[-1].price(*self.query)} now. There are {count} commits since v1.0.{note}"
        )

    @tool
    def answer(
        self, commit: Annotated[str, msgspec.Meta(description="The hash, or its first 7 or more.")]
    ) -> str:
        """Name the first commit in which the price is wrong. This ends the work."""
        given = commit.strip().lower()
        if not re.fullmatch(r"[0-9a-f]{7,40}", given):
            raise ToolError(f"A hash has 7 to 40 of the characters 0-9 and a-f, got {commit!r}.")
        found = [each for each in self.commits if each.startswith(given)]
        if len(found) != 1:
            many = len(found) or "No"
            raise ToolError(f"{many} commits from v1.0 to main have a hash like {given}.")
        self.answered = found[0]
        self.finish()
        return f"Answered: {self.answered}."

    def score(self) -> Score:
        """Compare the answer with the commit that was drawn."""
        return Score(right_commit=self.answered == self.commits[self.bad])

    def aftermath(self) -> str:
        """Tell the commit."""
        first = self.commits[self.bad]
        return (
            f"The first wrong commit is {first}: `git bisect` needs about "
            f"{len(self.commits).bit_length()} runs to find it."
        )

    def expert(self) -> Iterator[Action]:
        """Halve the history, running the program at each stop; where it does not run, go beside.

        `git bisect` does the same, but up to version 2.39 it starts a dozen processes a step.
        """
        yield call("run", command=f"git rev-list v1.0..main; {self.command}")
        right, wrong, dead = 0, len(self.commits) - 1, set[int]()
        while untried := [i for i in range(right + 1, wrong) if i not in dead]:
            stop = untried[len(untried) // 2]
            yield call("run", command=f"git checkout {self.commits[stop]}; {self.command}")
            if self.commits[stop] in self.dead:
                dead.add(stop)
            elif stop < self.bad:
                right = stop
            else:
                wrong = stop
        yield call("answer", commit=self.commits[self.bad])


def _history(rng: random.Random, count: int, bad: int, query: tuple[int, int]) -> list[Tariff]:
    """Draw the release and `count` changes: only the one at `bad` changes the price in question."""
    state = Tariff(
        rng.randint(100, 400), rng.randint(8, 30), tuple(rng.sample(range(80, 200), len(ZONES))),
        rng.randint(10, 30), rng.randint(50, 300), rng.randint(500, 900), rng.randint(3, 15),
        rng.choice((1, 5, 10)),
    )  # fmt: skip
    right, states = state.price(*query), [state]
    while len(states) <= count:
        drawn = _changed(rng, state)
        if drawn == state or (drawn.price(*query) != right) != (len(states) >= bad):
            continue
        state = drawn
        states.append(state)
    return states


def _changed(rng: random.Random, old: Tariff) -> Tariff:
    """Change one thing; most changes matter to some parcels only."""
    kind = rng.randrange(12)
    if kind < 3:
        zones = list(old.zones)
        zones[rng.randrange(len(zones))] = rng.randint(80, 200)
        return old._replace(zones=tuple(zones))
    if kind < 5:
        return old._replace(heavy=rng.randint(5, 38))
    if kind < 7:
        return old._replace(rebate_from=rng.randint(400, 1000))
    if kind == 7:
        return old._replace(rebate=rng.randint(3, 15))
    if kind == 8:
        return old._replace(surcharge=rng.randint(50, 300))
    if kind == 9:
        return old._replace(step=rng.choice((1, 2, 5, 10, 20)))
    polish = list(old.polish)
    polish[rng.randrange(3)] += 1
    return old._replace(polish=(polish[0], polish[1], polish[2]))


def _apart(rng: random.Random, count: int, bad: int, broken: int) -> set[int]:
    """Draw commits that do not run, none beside the one in question nor at an end."""
    return set(rng.sample([i for i in range(2, count - 1) if abs(i - bad) > 1], broken))
