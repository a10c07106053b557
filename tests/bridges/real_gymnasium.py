"""Gymnasium, both ways, with the real package: `python tests/bridges/run.py gymnasium`."""

import broken_world  # noqa: F401 - registers its worlds
import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

import firsthand as fh
from bridges.pages import run_section
from firsthand.bridges import gymnasium_out
from firsthand.bridges.gymnasium_in import adopt
from firsthand.bridges.stepping import EpisodeFailed
from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.journal.journal import Journal

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


def test_the_page():
    assert run_section("Gymnasium, out")["total"] == 1.0
    assert run_section("Gymnasium, in")["solved"] == 10
