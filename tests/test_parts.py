"""Choices that are combinations: what their parts are, and lessons for each of them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firsthand as fh
from firsthand.models.llama import Llama
from firsthand.parts import PartLessons, parts_of
from firsthand.playbook import Lesson, Mask, Playbook
from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.registry import register
from firsthand.worlds.interfaces.shop_desk import SHELF_OF, SHELVES, ShopDesk

SAID = "how much is the lamp?"
CODES, MARKS = ("PRC", "STK", "HLD"), ("+", "$")
LINES = [f"<{code}=lamp{mark}>" for code in CODES for mark in MARKS]


def test_parts_are_where_options_differ():
    parts = parts_of(SAID, LINES)
    assert parts is not None
    assert parts.read(SAID, "<STK=lamp$>") == ("STK", "$")
    assert parts.read("keep the kite for me", "<HLD=kite+>") == ("HLD", "+")
    assert parts.read(SAID, "STK=lamp$") is None, "built in another way"
    assert parts.read(SAID, "<STK=kite$>") is None, "an item that the customer did not name"


def test_words_that_come_together_are_one_part():
    options = [f"{who} {what}" for who in ("send Ann", "tell Bob") for what in ("now", "never")]
    parts = parts_of("hello", options)
    assert parts is not None
    assert parts.read("hello", "tell Bob now") == ("tell Bob", "now")


def test_an_item_of_several_words_is_one_piece():
    parts = parts_of("the tea pot broke", [line.replace("lamp", "tea pot") for line in LINES])
    assert parts is not None
    assert parts.read(SAID, "<PRC=lamp+>") == ("PRC", "+")


@pytest.mark.parametrize(
    "options",
    [
        LINES[:-1],
        [*LINES, LINES[0]],
        [*LINES, "nothing"],
        ["yes", "no"],
        ["PRC::lamp!", "STK::lamp!", "HLD::lamp!", "RET::lamp!"],
        ["go north", "go south", "take key", "open door"],
        [],
    ],
)
def test_what_is_no_full_product_is_left_alone(options):
    assert parts_of(SAID, options) is None


@given(st.lists(st.text(alphabet="ab +", max_size=5), max_size=9))
def test_every_option_is_read_back_apart(options):
    parts = parts_of("a", options)
    if parts is not None:
        read = [parts.read("a", option) for option in options]
        assert None not in read
        assert len(set(read)) == len(options)


def examples(n, *, right):
    """Observations that name one of four wishes and one of four items, with what was right."""
    rng, found = random.Random(0), []
    for _ in range(n):
        wish, item = rng.choice(WISHES), rng.choice(ITEMS)
        said = f"{rng.choice(('hello', 'hi', 'so'))}, {wish} the {item} {rng.choice('abcdef')}"
        found.append((said, right(wish, item)))
    return found


WISHES, ITEMS = ("price", "stock", "hold", "return"), ("lamp", "kite", "drum", "wok")


def apart(wish, item):
    return f"X{WISHES.index(wish)} Y{ITEMS.index(item)}"


def together(wish, item):
    """What is right in one part depends on the other: no part can be told from a word alone."""
    a, b = WISHES.index(wish), ITEMS.index(item)
    return f"X{(a * 5 + b * 7 + a * b) % 4} Y{(a * 3 + b + a * b * b) % 4}"


OPTIONS = [f"X{a} Y{b}" for a in range(4) for b in range(4)]


def test_each_part_has_neighbours_of_its_own():
    parts = parts_of("so, price the lamp", OPTIONS)
    assert parts is not None
    shown = examples(60, right=apart)
    seen = [(said, line) for said, line in shown if not ("price" in said and "wok" in said)]
    lessons = PartLessons(parts, seen)
    assert lessons.useful
    for part, wanted in enumerate(("X0", "Y3")):
        nearest = lessons.nearest(part, "hello, price the wok e")[0]
        assert (parts.read(*seen[nearest]) or ())[part] == wanted


def test_what_cannot_be_told_apart_is_shown_whole():
    parts = parts_of("so, price the lamp", OPTIONS)
    assert parts is not None
    assert not PartLessons(parts, examples(120, right=together)).useful
    assert not PartLessons(parts, [("so, price the lamp", "no such line")]).useful


class Echo:
    """Choose the option that looks most like what the nearest example did; notes its prompts."""

    name = "echo"
    traits = Traits(chooses=True, few_shot=True)

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        self.prompts.append(prompt)
        shown = [m.content for m in prompt.messages if m.role == "assistant"]
        like = shown[-1].split() if shown else []

        def alike(option: str) -> int:
            return sum(a == b for a, b in zip(option.split(), like, strict=False))

        best = max(prompt.choices, key=alike)
        return Completion(best, ids=[1], logprobs=[0.0], choices=dict.fromkeys(prompt.choices, 0.0))

    async def close(self) -> None:
        """Nothing is held."""


@register
class Combined(fh.Environment):
    """Answer with a wish's word and an item's word; some pairs come only when it counts."""

    name = "tests/combined"
    turns = 1

    def reset(self, task: fh.Task) -> fh.Observation:
        rng = task.rng("instance")
        while True:
            wish, item = rng.choice(WISHES), rng.choice(ITEMS)
            held = WISHES.index(wish) == ITEMS.index(item)
            if held is (task.split == "eval"):
                break
        self.right, self.done = apart(wish, item), ""
        self.lines = rng.sample(OPTIONS, len(OPTIONS))
        return fh.Observation(f"{rng.choice(('hello', 'so'))}, {wish} the {item}")

    def choices(self) -> list[str]:
        return self.lines

    def act(self, action: fh.Action) -> fh.Observation:
        self.done = action.text
        return fh.Observation("thanks", done=True)

    def score(self) -> fh.Score:
        return fh.Score(right=self.done == self.right)

    def expert(self):
        yield fh.Action(self.right)


def playbook(n=60):
    found = []
    for task in fh.tasks(Combined.name, n):
        world = Combined()
        said = world.reset(task).full
        found.append(Lesson("example", observation=said, action=world.right, scope=Combined.name))
    return Playbook(1, tuple({lesson.id: lesson for lesson in found}.values()))


async def test_pairs_that_no_lesson_shows_are_solved_part_by_part():
    held_out = fh.tasks(Combined.name, 30, split="eval")

    async def score(**options):
        agent = fh.Agent(model=Echo(), playbook=playbook(), **options)
        episodes = await fh.rollout(agent, held_out)
        return sum(episode.reward or 0.0 for episode in episodes) / len(episodes)

    assert await score() == 1.0
    assert await score(by_parts=False) == 0.0


async def test_every_lesson_shown_or_on_offer_is_recorded_for_its_part():
    model, task = Echo(), fh.tasks(Combined.name, 1, split="eval")[0]
    agent = fh.Agent(model=model, playbook=playbook(), mask=Mask("s", probation=0.5))
    turn = (await fh.play(Combined(), agent, task)).turns[0]
    assert len(model.prompts) == len(turn.near) == 2
    assert [len(prompt.choices) for prompt in model.prompts] == [4, 4]
    assert [len(near) for near in turn.near] == [4, 4], "twice as many on offer under a mask"
    assert set(turn.offered) == {lesson for near in turn.near for lesson in near}
    told = {m.content for prompt in model.prompts for m in prompt.messages if m.role == "user"}
    shown = {one.id for one in agent.playbook.lessons if one.observation in told}
    assert set(turn.shown) == shown & set(turn.offered)
    assert 0 < len(turn.shown) < len(turn.offered)
    assert set(turn.choices) == set(model.prompts[-1].choices), "tokens are those of the last part"


def test_the_id_of_an_agent_tells_how_it_chooses():
    agent = fh.Agent(model=Echo())
    assert fh.Agent(model=Echo(), by_parts=False).id != agent.id


@pytest.mark.model
async def test_the_embedded_model_puts_two_lessons_together():
    """Level 4 of the shop desk, pairs of service and shelf that no lesson shows."""
    shelves, name = list(SHELVES), ShopDesk.name

    def drawn(split, n, *, held):
        found = []
        for task in fh.tasks(name, 20 * n, split=split, level=4):
            world = ShopDesk()
            said = world.reset(task).full
            if (shelves[world.service % 4] == SHELF_OF[world.item]) is held:
                found.append((task, said, world.right))
        return found[:n]

    lessons = [
        Lesson("example", observation=said, action=right, scope=name)
        for _, said, right in drawn("train", 200, held=False)
    ]
    agent = fh.Agent(
        model=Llama(), playbook=Playbook(1, tuple(lessons)), sampling=Sampling(temperature=0.0)
    )
    played = await fh.rollout(agent, [task for task, *_ in drawn("eval", 12, held=True)])
    await agent.model.close()
    assert sum(episode.reward or 0.0 for episode in played) >= 8


@pytest.mark.parametrize(
    ("environment", "level", "composed"),
    [
        ("interfaces/shop_desk", 1, False),
        ("interfaces/shop_desk", 4, True),
        ("rules/triage", 1, False),
        ("embodied/keys_and_rooms", 3, False),
        ("control/null", 2, False),
    ],
)
def test_only_choices_that_are_combinations_are_taken_apart(environment, level, composed):
    for task in fh.tasks(environment, 10, level=level):
        world = fh.make(environment)
        said = world.reset(task).full
        assert (parts_of(said, list(world.choices())) is not None) is composed
