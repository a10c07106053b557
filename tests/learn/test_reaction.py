"""Before money is spent: does the player react to lessons at all?"""

import itertools
import json
import random
import re

import msgspec
import pytest

import firsthand as fh
from firsthand.environment import Environment
from firsthand.errors import ModelError, NoReaction
from firsthand.journal.journal import Journal
from firsthand.learn.lessons.conjunctions import Conjunctions
from firsthand.learn.lessons.learner import LearnConfig, learn
from firsthand.learn.lessons.outcome import facts, summary
from firsthand.learn.lessons.reaction import LEAST, lessons, scrambled
from firsthand.learn.lessons.review import Contrast
from firsthand.models.scripted import Expert
from firsthand.prompt import Completion, Sampling, Traits
from firsthand.registry import lookup
from firsthand.retrieval import Retrieval, pattern
from firsthand.task import digest
from firsthand.usage import Budget, Meter, Prices
from firsthand.worlds.interfaces.shop_desk import SERVICES

DESK = "interfaces/shop_desk"
TINY = LearnConfig(rounds=1, tasks=4, plays=1, eval_tasks=4)
EXAMPLE = re.compile(r"When shown <data>(.*?)</data> this worked: <data>(.*?)</data>")


class Reader:
    """Does as the nearest worked example in its system message; else takes the first option."""

    name = "test:reader"
    traits = Traits()

    def __init__(self):
        self.prompts = []

    async def sample(self, prompt, sampling):
        self.prompts.append(prompt)
        system = "".join(m.content for m in prompt.messages if m.role == "system")
        asked, _, listed = prompt.messages[-1].content.partition("\n\nAnswer with exactly one")
        options = listed.split("\n")[1:]
        return Completion(self.answer(system, asked, options))

    def answer(self, system, asked, options):
        examples = [tuple(map(json.loads, found)) for found in EXAMPLE.findall(system)]
        nearest = Retrieval(examples).nearest(asked) if examples else []
        way = pattern(*examples[nearest[0]]) if nearest else ""
        return next((one for one in options if pattern(asked, one) == way), options[0])

    async def close(self):
        """Nothing is held."""


class Lawyer(Reader):
    """Understands customers, and obeys the rules of the desk; examples mean nothing to it."""

    def answer(self, system, asked, options):
        for service, option in itertools.product(SERVICES, options):
            for item in re.findall(r"\w+", option):
                if any(template.format(item) in asked for template in service.asked):
                    rule = f"When the customer wants {service.wanted.format('ITEM')}, the line is "
                    found = re.search(
                        re.escape(json.dumps(rule)[:-1]) + r'(.*?)\."', unfenced(system)
                    )
                    line = json.loads(f'"{found[1]}"').replace("ITEM", item) if found else ""
                    return line if line in options else options[0]
        return options[0]


def unfenced(system):
    """Undo what a fence escapes."""
    return system.replace(r"\u003c", "<").replace(r"\u003e", ">")


class Deaf(Reader):
    """Takes the same option whatever it is told."""

    def answer(self, system, asked, options):
        return options[digest(asked) % len(options)]


class Fickle(Reader):
    """Guesses anew for each prompt."""

    def answer(self, system, asked, options):
        return random.Random(digest(f"{system}/{asked}")).choice(options)


def agent(model):
    return fh.Agent(model=model, sampling=Sampling(temperature=0.0))


async def run(model, folder, names=DESK, config=TINY, **options):
    told = []
    learned = await learn(
        agent(model), names, folder=folder, config=config, tell=told.append, **options
    )
    return learned, told


async def test_a_player_that_obeys_is_seen_to_react_and_learns(tmp_path):
    learned, told = await run(Reader(), tmp_path)
    (found,) = learned.reactions
    assert found.shown and not found.excluded
    assert found.right > 0.5 > found.scrambled and found.difference.n == 20
    assert told == [found.told()]
    assert told[0].startswith(f"{DESK}: the player reacts to lessons: it scores ")
    assert "(95% interval, 20 pairs)." in told[0]
    assert facts(learned, TINY)["reaction to lessons"] == told[0]
    assert summary(learned, TINY)["reactions"][0]["difference"]["n"] == 20


async def test_it_is_played_on_train_tasks_of_its_own_and_kept_in_the_journal(tmp_path):
    reader = Reader()
    meter = Meter()
    await run(reader, tmp_path, meter=meter)
    episodes = list(Journal(tmp_path / "journal").episodes())
    check = [episode for episode in episodes if episode.tags["phase"] == "check"]
    assert len(check) == 40 and {episode.task.split for episode in check} == {"train"}
    assert not {e.task.id for e in check} & {e.task.id for e in episodes if e not in check}
    assert "check" in {phase.phase for phase in meter.spent()}
    told, later = reader.prompts[0], reader.prompts[-1]
    assert "the line is" in told.messages[0].content, "the rules of the world"
    assert "the line is" not in later.messages[0].content, "and never again"


async def test_a_player_that_ignores_prose_is_stopped_before_anything_is_spent(tmp_path):
    deaf = Deaf()
    deaf.traits = Traits(paid=True)
    with pytest.raises(NoReaction) as stopped:
        await run(deaf, tmp_path)
    said = str(stopped.value)
    assert said.startswith(f"{DESK}: the player does not react to lessons: it scores ")
    assert said.endswith("learn all the same: --force, or LearnConfig(force=True).")
    assert len(deaf.prompts) == 40
    forced = msgspec.structs.replace(TINY, force=True)
    learned, told = await run(deaf, tmp_path, config=forced, resume=True)
    assert learned.reactions[0].excluded and told == [learned.reactions[0].told()]
    assert len(deaf.prompts) == 40 + 4 + 4, "the check was not played again"


async def test_a_player_that_costs_nothing_is_warned_of_and_goes_on(tmp_path):
    learned, told = await run(Deaf(), tmp_path / "free")
    assert learned.reactions[0].excluded and learned.gain == 0.0
    assert told[1:] == ["Learning goes on all the same, because nobody pays for this player."]
    with pytest.raises(NoReaction):
        await run(Deaf(), tmp_path / "priced", meter=Meter(prices=Prices(1.0, 2.0)))


@pytest.mark.parametrize(
    ("url", "paid"),
    [
        ("http://127.0.0.1:8000/v1", False),
        ("http://localhost/v1", False),
        ("http://[::1]:8000/v1", False),
        ("https://api.example.com/v1", True),
        ("http://127.0.0.1.example.com/v1", True),
        ("http://localhost.example.com:80/v1", True),
    ],
)
def test_an_endpoint_of_another_machine_is_paid(url, paid):
    assert fh.model(f"openai:m@{url}").traits.paid is paid


async def test_where_nothing_can_be_told_apart_it_warns_and_goes_on(tmp_path):
    learned, told = await run(Fickle(), tmp_path)
    found = learned.reactions[0]
    assert not found.shown and found.difference.interval.high >= LEAST
    assert "no reaction to lessons was shown; learning may be of no use: it scores" in told[0]


async def test_rules_alone_are_enough_to_react_to(tmp_path):
    learned, _ = await run(Lawyer(), tmp_path)
    assert learned.reactions[0].right > 0.8 > 0.4 > learned.reactions[0].scrambled


class Distracted(Lawyer):
    """Obeys rules, unless worked examples stand beside them."""

    def answer(self, system, asked, options):
        return options[0] if "this worked" in system else super().answer(system, asked, options)


async def test_what_is_shown_is_what_may_be_learned(tmp_path):
    rules = Conjunctions()
    learned, told = await run(Distracted(), tmp_path / "rules", reviewer=rules)
    assert learned.reactions[0].right > 0.8 > 0.4 > learned.reactions[0].scrambled, told
    learned, _ = await run(Distracted(), tmp_path / "both")
    assert not learned.reactions[0].shown
    examples = Contrast(kinds=("example",))
    learned, told = await run(Lawyer(), tmp_path / "examples", reviewer=examples)
    assert not learned.reactions[0].shown, "a reader of rules was shown rules"


async def test_a_world_that_tells_no_rules_is_not_checked_for_them(tmp_path, monkeypatch):
    monkeypatch.setattr(lookup(DESK), "rules", lambda _task: [])
    _, told = await run(Deaf(), tmp_path, reviewer=Conjunctions())
    reason = "it tells no rules, and examples are not learned here."
    assert told == [f"{DESK}: no check whether the player reacts: {reason}"]


async def test_without_laws_the_check_cannot_be_made_and_that_is_said(tmp_path):
    learned, told = await run(Deaf(), tmp_path, "control/null")
    assert learned.reactions[0].difference is None
    assert told == [
        "control/null: no check whether the player reacts: it declares no laws of the world that "
        "could be told."
    ]


async def test_rules_that_cannot_be_told_are_no_crash(tmp_path, monkeypatch):
    def broken(_task):
        raise ValueError("no world")

    monkeypatch.setattr(lookup(DESK), "rules", broken)
    _, told = await run(Deaf(), tmp_path / "raises")
    reason = "calling rules failed: ValueError: no world."
    assert told == [f"{DESK}: no check whether the player reacts: {reason}"]
    monkeypatch.setattr(lookup(DESK), "rules", lambda _task: ["not a pair"])
    _, told = await run(Deaf(), tmp_path / "no-pairs")
    assert "calling rules failed: ValueError: too many values to unpack" in told[0]


async def test_one_environment_that_may_be_learned_is_enough(tmp_path):
    learned, told = await run(Deaf(), tmp_path, [DESK, "control/null"])
    assert learned.reactions[0].excluded and len(told) == 2


async def test_models_that_do_not_read_prose_and_a_check_of_0_pairs_are_not_checked(tmp_path):
    none = msgspec.structs.replace(TINY, reaction_pairs=0)
    assert (await run(Deaf(), tmp_path / "none", config=none))[0].reactions == ()
    deaf = Deaf()
    deaf.traits = Traits(few_shot=True)
    assert (await run(deaf, tmp_path / "few"))[0].reactions == ()


class Dead(Reader):
    """Fails half of the time."""

    async def sample(self, prompt, sampling):
        if len(self.prompts) % 2:
            self.prompts.append(prompt)
            raise ModelError("the line is dead")
        return await super().sample(prompt, sampling)


async def test_pairs_that_an_endpoint_failed_are_left_out_and_counted(tmp_path):
    config = msgspec.structs.replace(TINY, concurrency=1)
    learned, told = await run(Dead(), tmp_path, config=config)
    assert learned.reactions[0].difference is None
    assert "one side or both failed in every pair" in told[0]


async def test_the_check_counts_into_the_budget(tmp_path):
    with pytest.raises(fh.BudgetSpent):
        await run(Reader(), tmp_path, meter=Meter(Budget(tokens=5000)))


@pytest.mark.parametrize("name", [DESK, "rules/triage"])
@pytest.mark.parametrize("level", [1, 3, 5])
async def test_scrambled_lessons_are_the_same_ones_wrongly_paired(name, level):
    shown = fh.tasks(name, 40, level=level)
    right = await lessons(lookup(name), shown, TINY)
    wrong = scrambled(right)
    assert [one[0] for one in wrong] == [one[0] for one in right]
    assert sorted(one[1] for one in wrong) == sorted(one[1] for one in right)
    assert {one[2] for one in right} == {True, False}
    kept = [a for a, b in zip(right, wrong, strict=True) if pattern(*a[:2]) == pattern(*b[:2])]
    assert len(kept) <= 0.1 * len(right)


@pytest.mark.parametrize("name", [DESK, "rules/triage"])
def test_rules_belong_to_a_world(name):
    rules = [lookup(name).rules(fh.Task(name, 0, world)) for world in (0, 0, 1)]
    assert rules[0] == rules[1] != rules[2]
    assert Environment.rules(fh.Task(name, 0)) == ()


async def test_rules_are_true():
    """What the expert does is what a rule says."""
    for seed in range(20):
        task = fh.Task("rules/triage", seed)
        episode = await fh.play(fh.make(task.environment), fh.Agent(model=Expert()), task)
        reason = episode.aftermath.partition(": ")[2].rstrip(".")
        told = dict(lookup(task.environment).rules(task))
        found = {key.removesuffix(" and no rule above applies"): desk for key, desk in told.items()}
        assert found[reason] == f"the desk is {episode.actions[0].text}"
