"""A stream of updates, each shown once, with questions in between and at the end.

Things are moved between boxes, boxes between rooms, and stocks change; a question asks for what
follows from all that was told so far, or from what was true before the last change. Every answer is
judged, and none is commented on before the end. Left out: updates that contradict each other.
"""

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ROOMS = _words("cellar attic office studio garage library workshop kitchen pantry hall")
BOXES = _words("red blue green white black yellow grey brown")
THINGS = _words("lantern compass rope map whistle kettle tripod ledger trowel mirror stamp bell")
STOCKS = _words("nails screws hooks corks candles fuses labels")


class Shape(NamedTuple):
    """How many updates come one after another, how many a turn tells, how many questions are asked,
    and how many rooms, boxes, things and stocks there are.
    """

    steps: int
    told: int
    questions: int
    rooms: int
    boxes: int
    things: int
    stocks: int


LEVELS = {
    1: Shape(8, 1, 3, 5, 3, 4, 1),
    2: Shape(10, 2, 4, 6, 4, 5, 1),
    3: Shape(12, 2, 5, 6, 5, 6, 2),
    4: Shape(14, 3, 6, 8, 6, 8, 3),
    5: Shape(18, 3, 8, 10, 8, 10, 4),
}
HISTORY_FROM = 3
"""Level from which questions are also about what was true before."""


class Question(NamedTuple):
    """What is asked after a step, the right answer, and what it follows from."""

    after: int
    text: str
    answer: str
    why: str


class House:
    """Who is where, and what was there before; it tells each change in words."""

    def __init__(self, rng: random.Random, shape: Shape) -> None:
        self.rng = rng
        self.rooms = rng.sample(ROOMS, shape.rooms)
        self.room = {box: rng.choice(self.rooms) for box in rng.sample(BOXES, shape.boxes)}
        boxes = list(self.room)
        self.box = {thing: rng.choice(boxes) for thing in rng.sample(THINGS, shape.things)}
        self.stock = {name: rng.randint(20, 60) for name in rng.sample(STOCKS, shape.stocks)}
        self.before: dict[str, str] = {}

    def beginning(self) -> str:
        """Tell where everything is."""
        rooms = [f"the {box} box in the {room}" for box, room in self.room.items()]
        boxes = [f"the {thing} in the {box} box" for thing, box in self.box.items()]
        stock = [f"{count} {name}" for name, count in self.stock.items()]
        return (
            f"Boxes: {', '.join(rooms)}. Things: {', '.join(boxes)}. In stock: {', '.join(stock)}."
        )

    def change(self) -> str:
        """Change something and tell it."""
        way = self.rng.choice((self._move, self._move, self._carry, self._count, self._swap))
        return way()

    def _move(self) -> str:
        thing = self.rng.choice(list(self.box))
        box = self.rng.choice([box for box in self.room if box != self.box[thing]])
        self.before[thing], self.box[thing] = self.box[thing], box
        return self.rng.choice(
            (
                f"The {thing} goes into the {box} box.",
                f"Somebody puts the {thing} into the {box} box.",
                f"Into the {box} box with the {thing}!",
            )
        )

    def _carry(self) -> str:
        box = self.rng.choice(list(self.room))
        room = self.rng.choice([room for room in self.rooms if room != self.room[box]])
        self.room[box] = room
        return self.rng.choice(
            (
                f"The {box} box is carried to the {room}.",
                f"The {room} gets the {box} box.",
                f"The {box} box, with all that is in it, now stands in the {room}.",
            )
        )

    def _count(self) -> str:
        name = self.rng.choice(list(self.stock))
        much = self.rng.randint(2, 15)
        if self.rng.random() < 0.5 and self.stock[name] > much:
            self.stock[name] -= much
            return self.rng.choice((f"{much} {name} are used up.", f"{much} {name} are sold."))
        self.stock[name] += much
        return self.rng.choice((f"{much} {name} are delivered.", f"{much} more {name} turn up."))

    def _swap(self) -> str:
        one, two = self.rng.sample(list(self.box), 2)
        first, second = self.box[one], self.box[two]
        if first == second:
            return self._move()
        self.before[one], self.before[two] = first, second
        self.box[one], self.box[two] = second, first
        return f"The {one} and the {two} change places."

    def question(self, after: int, *, history: bool) -> Question:
        """Ask for something that is true now or, of a thing that was moved, was true before."""
        kinds = (self._where, self._where, self._stock, self._held, *[self._earlier] * 2 * history)
        text, answer, why = self.rng.choice(kinds)()
        return Question(after, text, answer, why)

    def _where(self) -> tuple[str, str, str]:
        thing = self.rng.choice(sorted(self.before) or sorted(self.box))
        box = self.box[thing]
        asked = (f"In which room is the {thing}?", f"To find the {thing}: which room?")
        why = f"the {thing} was in the {box} box, and that in the {self.room[box]}"
        return self.rng.choice(asked), self.room[box], why

    def _stock(self) -> tuple[str, str, str]:
        name = self.rng.choice(sorted(self.stock))
        asked = (f"How many {name} are in stock?", f"What is the stock of {name}?")
        return self.rng.choice(asked), str(self.stock[name]), f"the {name} add up to that"

    def _held(self) -> tuple[str, str, str]:
        thing = self.rng.choice(sorted(self.box))
        asked = (f"Which box holds the {thing}?", f"The {thing} is in a box: which?")
        return self.rng.choice(asked), f"{self.box[thing]} box", "it was put there last"

    def _earlier(self) -> tuple[str, str, str]:
        if not self.before:
            return self._held()
        thing = self.rng.choice(sorted(self.before))
        text = f"In which box was the {thing} before it was last moved to another?"
        return text, f"{self.before[thing]} box", f"from there it went to the {self.box[thing]} box"


def plain(answer: str) -> str:
    """Bring an answer to the form in which it is compared: `The red box` is `red`."""
    return re.sub(r"^the | box$", "", " ".join(answer.casefold().split()))


class Stream(Environment):
    """Follow updates that are shown once, and answer questions about them along the way."""

    name = "memory/stream"
    version = "1"
    turns = 56
    statement = (
        "You are told, bit by bit, what happens in a house: things move between boxes, boxes "
        "between rooms, and stocks change. Everything is told once. Answer `next` to hear more. "
        "When a question is asked, answer it with one line and nothing else, `answer: ` followed "
        "by a room, a box or a number, such as `answer: cellar`, `answer: red box` or "
        "`answer: 12`; give one answer only, for the first counts. A box that is carried takes "
        "along what is in it. Every question has to be answered right; whether it was is not said "
        "before the end."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the house, all that happens in it, and the questions."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            house = House(rng, shape)
            beginning = house.beginning()
            asked = rng.sample(range(2, shape.steps), shape.questions - 2)
            self.steps, self.questions = list[str](), list[Question]()
            for step in range(1, shape.steps + 1):
                self.steps.append(" ".join(house.change() for _ in range(shape.told)))
                for _ in range(2 if step == shape.steps else asked.count(step)):
                    self._ask(house, step, task.level)
            if task.owns(f"{beginning} {self.steps} {self.questions}"):
                break
        self.heard, self.answers = 0, list[str]()
        return Observation(f"This is how things are. {beginning}\nAnswer `next` to hear more.")

    def _ask(self, house: House, step: int, level: int) -> None:
        """Ask something that was not asked in the same words before."""
        known = [question.text for question in self.questions]
        while True:
            question = house.question(step, history=level >= HISTORY_FROM)
            if question.text not in known[-2:]:
                self.questions.append(question)
                return

    @property
    def pending(self) -> Question | None:
        """The question that is open."""
        if len(self.answers) == len(self.questions):
            return None
        question = self.questions[len(self.answers)]
        return question if question.after == self.heard else None

    def act(self, action: Action) -> Observation:
        """Hear more, or answer the question that is open."""
        if self.finished:
            return Observation("That was all.", done=True)
        if problem := self.form_error(action.text):
            return Observation(problem)
        if self.pending is None:
            self.heard += 1
            return Observation(self._told(self.steps[self.heard - 1]))
        self.answers.append(plain(action.text.strip().removeprefix("answer:")))
        if len(self.answers) == len(self.questions):
            self.finish()
            return Observation("Noted. That was all.", done=True)
        return Observation(self._told("Noted."))

    def _told(self, text: str) -> str:
        return f"{text}\nQuestion: {self.pending.text}" if self.pending else text

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of an answer."""
        text = text.strip()
        if self.pending is None:
            return None if text == "next" else "No question is open: answer `next` to hear more."
        if re.fullmatch(r"answer: ?[A-Za-z0-9 ]{1,40}", text):
            return None
        return (
            f"A question is open: {self.pending.text} Answer with one line, `answer: ` and a room, "
            "a box or a number."
        )

    def score(self) -> Score:
        """Pay when every question was answered right."""
        right = [plain(question.answer) for question in self.questions]
        return Score(all_answered=len(self.answers) == len(right), all_right=self.answers == right)

    def aftermath(self) -> str:
        """Tell what each answer should have been, and why."""
        told = list[str]()
        for place, question in enumerate(self.questions):
            said = self.answers[place] if place < len(self.answers) else "nothing"
            right = said == plain(question.answer)
            mine = "" if right else f" (you said {said})"
            told.append(f"{question.text} {question.answer}{mine}: {question.why}.")
        return " ".join(told)

    def expert(self) -> Iterator[Action]:
        """Listen, and answer what is asked."""
        while not self.finished:
            yield Action(f"answer: {self.pending.answer}" if self.pending else "next")
