"""Gymnasium, both ways, with the real package: `python tests/bridges/run.py gymnasium`."""

import subprocess
import sys
from pathlib import Path

import broken_world  # noqa: F401 - registers its worlds
import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

import firsthand as fh
from bridges.pages import run_section
from firsthand import registry
from firsthand.audit.report.certificate import load
from firsthand.bridges import gymnasium_out
from firsthand.bridges.gymnasium_in import adopt
from firsthand.bridges.stepping import EpisodeFailed
from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.journal.journal import Journal
from firsthand.registry import lookup

EXPERT = fh.Agent(model=fh.model("scripted:expert"))


@pytest.fixture(autouse=True, scope="module")
def registered():
    return gymnasium_out.register()


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("interfaces.shop_desk", "text"),
        ("interfaces.shop_desk", "choice"),
        ("interfaces.command_line", "choice"),
        ("data.ledger", "text"),
        ("games.nim", "choice"),
        ("rules.causal", "text"),
    ],
)
def test_their_checker_passes_without_a_warning(name, actions, recwarn):
    env = gymnasium.make(f"firsthand/{name}", actions=actions, render_mode="ansi")
    check_env(env.unwrapped)
    env.close()
    assert [str(w.message) for w in recwarn if "gymnasium" in str(w.filename)] == []


def trajectory(seed, *, first=None, **options):
    env = gymnasium.make("firsthand/interfaces.command_line", actions="choice", **options)
    env.reset(seed=first) if first is not None else None
    seen = [env.reset(seed=seed)[0]]
    env.action_space.seed(0)
    while True:
        text, reward, terminated, truncated, info = env.step(env.action_space.sample())
        mask = info.pop("action_mask")
        assert mask.sum() == len(info["choices"])
        seen.append((text, reward, terminated, truncated))
        if terminated or truncated:
            env.close()
            return seen, info


def test_the_same_seed_is_the_same_trajectory_and_another_seed_is_not():
    assert trajectory(7) == trajectory(7, first=1)
    assert trajectory(7)[0] != trajectory(8)[0]
    assert trajectory(7, world=1)[0] != trajectory(7)[0]


@pytest.mark.parametrize(
    "name", ["interfaces/shop_desk", "data/ledger", "games/nim", "office/calendar"]
)
def test_an_expert_is_paid_the_same_here_and_there(name):
    for task in fh.tasks(name, 5):
        episode = fh.run(fh.play(fh.make(name), EXPERT, task))
        env = gymnasium.make(f"firsthand/{name.replace('/', '.')}")
        text, info = env.reset(seed=task.seed)
        assert info["task"] == task.id
        seen, rewards = [text], []
        for action in episode.actions:
            said = (
                gymnasium_out.called(action.calls[0].name, **action.calls[0].arguments)
                if action.calls
                else action.text
            )
            text, reward, terminated, truncated, info = env.step(said)
            seen.append(text)
            rewards.append(reward)
        assert (terminated, truncated) == (True, False)
        assert rewards == [turn.reward for turn in episode.turns]
        assert seen == [turn.observation.full for turn in episode.turns] + [episode.final.full]
        assert (info["score"], info["checks"]) == (episode.reward, episode.checks)
        env.close()


def test_a_spent_budget_truncates_and_a_journal_keeps_every_play(tmp_path):
    env = gymnasium.make("firsthand/interfaces.shop_desk", journal=tmp_path / "j")
    for _ in range(3):
        env.reset(seed=5)
        assert env.step("nonsense")[2:4] == (False, False)
        assert env.step("nonsense")[2:4] == (False, True)
    env.close()
    kept = list(Journal(tmp_path / "j").episodes())
    assert [episode.reward for episode in kept] == [0.0] * 3
    assert len({episode.id for episode in kept}) == 3


@pytest.mark.parametrize(
    ("mode", "options"), [("sync", {}), ("async", {"vector_kwargs": {"shared_memory": False}})]
)
def test_vector_environments_run_here_or_in_processes_of_their_own(mode, options):
    id = "firsthand/interfaces.shop_desk"
    env = gymnasium.make_vec(id, num_envs=3, vectorization_mode=mode, **options)
    texts, _ = env.reset(seed=[1, 2, 1])
    assert texts[0] == texts[2] != texts[1]
    env.close()


def test_refusals_come_at_the_start_and_say_why():
    with pytest.raises(
        UserError, match="data/ledger lists no choices: make it with actions='text'"
    ):
        gymnasium.make("firsthand/data.ledger", actions="choice")
    with pytest.raises(UserError, match="has levels 1 to 5, got 9"):
        gymnasium.make("firsthand/data.ledger", level=9)
    with pytest.raises(UserError, match="offers 5 choices: make it with most_choices=5 or more"):
        gymnasium.make("firsthand/interfaces.shop_desk", actions="choice", most_choices=3)
    env = gymnasium.make("firsthand/data.ledger", disable_env_checker=True)
    with pytest.raises(UserError, match="reads no options, got tempo"):
        env.reset(options={"tempo": 2})


def test_a_broken_episode_is_an_error_and_no_reward_of_zero():
    env = gymnasium_out.Played("testing/broken")
    env.reset(seed=0)
    with pytest.raises(EpisodeFailed, match="environment failed while calling act"):
        env.step("go")


@pytest.mark.parametrize(
    "id",
    ["BabyAI-GoToRedBall-v0", "BabyAI-PutNextLocal-v0", "BabyAI-UnlockLocal-v0", "BabyAI-Synth-v0"],
)
@pytest.mark.parametrize("split", ["train", "eval"])
def test_the_bot_of_babyai_solves_what_it_is_given(id, split):
    world = adopt(id)
    episodes = fh.run(fh.rollout(EXPERT, fh.tasks(world.name, 10, split=split)))
    assert [episode.reward for episode in episodes] == [1.0] * 10


def test_an_adopted_environment_keeps_our_contract_and_its_splits_share_nothing():
    world = adopt("BabyAI-GoToLocal-v0")
    checked = fh.check(world)
    assert not checked.problems, checked
    starts = {}
    for split in ("train", "gate", "eval"):
        tasks = fh.tasks(world.name, 40, split=split)
        starts[split] = {world().reset(task).text for task in tasks}
    assert not starts["train"] & starts["eval"] and not starts["train"] & starts["gate"]


def test_a_random_player_of_cartpole_is_played_and_replayed():
    world = adopt("CartPole-v1")
    player = fh.Agent(model=fh.model("scripted:random"))
    one, other = (fh.run(fh.rollout(player, fh.tasks(world.name, 5))) for _ in range(2))
    assert [e.actions for e in one] == [e.actions for e in other]
    assert [e.final for e in one] == [e.final for e in other]


def test_actions_that_are_no_choice_are_json_of_their_space():
    world = adopt("Pendulum-v1", solved_at=-200.0)
    env = world()
    env.reset(fh.tasks(world.name, 1)[0])
    assert "This is no action: write one of Box" in env.act(fh.Action("left")).text
    assert "Reward:" in env.act(fh.Action("[0.5]")).text


@pytest.mark.parametrize(
    ("id", "options", "says"),
    [
        ("CliffWalking-v1", {}, "does not say when it is solved: adopt it with solved_at=RETURN"),
        (
            "Blackjack-v1",
            {"solved_at": 1.0},
            "has no limit of steps: adopt it with max_episode_steps",
        ),
    ],
)
def test_what_is_not_known_has_to_be_told(id, options, says):
    with pytest.raises(UserError, match=says):
        adopt(id, **options)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'CartPole-v1'"):
        adopt("CartPol-v1")
    with pytest.raises(UserError, match="has no known expert: adopt it with expert=FUNCTION"):
        next(iter(adopt("MiniGrid-DoorKey-5x5-v0")().expert()))


def test_one_start_is_too_few_for_splits():
    world = adopt("FrozenLake-v1", name="gymnasium/lake", is_slippery=False)
    episodes = [
        fh.run(fh.play(world(), EXPERT, fh.tasks(world.name, 1, split=split)[0]))
        for split in ("train", "gate", "eval")
    ]
    assert sum("too few instances" in str(episode.error) for episode in episodes) == 2


def test_a_missing_package_names_the_extra(monkeypatch):
    from firsthand.bridges.package import package

    with pytest.raises(MissingExtra, match=r"pip install 'firsthand\[gymnasium\]'"):
        package("gymnasiun", extra="gymnasium")


BALL = "gymnasium:BabyAI-GoToRedBall-v0"


def firsthand(*words, folder):
    """Run the command in a process of its own."""
    command = [Path(sys.executable).with_name("firsthand"), *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_journal_is_replayed_by_a_process_that_has_adopted_nothing(tmp_path):
    adopted = adopt("Pendulum-v1", solved_at=-200, g=9.0)
    assert adopted is lookup("gymnasium:Pendulum-v1?g=9&solved_at=-200.0")
    assert adopted.solved_at == -200.0 and adopted.options == {"g": 9.0}
    assert adopt("Pendulum-v1", solved_at=-200).name == (
        "gymnasium/Pendulum_v1_3Fsolved_5Fat_3D_2D200"  # as the page has it
    )
    world = adopt("BabyAI-GoToRedBall-v0")
    journal = Journal(tmp_path / "kept")
    fh.run(fh.rollout(EXPERT, fh.tasks(world.name, 5), journal=journal))
    told = firsthand("replay", journal.path, folder=tmp_path)
    assert "All 5 episodes are the same" in told.stdout, told


def test_worker_processes_make_what_a_source_names(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})
    tasks = fh.tasks("gymnasium:BabyAI-PutNextLocal-v0", 6)
    here, there = (fh.run(fh.rollout(EXPERT, tasks, processes=n)) for n in (0, 2))
    assert [episode.reward for episode in there] == [1.0] * 6, there[0].error
    assert [e.actions for e in here] == [e.actions for e in there]
    assert [e.turns[-1].observation for e in here] == [e.turns[-1].observation for e in there]


def test_every_verb_takes_the_name(tmp_path):
    for words in (
        ("play", BALL, "--model", "scripted:expert"),
        ("check", BALL),
        ("envs", "show", BALL),
        ("eval", BALL, "--model", "scripted:expert", "-n", 4, "--split", "train", "--journal", "j"),
        ("replay", "j"),
        ("export", "j", "--out", "rows.jsonl"),
    ):
        told = firsthand(*words, folder=tmp_path)
        assert told.returncode == 0, (words, told)
    assert len((tmp_path / "rows.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (BALL, {"plan_steps": "FAIL", "blind_plans": "FAIL", "oracle": "PASS"}),
        ("gymnasium:FrozenLake-v1", {"oracle": "FAIL", "blind_plans": "NOT_RUN"}),
    ],
)
def test_the_audits_of_the_page(name, found, tmp_path):
    out = tmp_path / "certificate.json"
    told = firsthand("audit", name, "--budget", "quick", "--out", out, folder=tmp_path)
    certificate = load(out)
    assert certificate.verdict == "FAIL" and not certificate.partial, told
    status = {check.id: check.status for check in certificate.checks}
    assert {id: status[id] for id in found} == found
    assert {id for id, one in status.items() if one == "FAIL"} == {
        id for id, one in found.items() if one == "FAIL"
    }
    again = firsthand("audit", "--replay", out, folder=tmp_path)
    count = len(certificate.findings)
    assert f"{count} of {count} witnesses show again." in again.stdout, again


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gymnasium:CliffWalking-v1", r"name it gymnasium:CliffWalking-v1\?solved_at=RETURN"),
        (
            "gymnasium:Blackjack-v1?solved_at=1",
            r"name it gymnasium:Blackjack-v1\?max_episode_steps=NUMBER",
        ),
        (
            "gymnasium:CliffWalking-v1?solvd_at=1",
            "No argument of CliffWalking-v1 is named 'solvd_at'. Did you mean 'solved_at'",
        ),
        ("gymnasium:CartPol-v1", "Did you mean 'CartPole-v1'"),
        ("gymnasium:CartPole-v1?describe=seen", "describe of .* is a function"),
        ("gymnasium:FrozenLake-v1?map_name=9x9", "FrozenLake-v1 cannot be made: "),
        ("gymnasium/CartPole_v1_3Fdescribe_3Dtold", "describe of .* is a function"),
        ("harbor:tasks/hello", "a task of Harbor is a Docker image"),
    ],
)
def test_a_name_that_cannot_be_followed_says_why(name, says):
    with pytest.raises(UserError, match=says):
        lookup(name)


def test_what_a_function_shows_has_a_name_that_no_other_process_follows():
    def told(env, seen):
        return "somewhere"

    assert adopt("CartPole-v1", describe=told).name == "gymnasium/CartPole_v1_3Fdescribe_3Dtold"
    with pytest.raises(UserError, match="adopt CartPole-v1 with name='gymnasium/NAME'"):
        adopt("CartPole-v1", sutton_barto_reward=told)


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_section("By name")["solved"] == 10
    assert run_section("Gymnasium, out")["total"] == 1.0
    assert run_section("Gymnasium, in")["solved"] == 10
