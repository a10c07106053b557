"""The undocumented command line of a canal's control room, another one in every world.

Which word is which verb, which letter is which flag, where verb, device and flags stand, and how
flags are sorted: all of it is a law of the world. A command is typed token by token and really
parsed; what the parser refuses is refused with its reason, and what it accepts the device does, so
that both teach. A verb meets a flag in one split only. Left out: help texts and completion, which
would document the interface, and undoing: a canal cannot take water back.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

VERBS: dict[str, tuple[str, ...]] = {
    "open": ("open the {}", "the {} has to be open", "let water through the {}"),
    "close": ("close the {}", "shut the {}", "no water may pass the {}"),
    "lock": ("lock the {}", "secure the {} so that it cannot move", "bolt the {}"),
    "unlock": ("unlock the {}", "release the {}", "make the {} movable again"),
    "test": ("test the {}", "run the self-test of the {}", "check that the {} works"),
    "heat": ("heat the {}", "thaw the {}", "the {} is frozen, warm it up"),
    "grease": ("grease the {}", "oil the {}", "the {} squeaks, lubricate it"),
    "rinse": ("rinse the {}", "wash the {}", "the {} is muddy, hose it down"),
}
FLAGS: dict[str, tuple[str, ...]] = {
    "slowly": ("slowly", "without haste"),
    "quietly": ("quietly", "without noise"),
    "after dark": ("after dark", "tonight"),
    "twice": ("twice", "two times"),
    "as a drill": ("as a drill", "only as a rehearsal"),
    "with the lamp on": ("with the lamp on", "while the warning light flashes"),
    "off the record": ("off the record", "without a log entry"),
    "on battery": ("on battery", "without mains power"),
}
KINDS = ("barrier", "gate", "hatch", "sluice", "valve", "weir")
PLACES = ("east", "lower", "north", "old", "south", "upper", "west")
WORDS: Sequence[str] = (
    "bint brask cron drev dulm fenk gorv hilt jarn kesp lorm mund nisk olth prag quem rusk sorn "
    "tave ulmo velk wrin yarp zeld"
).split()
LETTERS = "abcdefghjkmnopqrstuvwxyz"
PARTS = ("verb", "device", "flags")
ORDERS = tuple(permutations(PARTS))
ENTER, CLEAR = "<enter>", "<clear>"
MISTAKES = 3
"""Refused lines and unknown tokens after which the terminal locks itself."""
_DEVICES = 4
_SHAPE = {1: (0,), 2: (1,), 3: (1, 1), 4: (2, 1), 5: (2, 2)}
"""Level to how many flags the command of each job takes."""


class Grammar(msgspec.Struct, frozen=True):
    """The laws of one world."""

    words: dict[str, str]
    letters: dict[str, str]
    order: tuple[str, ...]
    rising: bool
    """Whether flags are sorted from a to z."""

    def line(self, job: "Job") -> list[str]:
        """Write the command of a job."""
        flags = sorted((self.letters[flag] for flag in job.flags), reverse=not self.rising)
        parts = {"verb": [self.words[job.verb]], "device": [job.device], "flags": flags}
        return [token for part in self.order for token in parts[part]]

    def usage(self) -> str:
        """Tell the order of a command."""
        return " ".join(part.upper() for part in self.order)

    def sorting(self) -> str:
        """Tell the order of flags."""
        return "flags stand from a to z" if self.rising else "flags stand from z to a"


class Job(msgspec.Struct, frozen=True):
    """One job: what to do to which device, and how."""

    verb: str
    flags: tuple[str, ...]
    device: str
    devices: tuple[str, ...]
    asked: str


def grammar(rng: random.Random) -> Grammar:
    """Draw the grammar of a world."""
    words = dict(zip(VERBS, rng.sample(WORDS, len(VERBS)), strict=True))
    letters = [f"-{letter}" for letter in rng.sample(LETTERS, len(FLAGS))]
    return Grammar(
        words, dict(zip(FLAGS, letters, strict=True)), rng.choice(ORDERS), rng.random() < 0.5
    )


class CommandLine(Environment):
    """Type commands into an undocumented terminal, token by token, to have jobs done."""

    name = "interfaces/command_line"
    version = "1"
    turns = 24
    laws = True
    base_rate = 0.001
    statement = (
        "You sit at the terminal of a canal. Its command line is undocumented: a command has a "
        "verb, a device and, where a job says how it is to be done, flags, in an order that you "
        "have to know. Type one token a turn; `<enter>` sends the line and `<clear>` empties it. A "
        "line that is refused does nothing. A line that is accepted is carried out at once and "
        "cannot be taken back, so it has to do exactly the job. After three mistakes, refused "
        "lines or unknown tokens, the terminal locks itself."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the jobs; the split owns each combination of a verb with a flag."""
        rng, self.grammar = task.rng("instance"), grammar(task.rng("world"))
        owned = {
            verb: [flag for flag in FLAGS if task.owns(f"pair {verb} {flag}")] for verb in VERBS
        }
        while True:
            jobs = _jobs(rng, owned, _SHAPE[task.level])
            if task.owns(" ".join(f"{job.asked} {job.devices}" for job in jobs)):
                break
        self.jobs, self.line = jobs, list[str]()
        self.done, self.mistakes, self.failed = 0, 0, ""
        tokens = [*self.grammar.words.values(), *self.grammar.letters.values()]
        self.tokens = rng.sample(tokens, len(tokens))
        return Observation(self._asked())

    def _asked(self) -> str:
        job = self.jobs[self.done]
        many = f" {self.done + 1} of {len(self.jobs)}" if len(self.jobs) > 1 else ""
        return f"Job{many}: {job.asked}. Devices in reach: {', '.join(job.devices)}."

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the words, the letters and the order."""
        laws = grammar(task.rng("world"))
        return [
            *((f"the job is to {verb}", f"the verb is {laws.words[verb]}") for verb in VERBS),
            *((f"it is done {flag}", f"the flag is {laws.letters[flag]}") for flag in FLAGS),
            ("a command is typed", f"its order is {laws.usage()}"),
            ("a command has two flags", laws.sorting()),
        ]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The words and letters of the jobs, and the orders."""
        laws, used = self.grammar, dict[str, tuple[str, int]]()
        for job in self.jobs:
            used[f"verb for {job.verb}"] = (laws.words[job.verb], len(WORDS))
            for flag in job.flags:
                used[f"flag for {flag}"] = (laws.letters[flag], len(LETTERS))
            if len(job.flags) > 1:
                used["sorting of flags"] = (laws.sorting(), 2)
        return used | {"order of a command": (laws.usage(), len(ORDERS))}

    def choices(self) -> Sequence[str]:
        """The tokens that the terminal knows."""
        return [*self.tokens, *self.jobs[min(self.done, len(self.jobs) - 1)].devices, ENTER, CLEAR]

    def act(self, action: Action) -> Observation:
        """Type one token, or send or empty the line."""
        if self.finished:
            return Observation("The terminal is off.", done=True)
        token = action.text.strip().lower()
        if token == ENTER:
            return self._sent()
        if token == CLEAR:
            self.line = []
            return Observation("> ")
        if token not in self.choices():
            return self._mistake(f"unknown token {token[:20]!r}; type one known token a turn")
        self.line.append(token)
        return Observation(f"> {' '.join(self.line)}")

    def _mistake(self, why: str) -> Observation:
        self.mistakes += 1
        left = MISTAKES - self.mistakes
        if not left:
            self.finish()
            return Observation(f"error: {why}. The terminal locks itself.", done=True)
        more = f"{left} more mistake{'s lock' if left > 1 else ' locks'} the terminal"
        return Observation(f"error: {why}. {more}.")

    def _sent(self) -> Observation:
        """Parse the line; carry out what it says."""
        line, self.line, job = self.line, [], self.jobs[self.done]
        if why := self._refused(line):
            return self._mistake(f"{why}; the line is empty again")
        read = self._read(line)
        told = f"Carried out: {', '.join((f'{read[0]} {read[1]}', *read[2]))}."
        if read != (job.verb, job.device, tuple(sorted(job.flags))):
            self.failed = told
            self.finish()
            return Observation(f"{told} That was not the job.", done=True)
        self.done += 1
        if self.done == len(self.jobs):
            self.finish()
            return Observation(f"{told} The job is done.", done=True)
        return Observation(f"{told} The job is done. {self._asked()}")

    def _part(self, token: str) -> str:
        if token in self.grammar.words.values():
            return "verb"
        return "flags" if token in self.grammar.letters.values() else "device"

    def _read(self, line: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
        """Return what an accepted line does: verb, device, flags."""
        verb_of = {word: verb for verb, word in self.grammar.words.items()}
        flag_of = {letter: flag for flag, letter in self.grammar.letters.items()}
        (verb,) = (verb_of[token] for token in line if token in verb_of)
        (device,) = (token for token in line if self._part(token) == "device")
        return verb, device, tuple(sorted(flag_of[token] for token in line if token in flag_of))

    def _refused(self, line: Sequence[str]) -> str:
        """Say why the parser refuses a line; empty: it does not."""
        place = 0
        for number, token in enumerate(line, 1):
            part = self._part(token)
            if part not in self.grammar.order[place:]:
                return f"{part} {token!r} cannot stand at position {number}"
            following = self.grammar.order.index(part)
            if "device" in self.grammar.order[place:following] or (
                "verb" in self.grammar.order[place:following]
            ):
                return f"{part} {token!r} came too early, at position {number}"
            place = following if part == "flags" else following + 1
        parts = [self._part(token) for token in line]
        if missing := [part for part in ("verb", "device") if part not in parts]:
            return f"the line has no {missing[0]}"
        flags = [token for token in line if self._part(token) == "flags"]
        if len(set(flags)) < len(flags):
            return "a flag came twice"
        if flags != sorted(flags, reverse=not self.grammar.rising):
            return "flags are not sorted"
        return ""

    def score(self) -> Score:
        """Pay when all jobs are done and nothing else."""
        return Score(jobs_done=self.done == len(self.jobs), nothing_else=not self.failed)

    def aftermath(self) -> str:
        """Tell the commands of the jobs and what their tokens mean."""
        laws, told = self.grammar, list[str]()
        for job in self.jobs:
            meant = [f"{laws.letters[flag]} means {flag}" for flag in job.flags]
            words = "; ".join([f"{laws.words[job.verb]} means {job.verb}", *meant])
            told.append(f"`{' '.join(laws.line(job))}` does it: {words}.")
        told.append(f"A command reads {laws.usage()}.")
        if any(len(job.flags) > 1 for job in self.jobs):
            told.append(f"{laws.sorting().capitalize()}.")
        return " ".join(told)

    def picture(self) -> str:
        """Draw the terminal."""
        return f"+{'-' * 40}+\n| {'> ' + ' '.join(self.line) + '_':<38} |\n+{'-' * 40}+"

    def expert(self) -> Iterator[Action]:
        """Type the command of each job, after emptying a line that does not begin like it."""
        while True:
            wanted = self.grammar.line(self.jobs[self.done])
            typed = len(self.line)
            if self.line != wanted[:typed]:
                yield Action(CLEAR)
            else:
                yield Action(wanted[typed] if typed < len(wanted) else ENTER)


def _jobs(
    rng: random.Random, owned: Mapping[str, Sequence[str]], numbers: Sequence[int]
) -> list[Job]:
    """Draw jobs with different verbs, and with as many flags as the split owns for a verb."""
    jobs, left = list[Job](), rng.sample(sorted(VERBS), len(VERBS))
    for number in numbers:
        able = [verb for verb in left if len(owned[verb]) >= number]
        verb = (able or left)[0]
        left.remove(verb)
        flags = rng.sample(owned[verb], min(number, len(owned[verb])))
        jobs.append(_job(rng, verb, tuple(flags)))
    return jobs


def _job(rng: random.Random, verb: str, flags: tuple[str, ...]) -> Job:
    """Draw the devices and the words of a job."""
    devices = rng.sample([f"{place}-{kind}" for place in PLACES for kind in KINDS], _DEVICES)
    device = rng.choice(devices)
    asked = rng.choice(VERBS[verb]).format(device.replace("-", " "))
    how = " and ".join(rng.choice(FLAGS[flag]) for flag in flags)
    return Job(verb, flags, device, tuple(devices), f"{asked}, {how}" if how else asked)
