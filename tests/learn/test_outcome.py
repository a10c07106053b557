"""What is shown of a run: facts, verdicts and files."""

import msgspec

import firsthand as fh
from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop, Turn
from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import compare, summarise
from firsthand.learn.lessons.gate import Local, Verdict
from firsthand.learn.lessons.learner import LearnConfig, Learned
from firsthand.learn.lessons.outcome import explanation, facts, summary, verdict_line, write
from firsthand.models.scripted import Scripted, idle
from firsthand.playbook import Credit, Lesson, Playbook

REASON = "too little evidence of a gain"
KEPT = Verdict(
    1,
    False,
    100,
    0,
    0.0123,
    3.456,
    0.0304,
    (Local("test/desk", False, 100, 0, 0.0123, 3.456, 0.0304, REASON, 0.54),),
)
DEPLOYED = Verdict(
    2,
    True,
    40,
    1,
    0.475,
    1.23e9,
    0.0076,
    (Local("test/desk", True, 40, 1, 0.475, 1.23e9, 0.0076, "better", 0.4),),
)
SAID = {
    "kept": "gate 1: kept the old playbook, because too little evidence of a gain (+0.01 over 100 "
    "pairs, evidence 3.46 of 32.9 needed; power 0.54 for a true gain of +0.1)",
    "deployed": "gate 2: deployed (+0.47 over 40 pairs, evidence over a million of 132 needed, "
    "1 more pairs failed; power 0.40 for a true gain of +0.1)",
}


def played(reward, seed):
    turn = Turn(Observation("How much is the lamp?"), Action("PRC::lamp"), reward)
    task = fh.Task("test/desk", seed, split="eval")
    return Episode(
        f"{seed}-{reward}",
        task,
        "agent",
        (turn,),
        Observation("Done.", done=True),
        reward,
        {"served": reward == 1.0},
        Stop.DONE,
    )


def learned(*verdicts, version):
    before, after = (
        [played(0.0, seed) for seed in range(20)],
        [played(float(seed % 2 and bool(version)), seed) for seed in range(20)],
    )
    lessons = tuple(
        Lesson(
            "example",
            observation=f"lamp {state}",
            action="PRC::lamp",
            state=state,
            credit=Credit(0.2, 0.05, 30),
        )
        for state in ("core", "core", "probation", "retired")
    )
    agent = fh.Agent(model=Scripted(idle, name="test:model"), playbook=Playbook(version))
    curve = (CurvePoint(100, 0.2, 0.1, 0.3), CurvePoint(200, 0.5, 0.4, 0.6))
    return Learned(
        agent,
        Playbook(0, lessons),
        verdicts,
        curve,
        summarise(before),
        summarise(after),
        compare(before, after),
        (after[1],),
        200,
    )


def test_the_facts_are_what_is_needed_to_judge_a_run():
    assert facts(learned(KEPT, DEPLOYED, version=1), LearnConfig(world=3, level=2, seed=7)) == {
        "model": "test:model",
        "environment": "test/desk",
        "world": "3",
        "level": "2",
        "learner seed": "7",
        "rollouts while awake": "200",
        "flagged while awake": "no episode",
        "lessons": "2 core, 1 probation, 1 retired",
        "gates": f"{SAID['kept']}; {SAID['deployed']}",
        "deployed": "playbook version 1",
    }


def test_flagged_episodes_are_told_and_what_became_of_them():
    found = msgspec.structs.replace(
        learned(version=0), flagged={"repeated cycle": 3, "edits tests": 1}
    )
    assert (
        facts(found, LearnConfig())["flagged while awake"]
        == "repeated cycle 3, edits tests 1; nothing was learned from them"
    )
    kept = facts(found, LearnConfig(exclude_flagged=False))["flagged while awake"]
    assert kept == "repeated cycle 3, edits tests 1; learned from like all others"


def test_nothing_is_said_to_be_deployed_that_was_there_before():
    assert facts(learned(KEPT, version=4), LearnConfig())["deployed"] == "nothing"
    assert facts(learned(version=0), LearnConfig())["gates"] == "none: no lesson earned its place"


def test_a_verdict_in_a_line():
    assert verdict_line(KEPT) == SAID["kept"]
    both = msgspec.structs.replace(
        KEPT,
        environments=(
            *KEPT.environments,
            msgspec.structs.replace(DEPLOYED.environments[0], environment="test/other"),
        ),
    )
    assert "; test/other deployed (+0.47" in verdict_line(both)


def test_a_curve_that_ends_higher_than_the_comparison_is_explained():
    refused = learned(KEPT, version=0)
    assert refused.after.score.mean == 0.0
    assert explanation(refused) == facts(refused, LearnConfig())["why"]
    assert explanation(refused) == (
        "While exploring the score reached 0.50, with lessons on probation in the prompt. "
        "The final comparison (0.00) plays only what a gate deployed."
    )
    assert "why" not in facts(learned(DEPLOYED, version=1), LearnConfig())


def test_the_files_hold_the_report_and_the_numbers(tmp_path):
    result, config = learned(DEPLOYED, version=1), LearnConfig()
    report = write(result, config, tmp_path)
    assert report == tmp_path / "report.html"
    page = report.read_text()
    assert "What test:model learned in test/desk, world 0" in page
    assert "playbook version 1" in page
    numbers = msgspec.json.decode((tmp_path / "result.json").read_bytes())
    assert numbers == msgspec.json.decode(msgspec.json.encode(summary(result, config)))
    assert numbers["gain"] == 0.5
    assert [point["rollouts"] for point in numbers["curve"]] == [100, 200]
    assert numbers["verdicts"][0]["deployed"] is True
