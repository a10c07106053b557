"""The experiment over ways of learning: same budget, same held-out tasks, controls, resume."""

import re
import sys

import msgspec
import pytest
from apprentice import Apprentice

import firsthand as fh
from firsthand.errors import UserError
from firsthand.learn.compare import controls
from firsthand.learn.compare.cell import Cell, Rules, Runner
from firsthand.learn.compare.experiment import Plan
from firsthand.learn.compare.experiment import run as compare
from firsthand.learn.compare.picture import page
from firsthand.learn.compare.summary import summarise
from firsthand.learn.compare.tables import notes, plain_wins, ranked

DESK = "interfaces/shop_desk"
RULES = Rules(model="test:apprentice", budget=120, eval_tasks=40, curve_tasks=10)


class Silent:
    def __init__(self, title, n):
        pass

    def __enter__(self):
        return lambda episode: None

    def __exit__(self, *error):
        return None


def agent():
    return fh.Agent(model=Apprentice(), sampling=fh.Sampling(temperature=0.0))


def ran(plan, folder, *, rules=RULES, resume=False, watch=Silent):
    return fh.run(compare(plan, agent(), rules, folder=folder, resume=resume, watch=watch))


PLAN = Plan(
    environments=(DESK,),
    arms=("base", "icl", "retrieval", "admit_all", "random", "lessons", "no_mask", "no_gate"),
    controls=("shuffled", "null", "other_world"),
    seeds=2,
)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    return folder, ran(PLAN, folder)


def summary(plan, outcomes, rules=RULES):
    facts = ("model", "budget", "level", "eval_tasks", "curve_tasks")
    return summarise(plan, outcomes, {name: getattr(rules, name) for name in facts})


def test_every_arm_gets_the_same_turns_and_the_same_tasks(experiment):
    _, outcomes = experiment
    assert [own.error for own in outcomes if own.error] == []
    assert all(own.turns <= RULES.budget for own in outcomes)
    assert {len(own.scores) for own in outcomes} == {RULES.eval_tasks}
    spent = {own.cell.arm: own.turns for own in outcomes if not own.cell.control}
    assert spent["base"] == 0
    assert spent["icl"] == spent["retrieval"] == spent["no_gate"] == RULES.budget


def test_examples_teach_one_who_copies_and_nothing_is_learned_where_there_is_nothing(experiment):
    found = summary(PLAN, experiment[1])
    lines = {line.arm: line for line in found.arms}
    assert lines["retrieval"].gain_vs_base > 0.03
    assert lines["retrieval"].curve[-1].turns == RULES.budget
    assert lines["retrieval"].n_seeds == 2
    null = [line for line in found.controls if line.control == "null"]
    assert {line.arm for line in null} == set(PLAN.arms) - {"base"}
    assert all(line.gain_ci95[0] <= 0 for line in null)
    assert ranked(found.arms)[0].arm == "base"
    assert any(note.startswith(f"{DESK}: ") for note in notes(found))


def test_the_notes_say_where_plain_examples_beat_lessons(experiment):
    found = summary(PLAN, experiment[1])
    lines = {line.arm: line for line in found.by_environment[DESK]}
    said = [note for note in notes(found) if " gained more than lessons, " in note]
    ahead = [
        n for n in ("icl", "retrieval") if lines[n].gain_vs_base > lines["lessons"].gain_vs_base
    ]
    assert [note.split()[1] for note in said] == ahead
    won = msgspec.structs.replace(lines["retrieval"], gain_vs_base=0.9, gain_ci95=(0.8, 1.0))
    [told] = plain_wins(DESK, [lines["base"], lines["lessons"], won])
    assert told.startswith(
        f"{DESK}: retrieval gained more than lessons, +.90 [+.80, +1.00] against"
    )
    lost = msgspec.structs.replace(won, gain_vs_base=-0.9)
    assert plain_wins(DESK, [lines["base"], lines["lessons"], lost]) == []


def test_an_arm_has_one_colour_on_the_whole_page(experiment):
    plan = msgspec.structs.replace(PLAN, environments=(DESK, controls.NULL), controls=("null",))
    shown = page(summary(plan, experiment[1]))
    looks = dict[str, set[str]]()
    drawn = re.findall(r'stroke="(#\w+)" stroke-dasharray="([^"]*)"[^>]*><title>(\w+)<', shown)
    for colour, dashes, name in drawn:
        looks.setdefault(name, set()).add(colour + dashes)
    assert {"icl", "retrieval", "lessons"} <= looks.keys()
    assert all(len(found) == 1 for found in looks.values())
    assert len({look for found in looks.values() for look in found}) == len(looks)


def test_a_finished_cell_is_not_run_again(experiment):
    folder, outcomes = experiment
    played = []

    class Watching(Silent):
        def __enter__(self):
            return played.append

    assert ran(PLAN, folder, resume=True, watch=Watching) == outcomes
    assert played == []


def test_an_interrupted_cell_repeats_its_history_without_playing_it(experiment):
    folder, outcomes = experiment
    cell = Cell("lessons", DESK, 0, 1)
    (folder / "cells" / cell.folder / "cell.json").unlink()
    again = {own.cell: own for own in ran(PLAN, folder, resume=True)}[cell]
    before = {own.cell: own for own in outcomes}[cell]
    assert (again.scores, again.turns) == (before.scores, before.turns)


def test_a_folder_is_not_taken_over(experiment):
    folder, _ = experiment
    with pytest.raises(UserError, match="already holds this experiment"):
        ran(PLAN, folder)
    with pytest.raises(UserError, match="budget=120"):
        ran(PLAN, folder, rules=msgspec.structs.replace(RULES, budget=90), resume=True)


def test_what_fails_is_a_row_that_says_why(tmp_path):
    class Sampler:
        def __init__(self):
            inner = Apprentice()
            self.name, self.traits = inner.name, inner.traits
            self.sample, self.close = inner.sample, inner.close

    base = fh.Agent(model=Sampler(), sampling=fh.Sampling(temperature=0.0))
    outcome = fh.run(Runner(base, RULES, tmp_path).run(Cell("grpo", DESK, 0, 0)))
    assert "cannot be trained: name a model such as torch:smollm2 or tiny" in outcome.error
    plan = Plan(environments=(DESK,), arms=("grpo",), seeds=1)
    [_, line] = summary(plan, [outcome]).arms
    assert line.score is None
    assert line.failed == (f"grpo-{DESK}-w0-s0: {outcome.error}",)


@pytest.mark.parametrize(("name", "package"), [("gepa", "gepa"), ("grasp", "grasp")])
def test_other_people_s_rules_of_selection_run_by_their_packages(tmp_path, name, package):
    pytest.importorskip(package)
    rules = msgspec.structs.replace(RULES, budget=400)
    outcome = fh.run(Runner(agent(), rules, tmp_path).run(Cell(name, DESK, 0, 0)))
    assert outcome.error == ""
    assert outcome.changed
    assert 0 < outcome.turns <= rules.budget
    again = Runner(agent(), rules, tmp_path)
    (tmp_path / "cells" / outcome.cell.folder / "cell.json").unlink()
    assert fh.run(again.run(outcome.cell)).scores == outcome.scores


def test_a_missing_package_is_a_row_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gepa", None)
    outcome = fh.run(Runner(agent(), RULES, tmp_path).run(Cell("gepa", DESK, 0, 0)))
    assert "pip install 'firsthand[gepa]'" in outcome.error


def test_weights_learn_and_are_restored_and_learning_rate_0_changes_nothing(tmp_path):
    options = {"sft": {"learning_rate": 0.1, "batch": 8, "epochs": 3}}
    rules = msgspec.structs.replace(RULES, budget=80, options=options)
    plan = Plan(environments=(DESK,), arms=("base", "sft"), controls=("lr0",), seeds=1)
    base, sft, still = ran(plan, tmp_path, rules=rules)
    assert sum(sft.scores) > sum(base.scores) + 5
    assert still.scores == base.scores
    assert still.cell.control == "lr0"


def test_tokens_are_those_of_play_and_of_training(tmp_path):
    options = {"sft": {"batch": 8, "epochs": 3}}
    rules = msgspec.structs.replace(RULES, budget=16, eval_tasks=8, curve_tasks=8, options=options)
    plan = Plan(environments=(DESK,), arms=("sft", "retrieval"), seeds=1)
    found = {own.cell.arm: own for own in ran(plan, tmp_path, rules=rules)}
    assert found["retrieval"].tokens > found["retrieval"].trained_tokens == 0
    trained = found["sft"].trained_tokens
    assert found["sft"].tokens == trained > 0  # the expert reads nothing
    assert [point.tokens for point in found["sft"].curve][-1] == trained
    assert trained % 3 == 0  # each of the three passes reads the same rows
    short = msgspec.structs.replace(rules, options={"sft": {"batch": 8, "epochs": 1}})
    once = fh.run(Runner(agent(), short, tmp_path / "once").run(Cell("sft", DESK, 0, 0)))
    assert once.tokens * 3 == trained


def test_without_sleep_the_same_lessons_stay_in_the_prompt(tmp_path):
    runner = Runner(agent(), RULES, tmp_path)
    awake = fh.run(runner.run(Cell("no_sleep", DESK, 0, 0)))
    assert awake.error == ""
    assert awake.turns <= RULES.budget // 2
    assert awake.trained_tokens == 0


def test_shuffling_deals_the_same_outcomes_to_other_episodes(tmp_path):
    lab = fh.run(_played(tmp_path))
    dealt = controls.Shuffled(3)(lab)
    assert sorted(own.reward for own in dealt) == sorted(own.reward for own in lab)
    assert [own.reward for own in dealt] != [own.reward for own in lab]
    assert all(sum(turn.reward for turn in own.turns) == own.reward for own in dealt)


async def _played(folder):
    from firsthand.learn.lab import Lab

    lab = Lab(agent(), [DESK], folder=folder, budget=40)
    return await lab.play(lab.agent, lab.tasks(30))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"arms": ("lesons",)}, "lessons"),
        ({"environments": ("interfaces/shop_desc",)}, "interfaces/shop_desk"),
        ({"controls": ("nul",)}, "null"),
        ({"seeds": 0}, "at least one seed"),
    ],
)
def test_what_does_not_exist_is_refused_at_once(plan, said):
    with pytest.raises(UserError, match=said):
        Plan(**{"environments": (DESK,), "arms": ("base",), **plan})


def test_a_sabotaged_environment_shows_what_was_paid_and_what_was_meant(tmp_path):
    name = f"{DESK}__random_reward"
    plan = Plan(environments=(name,), arms=("base", "retrieval"), controls=("flags_kept",), seeds=1)
    found = summary(plan, ran(plan, tmp_path))
    for line in (*found.arms, *found.controls):
        assert line.true < line.score
        assert 0 < line.flagged < 1
    assert any(said.startswith("Flags kept, retrieval: proxy ") for said in notes(found))
