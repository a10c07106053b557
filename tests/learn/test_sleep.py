"""Sleep: confirm, compress, distil, measure again, revoke, roll back.

The apprentice (`apprentice.py`) is a trainable model: it copies the examples in its prompt, and its
weights can learn to do without. What is asserted of it holds for any that does both.
"""

import asyncio
import random
import shutil
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

import firsthand as fh
from firsthand.errors import UserError
from firsthand.learn.lessons.gate import GateRules
from firsthand.learn.lessons.learner import LearnConfig, learn
from firsthand.learn.life.schedule import Place
from firsthand.learn.sleep import adapters, ledger, slept
from firsthand.learn.sleep.compress import compress
from firsthand.learn.sleep.families import Family, families, merged_rules, representative
from firsthand.learn.sleep.nights import last_ledger
from firsthand.learn.sleep.player import Own, Recalling
from firsthand.learn.sleep.remask import effects, halves, hiding
from firsthand.learn.sleep.settings import SleepConfig
from firsthand.learn.sleep.single import drawn
from firsthand.learn.sleep.sleep import sleep
from firsthand.playbook import Lesson, Playbook, deploy, load, rollback, versions
from firsthand.prompt import Message, Prompt, Sampling
from firsthand.registry import tasks
from firsthand.retrieval import pattern
from firsthand.rollout.pool import rollout
from firsthand.worlds.interfaces.shop_desk import ShopDesk

sys.path.insert(0, str(Path(__file__).parent))

from apprentice import Apprentice

DESK = "interfaces/shop_desk"
HERE = [Place(DESK)]
LEARNED = LearnConfig(rounds=3, tasks=60, eval_tasks=20, gate=GateRules(pairs=40))
NIGHT = SleepConfig(
    gate_tasks=60,
    distil_tasks=120,
    learning_rate=0.1,
    remask_tasks=200,
    eval_tasks=60,
    retain=(Place("rules/triage"),),
    retain_tasks=30,
)


def agent(model):
    return fh.Agent(model=model, sampling=Sampling(temperature=0.0))


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """The folder of a run that learned one world of the shop desk."""
    folder = tmp_path_factory.mktemp("run") / "run"
    found = asyncio.run(learn(agent(Apprentice()), DESK, folder=folder, config=LEARNED))
    assert found.agent.playbook.active
    return folder


@pytest.fixture(scope="module")
def night(learned, tmp_path_factory):
    """The same run after a night, and what the night came to."""
    folder = tmp_path_factory.mktemp("night") / "run"
    shutil.copytree(learned, folder)
    model = Apprentice()
    player = Own(agent(model), model, folder)
    return folder, asyncio.run(sleep(player, HERE, run=folder, config=NIGHT))


def test_the_gain_stays_without_the_playbook(night):
    _, found = night
    assert found.playbook.mean > found.bare.mean + 0.4
    assert found.kept_share is not None and found.kept_share >= 0.9
    assert found.tokens_saved.low > 30
    first, second, third = slept.last_lines(found)
    assert first.startswith("with the playbook: .") and "(n = 60)" in first
    assert second.startswith("after sleep, without it: .") and "of the playbook's gain" in second
    assert third.startswith("tokens saved per episode: ") and "(n = 60)" in third


def test_what_was_known_before_is_retained_and_measured(night):
    _, found = night
    (retained,) = found.retained
    assert retained.place == "rules/triage@0"
    assert abs(retained.difference.mean) <= 0.03
    assert retained.difference.n == 30
    bare, playbook, asleep = found.diversity
    assert bare.entropy > 1.0 > asleep.entropy
    assert asleep.ways == playbook.ways == 5
    assert any(line.startswith("retention in rules/triage@0") for line in slept.lines(found))


def test_the_ledger_tells_effect_and_price_of_every_lesson(night):
    folder, found = night
    told = ledger.load(folder / "sleep" / "0001" / "ledger.json")
    assert told == found.ledger == last_ledger(folder)
    source = load(folder / "history" / f"{told.source:04d}.toml")
    known = {line.id for entry in told.entries for line in entry.lessons}
    small = {lesson.id for lesson in source.active}
    assert known <= small and len(known) == found.lessons[1]
    retired = told.of("retired")
    assert retired, "the weights have taken over nothing"
    for entry in retired:
        assert entry.left.is_at_most(told.margin)
        assert entry.tokens[0] >= 0.0 == entry.tokens[1]
    for entry in told.of("kept"):
        assert not entry.left.is_at_most(told.margin)
        assert entry.tokens[0] == entry.tokens[1]
    assert sum(entry.prompt.mean for entry in told.entries) > 0.4
    assert sum(entry.weights.mean for entry in told.entries) > 0.3
    for entry in told.entries:
        own = [line.own for line in entry.lessons if line.own is not None]
        assert len(own) == len(entry.lessons)
        assert sum(one.left.n for one in own) == entry.own[2].n
        assert sum(one.tokens for one in own) == pytest.approx(max(entry.tokens[0], 0), abs=0.2)
    cells = ledger.rows(told)
    assert len(cells) == len(told.entries) and len(cells[0]) == len(ledger.COLUMNS)


def test_what_is_deployed_does_what_was_measured(night):
    """Retired lessons are found and not shown: else farther ones, wrong here, take their place."""
    folder, found = night
    assert found.ledger.of("retired")
    assert found.deployed.mean >= found.asleep.mean - 0.05
    current = load(folder / "playbook.toml")
    absorbed = {lesson.id for lesson in current.lessons if lesson.state == "absorbed"}
    assert absorbed == {line.id for e in found.ledger.of("retired") for line in e.lessons}


def test_an_absorbed_lesson_keeps_its_place_empty():
    near = example("price of the lamp?", "PRC::lamp!")
    far = example("bring the chair?", "BRG::chair!", state="core")
    asked = "what is the price of the chair?"
    both = Playbook(1, (near, far))
    assert [lesson.id for lesson in both.examples(DESK, asked, 1)] == [near.id]
    asleep = Playbook(1, (msgspec.structs.replace(near, state="absorbed"), far), adapter="a")
    assert asleep.examples(DESK, asked, 1) == []
    assert asleep.active == (far,)
    gone = Playbook(1, (msgspec.structs.replace(near, state="retired"), far), adapter="a")
    assert gone.examples(DESK, asked, 1) == [far]
    assert gone.id != asleep.id


def test_a_family_that_harms_with_the_adapter_leaves_the_prompt():
    rng = np.random.default_rng(2)
    signs, difference, own = simulated(-0.9, n=200, noise=0.0, rng=rng)
    (harmful, useful, *_) = effects(signs, difference, own)
    assert harmful.high < 0 and harmful.is_at_most(0.05)
    assert not useful.is_at_most(0.05)


def test_playbook_and_adapter_are_one_version(night):
    folder, found = night
    current = load(folder / "playbook.toml")
    assert current.adapter == found.ledger.adapter
    assert current.version == found.ledger.version == versions(folder)[-1]
    in_prompt = {lesson.id for lesson in current.active}
    assert in_prompt == {line.id for e in found.ledger.of("kept") for line in e.lessons}
    state = adapters.load(adapters.path_of(folder, current.adapter))
    assert adapters.name_of(state) == current.adapter
    back = rollback(folder, found.ledger.source)
    try:
        assert back.adapter == ""
        assert back.id != current.id
    finally:
        rollback(folder, current.version)


async def test_an_adapter_that_is_gone_is_said_to_be(night, tmp_path):
    folder, found = night
    shutil.copytree(folder, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "adapters")
    with pytest.raises(UserError, match="roll back to a version without one"):
        adapters.path_of(tmp_path / "run", found.ledger.adapter)


def poisoned(folder, service=0, wrong=1):
    """Replace what the playbook knows of one service: its examples do what another one needs."""
    playbook = load(folder / "playbook.toml")
    desk = ShopDesk()
    desk.reset(next(iter(tasks(DESK, 1, split="train"))))
    codes = desk.language.codes
    true = [lesson for lesson in playbook.active if codes[service] in lesson.action]
    assert len(true) >= 3
    false = [
        msgspec.structs.replace(lesson, action=lesson.action.replace(codes[service], codes[wrong]))
        for lesson in true
    ]
    rest = [lesson for lesson in playbook.active if lesson not in true]
    version = versions(folder)[-1] + 1
    deploy(folder, Playbook(version, (*rest, *false), "poisoned"))
    return [lesson.id for lesson in false]


async def test_a_poisoned_family_is_revoked_and_its_effect_is_gone(learned, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(learned, folder)
    false = poisoned(folder)
    model = Apprentice()
    player = Own(agent(model), model, folder)
    config = msgspec.structs.replace(NIGHT, remask_tasks=30, gate_tasks=40, eval_tasks=30)
    first = await sleep(player, HERE, run=folder, config=config)
    inside = {line.id for entry in first.ledger.entries for line in entry.lessons}
    withdrawn = [id for id in false if id in inside]
    assert withdrawn, "compressing dropped every false example"
    second = await sleep(player, HERE, run=folder, config=config, revoke=withdrawn)
    (entry,) = second.ledger.of("revoked")
    assert {line.id for line in entry.lessons} == set(withdrawn)
    _, rest, before, after = entry.gone.followed
    assert before >= rest + 0.3, "the poison had not reached the weights"
    assert entry.gone.after.high < entry.gone.before.low
    assert after <= rest + 0.1
    assert entry.gone.is_gone
    assert load(folder / "playbook.toml").adapter == second.ledger.adapter != first.ledger.adapter
    assert not set(withdrawn) & {lesson.id for lesson in load(folder / "playbook.toml").active}
    third = await sleep(player, HERE, run=folder, config=config)  # revoked once is revoked
    assert not set(withdrawn) & {line.id for e in third.ledger.entries for line in e.lessons}


async def test_what_cannot_be_revoked_or_slept_on_is_refused(learned, night, tmp_path):
    model = Apprentice()
    with pytest.raises(UserError, match="it has not slept yet"):
        await sleep(Own(agent(model), model, learned), HERE, run=learned, revoke=["ab"])
    folder, _ = night
    with pytest.raises(UserError, match="The ledger has no lesson or family ab"):
        await sleep(Own(agent(model), model, folder), HERE, run=folder, revoke=["ab"])
    deploy(tmp_path, Playbook(1, (), "empty"))
    with pytest.raises(UserError, match="nothing to sleep on"):
        await sleep(Own(agent(model), model, tmp_path), HERE, run=tmp_path)


async def test_an_interrupted_night_goes_on_and_ends_the_same(learned, night, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(learned, folder)
    rng = random.Random(3)

    class Broke(Exception):
        pass

    def watch(_phase, _n):
        def step(_episode):
            if rng.random() < 1 / 300:
                raise Broke

        return step

    broken = 0
    for attempt in range(100):
        model = Apprentice()
        player = Own(agent(model), model, folder)
        try:
            found = await sleep(
                player, HERE, run=folder, config=NIGHT, resume=attempt > 0, watch=watch
            )
            break
        except Broke:
            broken += 1
    assert broken >= 2
    assert msgspec.structs.replace(found, spent=()) == msgspec.structs.replace(night[1], spent=())
    assert load(folder / "playbook.toml") == load(night[0] / "playbook.toml")
    assert versions(folder) == versions(night[0])


async def test_a_night_is_resumed_with_the_same_settings(learned, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(learned, folder)

    def watch(_phase, _n):
        raise KeyboardInterrupt

    model = Apprentice()
    player = Own(agent(model), model, folder)
    with pytest.raises(KeyboardInterrupt):
        await sleep(player, HERE, run=folder, config=NIGHT, watch=watch)
    with pytest.raises(UserError, match="was interrupted. Go on with it"):
        await sleep(player, HERE, run=folder, config=NIGHT)
    other = msgspec.structs.replace(NIGHT, epochs=1)
    with pytest.raises(UserError, match="was started with other settings"):
        await sleep(player, HERE, run=folder, config=other, resume=True)


async def test_at_learning_rate_0_nothing_reaches_the_weights(learned, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(learned, folder)
    model = Apprentice()
    config = msgspec.structs.replace(NIGHT, learning_rate=0.0, eval_tasks=30, retain=())
    found = await sleep(Own(agent(model), model, folder), HERE, run=folder, config=config)
    assert found.asleep.scores == found.bare.scores
    assert not found.ledger.of("retired")
    assert found.deployed.mean == found.playbook.mean


# families, compressing


def example(observation, action, **more):
    return Lesson("example", observation=observation, action=action, scope=DESK, **more)


def test_examples_of_one_way_are_a_family_and_each_rule_is_its_own():
    found = families(
        Playbook(
            1,
            (
                example("sell the lamp", "AB::lamp!"),
                example("sell the kite", "AB::kite!"),
                example("mend the kite", "CD::kite!"),
                Lesson("rule", "be brief"),
                Lesson("rule", "be kind", state="retired"),
            ),
        )
    )
    assert [(family.name, len(family.lessons)) for family in found] == [
        ("AB::…!", 2),
        ("be brief", 1),
        ("CD::…!", 1),
    ]
    (apart,) = families(Playbook(1, found[0].lessons), apart=[found[0].ids])
    assert apart.ids == found[0].ids


def test_representatives_cover_the_ways_of_asking():
    asked = ["how much is the {}?", "what does the {} cost?", "is the {} expensive?"]
    items = "lamp kettle drill kite".split()
    lessons = [example(text.format(i), f"AB::{i}!") for text in asked for i in items]
    chosen = representative(lessons, 3)
    ways = {lesson.observation.partition(" ")[0] for lesson in chosen}
    assert ways == {"how", "what", "is"}


def test_rules_of_one_way_are_merged_and_keep_their_parents():
    def rule(word, way="sell"):
        text = (
            f'When the observation says "{word}", answer in the way of "{way}" '
            "(… stands for words of the observation)."
        )
        return Lesson("rule", text, scope=DESK, state="core")

    parents = (rule("price"), rule("cost"), rule("mend", "repair"))
    (merged,) = merged_rules(Playbook(1, parents))
    assert '"cost" or "price"' in merged.text
    assert set(merged.parents) == {parents[0].id, parents[1].id}
    assert merged.untrusted
    free = Lesson("rule", "Prices are asked for with words like cost.")
    assert merged_rules(Playbook(1, (free, free))) == []


async def play(player, batch):
    return await rollout(player, batch)


async def test_a_smaller_playbook_replaces_its_parent_only_where_it_does_as_well(learned):
    who = agent(Apprentice()).with_playbook(load(learned / "playbook.toml"))
    batch = tasks(DESK, 80, split="gate", start=5000)
    found = await compress(who, batch, play=play)
    assert found.confirmed[0].holds
    assert found.rivals, "no rival was tried"
    assert [rival.replaces for rival in found.rivals[:-1]] == [True] * (len(found.rivals) - 1)
    for rival in found.rivals:
        assert rival.replaces == (rival.difference.interval.low >= -0.05)
    easy = await compress(who, batch, play=play, margin=0.9)
    assert len(easy.playbook.active) == len(families(who.playbook))
    assert easy.playbook.by_id.keys() == who.playbook.by_id.keys(), "nothing is rewritten"


async def test_lessons_that_are_shown_to_harm_are_retired_and_unproven_ones_stay():
    batch = tasks(DESK, 60, split="gate", start=9000)
    wrong: list[Lesson] = []
    for task in tasks(DESK, 120, split="train", start=9000):
        desk = ShopDesk()
        seen = desk.reset(task).text
        wrong.append(example(seen, next(line for line in desk.lines if line != desk.right)))
    who = agent(Apprentice()).with_playbook(Playbook(1, tuple(wrong)))
    found = await compress(who, batch, play=play)
    assert found.confirmed[0].harms
    assert not found.playbook.active
    idle = agent(Apprentice()).with_playbook(Playbook(1, (example("no word", "in common"),)))
    found = await compress(idle, batch, play=play)
    assert not found.confirmed[0].holds and not found.confirmed[0].harms
    assert found.playbook.active == idle.playbook.active


# the 2 x 2


def test_a_hidden_family_leaves_a_gap_and_no_farther_lesson_takes_its_place():
    near = [example(f"mend the {item}", f"CD::{item}!") for item in ("kite", "lamp")]
    far = [example(f"mend nothing but {item}", f"AB::{item}!") for item in ("hats", "cups")]
    who = agent(Apprentice()).with_playbook(Playbook(1, (*near, *far)))
    groups = families(who.playbook)
    hidden = hiding(who, [family for family in groups if family.name == "CD::…!"])
    assert not any(hidden.mask.keeps(lesson) for lesson in near)
    assert all(hidden.mask.keeps(lesson) for lesson in far)
    assert hidden.mask.probability(near[0]) == 1.0


def simulated(effect, *, n, noise, rng, families=5):
    """Differences of a fold-over in which family 0 decides its own fifth of the tasks."""
    signs = rng.choice([-1, 1], (n, families))
    own = rng.integers(0, families, n)
    size = np.zeros(families)
    size[0] = effect
    size[1] = 0.8
    difference = signs[np.arange(n), own] * size[own]
    difference += rng.choice([-1, 0, 1], n, p=[noise / 2, 1 - noise, noise / 2])
    return signs.astype(float), np.clip(difference, -1, 1), list(own)


def test_effects_are_unbiased_and_their_intervals_cover():
    rng = np.random.default_rng(0)
    covered = 0
    means = []
    for _ in range(200):
        signs, difference, own = simulated(0.5, n=120, noise=0.05, rng=rng)
        truth = 0.5 * np.mean(np.array(own) == 0) * 0.95
        found = effects(signs, difference, own)[0]
        covered += found.low <= truth <= found.high
        means.append(found.mean - truth)
    assert covered >= 185
    assert abs(np.mean(means)) < 0.01


def test_that_nothing_remains_takes_enough_tasks_to_show():
    rng = np.random.default_rng(1)
    few = effects(*simulated(0.0, n=30, noise=0.0, rng=rng))[0]
    many = effects(*simulated(0.0, n=150, noise=0.0, rng=rng))[0]
    assert few.mean == pytest.approx(0.0, abs=1e-9)
    assert not few.is_at_most(0.05)
    assert many.is_at_most(0.05)
    shown = sum(
        effects(*simulated(0.5, n=150, noise=0.02, rng=rng))[0].is_at_most(0.05) for _ in range(100)
    )
    assert shown <= 3, "a remaining effect of a tenth passes for none"


def test_lessons_are_drawn_towards_their_family_and_their_intervals_cover():
    rng = np.random.default_rng(3)
    for spread in (0.0, 0.3):
        covered = []
        for _ in range(60):
            truth = np.clip(0.6 + spread * rng.standard_normal(18), 0, 1)
            sizes = rng.multinomial(40, rng.dirichlet(np.ones(18)))
            values = {
                str(i): list((rng.random(n) < p).astype(float))
                for i, (n, p) in enumerate(zip(sizes, truth, strict=True))
            }
            found = drawn(values)
            covered += [found[str(i)].low <= p <= found[str(i)].high for i, p in enumerate(truth)]
        assert np.mean(covered) >= 0.92
    found = drawn({"many": [1.0] * 20, "few": [1.0], "never": [], "other": [0.0] * 20})
    assert found["many"].mean > found["few"].mean > found["never"].mean > found["other"].mean
    assert found["many"].high - found["many"].low < found["never"].high - found["never"].low
    assert found["never"].n == 0


def test_both_halves_together_show_every_family_once():
    for task in tasks(DESK, 20, split="gate"):
        signs = halves(task, 6)
        assert set(signs) <= {1, -1}
        assert halves(task, 6) == signs
    columns = np.array([halves(task, 6) for task in tasks(DESK, 200, split="gate")])
    assert np.all(np.abs(columns.mean(axis=0)) < 0.25)


def test_ledgers_name_what_they_do_not_know(tmp_path):
    with pytest.raises(UserError, match="There is no ledger at"):
        ledger.load(tmp_path / "ledger.json")
    (tmp_path / "ledger.json").write_bytes(b"{")
    with pytest.raises(UserError, match="cannot be read"):
        ledger.load(tmp_path / "ledger.json")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gate_tasks": 0}, "gate_tasks must be at least 1, got 0."),
        ({"replay": -1}, "replay must be at least 0, got -1."),
        ({"learning_rate": float("nan")}, "learning_rate must be at least 0, got nan."),
        ({"margin": 0.0}, "A margin lies between 0 and 1, got 0.0."),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, said):
    with pytest.raises(UserError) as told:
        SleepConfig(**options)
    assert said in str(told.value)


def test_a_family_is_named_by_its_lessons():
    lessons = (example("sell the lamp", "AB::lamp!"), example("sell the kite", "AB::kite!"))
    one, other = Family("a", lessons), Family("b", lessons[::-1])
    assert ledger.family_id(one) == ledger.family_id(other)
    assert pattern("sell the lamp", "AB::lamp!") == "AB::…!"


async def test_a_greedy_answer_is_computed_once_and_another_one_is_not(tmp_path):
    class Counting(Apprentice):
        asked = 0

        async def sample(self, prompt, sampling):
            self.asked += 1
            return await super().sample(prompt, sampling)

    model = Counting()
    recalling = Recalling(model)
    prompt = Prompt([Message("user", "price of the lamp?")], choices=["A::lamp!", "B::lamp!"])
    first = await recalling.sample(prompt, Sampling(temperature=0.0))
    assert await recalling.sample(prompt, Sampling(temperature=0.0)) == first
    assert model.asked == 1
    other = msgspec.structs.replace(prompt, choices=["A::lamp!", "C::lamp!"])
    assert set((await recalling.sample(other, Sampling(temperature=0.0))).choices) == {
        "A::lamp!",
        "C::lamp!",
    }
    for _ in range(2):
        await recalling.sample(prompt, Sampling(temperature=1.0, seed=1))
    assert model.asked == 4
    assert recalling.name == model.name and recalling.traits == model.traits
